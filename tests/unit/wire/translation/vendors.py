"""Bodies held against the vendors' own types."""

from collections.abc import Iterator, Mapping
from typing import Any

from anthropic.types.message_create_params import MessageCreateParams
from openai.types.chat.completion_create_params import CompletionCreateParams
from openai.types.responses.response_create_params import ResponseCreateParams
from pydantic import TypeAdapter

from shadowbench.records import Dialect

_TYPES: Mapping[Dialect, TypeAdapter[Any]] = {
    Dialect.OPENAI_CHAT: TypeAdapter(CompletionCreateParams),
    Dialect.OPENAI_RESPONSES: TypeAdapter(ResponseCreateParams),
    Dialect.ANTHROPIC_MESSAGES: TypeAdapter(MessageCreateParams),
}
# API version 2023-06-01 takes them; the SDK's types are of the next one, which does not.
_OF_THE_OLDER_VERSION = ("temperature", "top_p", "top_k")


def check(dialect: Dialect, body: dict[str, Any]) -> None:
    """Fail when a body has a member that its vendor's type lacks, lacks one that it demands, or has one of another type."""
    if dialect not in _TYPES:
        return
    if dialect is Dialect.ANTHROPIC_MESSAGES:
        body = {name: value for name, value in body.items() if name not in _OF_THE_OLDER_VERSION}
    if dialect is Dialect.OPENAI_RESPONSES:
        body = body | {"input": [_as_stored(item) for item in body["input"]]}
    assert _whole(_TYPES[dialect].validate_python(body)) == body


def _as_stored(item: dict[str, Any]) -> dict[str, Any]:
    """The types want the marks of stored messages where the model's words come as a list; the API does not."""
    if item.get("role") != "assistant" or isinstance(item["content"], str):
        return item
    content = [{"annotations": []} | part if part["type"] == "output_text" else part for part in item["content"]]
    return item | {"type": "message", "id": "msg_1", "status": "completed", "content": content}


def _whole(value: Any) -> Any:
    """What was validated, down to the lists that pydantic only looks into when asked; members without type are gone."""
    if isinstance(value, Mapping):
        return {name: _whole(member) for name, member in value.items()}
    if isinstance(value, list | tuple | Iterator):
        return [_whole(member) for member in value]
    return value
