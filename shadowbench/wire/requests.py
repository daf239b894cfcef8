"""What a client asks for, as far as deciding and labelling need it. Pure; the body itself is never rewritten from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shadowbench.records import Dialect
from shadowbench.wire import loose_json as loose

_SYSTEM_ROLES = ("system", "developer")
_MEDIA_PARTS = frozenset({"image_url", "image", "input_audio", "file", "document", "video_url", "audio_url"})
_UNIT = "\x1f"  # between the parts of an opening: ASCII unit separator, which prompts do not hold


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """A request in numbers and flags.

    `opening` is what later requests of one conversation have in common: system prompt and first user message. It is content:
    hash it with the salt, never log it.
    """

    model: str | None
    stream: bool
    wants_usage: bool  # whether usage is due in the answer; unasked, OpenAI's streams leave it out
    message_count: int
    has_system: bool
    has_tools: bool
    has_server_tools: bool  # run by the provider: they would run, and cost, twice
    has_media: bool
    n: int
    max_output_tokens: int | None
    opening: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A body that is not a request of its dialect."""

    reason: str  # dialect_unknown | not_json | not_an_object | no_messages


def parse_request(dialect: Dialect, body: bytes) -> RequestFacts | Unreadable:
    """The facts of a content-decoded request body."""
    if dialect not in (Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES):
        return Unreadable(reason="dialect_unknown")
    try:
        request = loose.load(body)
    except loose.NotJson:
        return Unreadable(reason="not_json")
    if not isinstance(request, dict):
        return Unreadable(reason="not_an_object")
    if not isinstance(request.get("messages"), list):
        return Unreadable(reason="no_messages")
    return _facts(dialect, request)


def _facts(dialect: Dialect, request: Mapping[str, Any]) -> RequestFacts:
    messages = [loose.as_mapping(message) for message in request["messages"]]
    stream = request.get("stream") is True
    usage_asked = loose.as_mapping(request.get("stream_options")).get("include_usage") is True
    system = _system_text(request, messages)
    tools = [loose.as_mapping(tool) for tool in loose.as_sequence(request.get("tools"))]
    return RequestFacts(
        model=loose.as_name(request.get("model")),
        stream=stream,
        wants_usage=not stream or usage_asked or dialect is Dialect.ANTHROPIC_MESSAGES,
        message_count=len(messages),
        has_system=system is not None,
        has_tools=bool(tools or loose.as_sequence(request.get("functions"))),
        has_server_tools=any(_runs_at_provider(dialect, tool) for tool in tools) or _is_set(request, _SERVER_TOOL_KEYS),
        has_media=any(
            loose.as_text(part.get("type")) in _MEDIA_PARTS for message in messages for part in _parts(message)
        ),
        n=loose.as_count(request.get("n")) or 1,
        max_output_tokens=_max_output_tokens(request),
        opening=_opening(system, messages),
    )


_SERVER_TOOL_KEYS = ("web_search_options", "mcp_servers")


def _is_set(request: Mapping[str, Any], keys: tuple[str, ...]) -> bool:
    return any(request.get(key) is not None for key in keys)


def _runs_at_provider(dialect: Dialect, tool: Mapping[str, Any]) -> bool:
    """Client tools are `function` and `custom` (OpenAI), without type or `custom` (Anthropic), or Anthropic's own for the
    client's machine, whose types begin with these words."""
    kind = loose.as_text(tool.get("type"))
    if dialect is Dialect.OPENAI_CHAT:
        return kind not in (None, "function", "custom")
    return kind not in (None, "custom") and not str(kind).startswith(("bash_", "text_editor_", "computer_", "memory_"))


def _system_text(request: Mapping[str, Any], messages: list[Mapping[str, Any]]) -> str | None:
    texts = [_text(message) for message in messages if message.get("role") in _SYSTEM_ROLES]
    if request.get("system") is not None:  # Anthropic's is beside the messages: a text or a list of parts
        texts.append(_text({"content": request["system"]}))
    return _UNIT.join(texts) if texts else None


def _opening(system: str | None, messages: list[Mapping[str, Any]]) -> bytes:
    first_user = next((_text(message) for message in messages if message.get("role") == "user"), "")
    return _UNIT.join((system or "", first_user)).encode("utf-8", "surrogatepass")


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return _UNIT.join(text for part in _parts(message) if (text := loose.as_text(part.get("text"))) is not None)


def _parts(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return map(loose.as_mapping, loose.as_sequence(message.get("content")))


def _max_output_tokens(request: Mapping[str, Any]) -> int | None:
    newer = loose.as_count(request.get("max_completion_tokens"))
    return newer if newer is not None else loose.as_count(request.get("max_tokens"))
