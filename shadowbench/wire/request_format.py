"""In which form a client wants the answer, in one form for all dialects. Pure.

Chat, Completions  "response_format": {"type": "json_object"} | {"type": "json_schema", "json_schema": {"schema"}}
Responses          "text": {"format": {"type": "json_object"} | {"type": "json_schema", "schema"}}
Anthropic          "output_config": {"format": {"type": "json_schema", "schema"}}
Ollama             "format": "json" | SCHEMA
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from shadowbench.records import Dialect
from shadowbench.wire import loose_json as loose


class JsonFormat(NamedTuple):
    """The answer is to be JSON."""

    schema: Mapping[str, Any] | None  # that it is to obey; None: any JSON


def json_format(dialect: Dialect, request: Mapping[str, Any]) -> JsonFormat | None:
    """What kind of JSON the client asks for. None: it does not ask for JSON."""
    if dialect in (Dialect.OLLAMA_CHAT, Dialect.OLLAMA_GENERATE):
        return _of_ollama(request.get("format"))
    wanted = loose.as_mapping(_place(dialect, request))
    if wanted.get("type") == "json_object":
        return JsonFormat(None)
    if wanted.get("type") != "json_schema":
        return None
    schema = wanted.get("schema", loose.as_mapping(wanted.get("json_schema")).get("schema"))
    return JsonFormat(schema if isinstance(schema, dict) else None)


def _place(dialect: Dialect, request: Mapping[str, Any]) -> Any:
    if dialect is Dialect.OPENAI_RESPONSES:
        return loose.as_mapping(request.get("text")).get("format")
    if dialect is Dialect.ANTHROPIC_MESSAGES:
        return loose.as_mapping(request.get("output_config")).get("format")
    return request.get("response_format")


def _of_ollama(wanted: Any) -> JsonFormat | None:
    if isinstance(wanted, dict):
        return JsonFormat(wanted)
    return JsonFormat(None) if wanted == "json" else None
