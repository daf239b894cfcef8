"""Anthropic messages, read to neutral nouns. Pure.

The stream tells one message as `message_start`, blocks by index, `message_delta` and `message_stop`; every event has a name,
and clients drop those that have none. Usage is cumulative: a later count replaces an earlier one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shadowbench.records import NO_USAGE, Answer, Choice, ToolCall, Usage, UsageSource
from shadowbench.wire import loose_json as loose
from shadowbench.wire.base import Parsed, ProviderError
from shadowbench.wire.provider_error import error_in
from shadowbench.wire.sse import SseEvent

_TOOL_KINDS = {"tool_use": "function", "server_tool_use": "server", "mcp_tool_use": "server"}


def parse_body(body: bytes) -> Parsed:
    """Read a whole answer."""
    try:
        value = loose.load(body)
    except loose.NotJson:
        return Parsed(malformed="not_json")
    if error := error_in(value):
        return Parsed(error=error)
    message = loose.as_mapping(value)
    if not isinstance(message.get("content"), list):
        return Parsed(malformed="no_content")
    told = _Message()
    told.start(message)
    told.delta(message)
    return told.parsed(error=None, ended=True, malformed=None)


class StreamReader:
    """Reads a streamed answer."""

    def __init__(self) -> None:
        self._message = _Message()
        self._error: ProviderError | None = None
        self._ended = False
        self._malformed: str | None = None

    def feed(self, event: SseEvent) -> bool:
        """Take an event; True when it carried content. After the end mark or an error nothing counts any more."""
        if self._ended or self._error or event.name == "ping":
            return False
        if event.oversize:
            return self._fail("oversize_event")
        if event.name is None:  # SDKs drop it, so the client saw nothing of it
            return self._fail("event_without_name")
        try:
            value = loose.load(event.data)
        except loose.NotJson:
            return self._fail("event_not_json")
        if event.name == "error":
            self._error = error_in(value) or error_in({"error": value}) or ProviderError()
            return False
        return self._take(loose.as_mapping(value))

    def feed_unterminated(self, event: SseEvent) -> None:
        """Take the event that lacks its blank line."""
        self._ended = self._ended or (not self._error and event.name == "message_stop")

    def finish(self) -> Parsed:
        """What came of it."""
        return self._message.parsed(error=self._error, ended=self._ended, malformed=self._malformed)

    def _fail(self, reason: str) -> bool:
        self._malformed = self._malformed or reason
        return False

    def _take(self, event: Mapping[str, Any]) -> bool:
        kind = event.get("type")
        if kind == "content_block_delta":
            return self._message.block_delta(event)
        if kind == "content_block_start":
            return self._message.block_start(event)
        if kind == "message_start":
            return self._message.start(loose.as_mapping(event.get("message")))
        if kind == "message_delta":
            self._message.delta(loose.as_mapping(event.get("delta")), loose.as_mapping(event.get("usage")))
        elif kind == "message_stop":
            self._ended = True
        return False  # content_block_stop, ping, and whatever is invented next


class _Message:
    """The message, growing."""

    def __init__(self) -> None:
        self._begun = False
        self._id: str | None = None
        self._model: str | None = None
        self._stop_reason: str | None = None
        self._refusal: str | None = None
        self._usage: dict[str, int] = {}
        self._blocks: dict[int, _Block] = {}

    def start(self, message: Mapping[str, Any]) -> bool:
        """Take the message as it stands at first: whole, or without content yet. True when it carried content."""
        self._begun = True
        self._id = loose.as_name(message.get("id"))
        self._model = loose.as_name(message.get("model"))
        self._usage |= _counts(loose.as_mapping(message.get("usage")))
        self._usage.pop("output_tokens", None)  # how many there were so far; `message_delta` says how many there are
        carried = False
        for index, block in enumerate(loose.as_sequence(message.get("content"))):
            carried |= self.block_start({"index": index, "content_block": block})
        return carried

    def delta(self, delta: Mapping[str, Any], usage: Mapping[str, Any] | None = None) -> None:
        """Take what is known at the end. A whole message has it on itself."""
        self._stop_reason = loose.as_name(delta.get("stop_reason")) or self._stop_reason
        if self._stop_reason == "refusal":
            self._refusal = _explanation(delta) or self._refusal
        self._usage |= _counts(loose.as_mapping(delta.get("usage")) if usage is None else usage)

    def block_start(self, event: Mapping[str, Any]) -> bool:
        index = loose.as_index(event.get("index"))
        block = _Block(loose.as_mapping(event.get("content_block")))
        self._blocks[len(self._blocks) if index is None else index] = block
        return block.has_content

    def block_delta(self, event: Mapping[str, Any]) -> bool:
        block = self._blocks.get(loose.as_index(event.get("index")) or 0)
        return block is not None and block.take(loose.as_mapping(event.get("delta")))

    def parsed(self, *, error: ProviderError | None, ended: bool, malformed: str | None) -> Parsed:
        return Parsed(
            answer=Answer(choices=(self._choice(),)) if self._begun else None,
            usage=_usage(self._usage),
            reported_model=self._model,
            response_id=self._id,
            error=error,
            ended=ended and self._begun,
            malformed=malformed,
        )

    def _choice(self) -> Choice:
        blocks = [self._blocks[index] for index in sorted(self._blocks)]
        text = _joined(blocks, "text")
        return Choice(
            text=text,
            reasoning=_joined(blocks, "thinking"),
            refusal=(self._refusal or text or "refusal") if self._stop_reason == "refusal" else None,
            tool_calls=tuple(block.tool_call() for block in blocks if block.kind in _TOOL_KINDS),
            finish_reason=self._stop_reason,
        )


class _Block:
    """One content block, growing: text, thinking, a tool call, or something that is not part of an answer."""

    def __init__(self, start: Mapping[str, Any]) -> None:
        self.kind = loose.as_text(start.get("type")) or ""
        self._start = start
        self._json: list[str] = []
        self._text: list[str] = [loose.as_text(start.get(self.kind)) or ""] if self.kind in ("text", "thinking") else []

    @property
    def has_content(self) -> bool:
        """Whether what came with its start is content already."""
        return any(self._text) or (self.kind in _TOOL_KINDS and bool(self._start.get("input")))

    def take(self, delta: Mapping[str, Any]) -> bool:
        kind = delta.get("type")
        if kind == "text_delta" and self.kind == "text":
            return _append(self._text, delta.get("text"))
        if kind == "thinking_delta" and self.kind == "thinking":
            return _append(self._text, delta.get("thinking"))
        if kind == "input_json_delta" and self.kind in _TOOL_KINDS:
            return _append(self._json, delta.get("partial_json"))
        return False  # signatures, citations

    @property
    def text(self) -> str:
        return "".join(self._text)

    def tool_call(self) -> ToolCall:
        arguments = "".join(self._json) or loose.dump(self._start.get("input") or {})
        return ToolCall(
            name=loose.sound(loose.as_text(self._start.get("name")) or ""),
            arguments=loose.sound(arguments),
            id=loose.as_name(self._start.get("id")),
            kind=_TOOL_KINDS[self.kind],
        )


def _joined(blocks: list[_Block], kind: str) -> str | None:
    texts = [block.text for block in blocks if block.kind == kind]
    return loose.sound("".join(texts)) if texts else None


def _append(parts: list[str], text: object) -> bool:
    if isinstance(text, str):
        parts.append(text)
    return bool(text)


def _explanation(message: Mapping[str, Any]) -> str | None:
    details = loose.as_mapping(message.get("stop_details"))
    return loose.as_name(details.get("explanation")) or loose.as_name(details.get("category"))


def _counts(usage: Mapping[str, Any]) -> dict[str, int]:
    """The counts that `usage` gives, by their own names."""
    thinking = loose.as_mapping(usage.get("output_tokens_details")).get("thinking_tokens")
    names = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    counts = {name: loose.as_count(usage.get(name)) for name in names} | {"thinking": loose.as_count(thinking)}
    return {name: count for name, count in counts.items() if count is not None}


def _usage(counts: Mapping[str, int]) -> Usage:
    """In our meaning: Anthropic's `input_tokens` leaves out what was read from or written to the cache."""
    if not counts:
        return NO_USAGE
    written, read = counts.get("cache_creation_input_tokens"), counts.get("cache_read_input_tokens")
    fresh = counts.get("input_tokens")
    return Usage(
        source=UsageSource.REPORTED,
        input_tokens=None if fresh is None else fresh + (written or 0) + (read or 0),
        output_tokens=counts.get("output_tokens"),
        cached_input_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=counts.get("thinking"),
    )
