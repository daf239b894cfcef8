"""How a response body is cut into events: decided by its content type, else by its beginning. Pure.

    what it is                                          framing
    text/event-stream                                   EVENTS
    application/x-ndjson and its other names, Ollama    LINES
    a type that tells nothing, or JSON where the        by its beginning, below
    dialect streams as that
    anything else                                       WHOLE

    its beginning                                       framing
    a field of server-sent events, or a colon           EVENTS
    Gemini: `[`                                         ARRAY
    Ollama: a line with an object that is not the last  LINES
    anything else                                       WHOLE

What was asked for does not matter: servers answer `stream: true` with JSON and the other way round.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Protocol

from shadowbench.records import Dialect
from shadowbench.wire import loose_json as loose
from shadowbench.wire.json_array import ArrayDecoder
from shadowbench.wire.lines import LineDecoder
from shadowbench.wire.sse import SseDecoder, SseEvent


class Framing(Enum):
    """How a body is cut into events."""

    WHOLE = "whole"
    EVENTS = "events"  # server-sent
    LINES = "lines"  # of JSON
    ARRAY = "array"  # of JSON


class Decoder(Protocol):
    """Cuts one body."""

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """Take bytes; the events they complete."""

    def finish(self) -> SseEvent | None:
        """The last event, if it lacks its end."""


_LINE_DIALECTS = frozenset({Dialect.OLLAMA_CHAT, Dialect.OLLAMA_GENERATE})
_LINE_TYPES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_TELLS_NOTHING = frozenset({"", "text/plain", "application/octet-stream"})
_STREAMS_AS_JSON = _LINE_DIALECTS | {Dialect.GEMINI}
_BEGINS_EVENTS = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*(?:data|event|id|retry)?:")
_EVENT_FIELDS = (b"data:", b"event:", b"id:", b"retry:")
_BEGINS_ARRAY = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[")
_FIRST_LINE = re.compile(rb"(?:\xef\xbb\xbf)?\s*([^\r\n]+)[\r\n]")
_ENOUGH_BYTES = 16
_MAX_BLANKS = 1024  # that keep a connection alive before the answer begins
_MAX_FIRST_LINE = 64 * 1024


def framing_of(dialect: Dialect, media_type: str) -> Framing | None:
    """The framing that a content type says; None when the beginning is to tell."""
    if media_type == "text/event-stream":
        return Framing.EVENTS
    if dialect in _LINE_DIALECTS and media_type in _LINE_TYPES:
        return Framing.LINES
    is_open = media_type in _TELLS_NOTHING or (dialect in _STREAMS_AS_JSON and media_type == "application/json")
    return None if is_open else Framing.WHOLE


def framing_of_start(dialect: Dialect, start: bytes, *, at_end: bool) -> Framing | None:
    """The framing that a body's beginning shows; None when more of it is needed."""
    if len(start.lstrip()) < _ENOUGH_BYTES and len(start) < _MAX_BLANKS and not at_end:
        return None
    if begins_events(start):
        return Framing.EVENTS
    if dialect is Dialect.GEMINI and _BEGINS_ARRAY.match(start):
        return Framing.ARRAY
    if dialect in _LINE_DIALECTS:
        return _lines_or_whole(start, at_end)
    return Framing.WHOLE


def begins_events(start: bytes) -> bool:
    """Whether a body begins as server-sent events do."""
    return _BEGINS_EVENTS.match(start) is not None


def may_begin_events(start: bytes) -> bool:
    """Whether what there is of a body may be the beginning of server-sent events."""
    return begins_events(start) or any(field.startswith(start.strip()) for field in _EVENT_FIELDS)


def decoder_of(framing: Framing, max_event_bytes: int) -> Decoder:
    """A decoder for a body of that framing, which is not `WHOLE`."""
    if framing is Framing.LINES:
        return LineDecoder(max_event_bytes)
    return ArrayDecoder(max_event_bytes) if framing is Framing.ARRAY else SseDecoder(max_event_bytes)


def _lines_or_whole(start: bytes, at_end: bool) -> Framing | None:
    """A whole answer may stand on one line, or on many: the first line of a stream is an object that says it is not done."""
    line = _FIRST_LINE.match(start) if b"\n" in start or b"\r" in start else None
    if line is None:
        return Framing.WHOLE if at_end or len(start) > _MAX_FIRST_LINE else None
    try:
        value = loose.load(line[1])
    except loose.NotJson:
        return Framing.WHOLE
    return Framing.LINES if loose.as_mapping(value).get("done") is False else Framing.WHOLE
