"""What all wire formats have in common: the question, the answer, and the shape of a format. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shadowbench.records import Dialect

CREATED_AT = 1_700_000_000
DEFAULT_TOKENS = 24
DEFAULT_DIMENSIONS = 8
PIECE_CHARS = 6

EVENT_STREAM = "text/event-stream"
JSON_LINES = "application/x-ndjson"
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request wants, as far as the script cares."""

    dialect: Dialect
    model: str
    prompt: str = ""
    stream: bool = False
    wants_usage: bool = False
    max_tokens: int = DEFAULT_TOKENS
    temperature: float = 0.0
    tool: str | None = None  # the first tool on offer; it is called when there is one
    parameters: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()  # to embed
    dimensions: int = DEFAULT_DIMENSIONS
    form: str | None = None  # which of its forms the format is to use: "base64" vectors, a stream as JSON "array"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The answer, before any wire format."""

    id: str
    tokens: tuple[str, ...]
    call: str | None  # arguments of the tool call, as JSON text
    cut: bool  # max_tokens ended it
    input_tokens: int
    vectors: tuple[tuple[float, ...], ...] = ()  # of the inputs, exact as 32-bit floats

    @property
    def text(self) -> str:
        """All tokens joined."""
        return "".join(self.tokens)

    @property
    def output_tokens(self) -> int:
        """Words said, or pieces of the call's arguments."""
        return len(self.tokens) or len(pieces(self.call or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One wire format.

    `read` takes a request's JSON object and its target, path and query. `events` writes each piece of a stream as it goes out.
    `error` takes a kind (`rate_limit_error`, …) and a message; `error_event` puts its bytes into a running stream.
    """

    read: Callable[[Mapping[str, Any], str], Asked]
    whole: Callable[[Asked, Said], dict[str, Any]]
    events: Callable[[Asked, Said], Iterator[bytes]]
    error: Callable[[str, str], dict[str, Any]]
    error_event: Callable[[Asked, bytes], bytes]
    stream_type: Callable[[Asked], str] = lambda _: EVENT_STREAM


# ── reading ──


def model_of(request: Mapping[str, Any]) -> str:
    """The member `model`."""
    return str(request.get("model", "scripted"))


def text_of(content: Any) -> str:
    """The text of a content, which may be a text or a list of parts in every format. A tool's result is a part, too."""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        return prompt_of(*(str(part.get("text") or "") or text_of(part.get("content")) for part in parts))
    return str(content or "")


def texts_of(messages: Any) -> list[str]:
    """The texts of a list of messages and results; a text alone stands for one."""
    if not isinstance(messages, list):
        return [text_of(messages)]
    items = [message for message in messages if isinstance(message, dict)]
    return [text_of(item.get("content") or item.get("output")) for item in items]


def prompt_of(*texts: str) -> str:
    """One prompt of many texts."""
    return " ".join(text for text in texts if text)


def limit_of(*limits: Any) -> int:
    """The first bound of the answer that is given."""
    return int(next((limit for limit in limits if limit), DEFAULT_TOKENS))


def inputs_of(given: Any) -> tuple[str, ...]:
    """What is to be embedded: a text, tokens, or a list of either."""
    are_many = isinstance(given, list) and not all(isinstance(each, int) for each in given)
    return tuple(map(str, given)) if are_many else (str(given),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The first tool of a request."""

    name: str | None = None
    parameters: tuple[str, ...] = ()


def offered(tools: Any, *members: str) -> Offered:
    """The first of a list of tools. Its parameters' schema is in one of these members."""
    if not tools:
        return Offered()
    tool = tools[0]
    schema: Mapping[str, Any] = next((tool[member] for member in members if tool.get(member)), {})
    return Offered(name=str(tool.get("name")), parameters=tuple(schema.get("properties", {})))


def functions(tools: Any) -> list[Any]:
    """Tools as chat completions and Ollama wrap them."""
    return [tool.get("function", tool) for tool in tools or []]


# ── writing ──


def dump(value: Any) -> bytes:
    """Compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def event(value: Mapping[str, Any]) -> bytes:
    """A server-sent event without a name."""
    return b"data: " + dump(value) + b"\n\n"


def named_event(value: Mapping[str, Any]) -> bytes:
    """A server-sent event with its type as its name."""
    return f"event: {value['type']}\n".encode() + event(value)


def error_event(_: Asked, error: bytes) -> bytes:
    """An error among named events."""
    return b"event: error\ndata: " + error + b"\n\n"


def line(value: Mapping[str, Any]) -> bytes:
    """A line of JSON."""
    return dump(value) + b"\n"


def pieces(arguments: str) -> list[str]:
    """A call's arguments as a provider streams them: a few characters each."""
    return [arguments[at : at + PIECE_CHARS] for at in range(0, len(arguments), PIECE_CHARS)]


def no_events(_: Asked, __: Said) -> Iterator[bytes]:
    """For answers that are never streamed."""
    return iter(())
