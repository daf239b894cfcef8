"""JSON lines (NDJSON): one JSON value on each line, as Ollama streams. Bytes in, events out; pure.

Lines end with LF or CRLF, cut anywhere; a lone CR ends one, too, since JSON has it nowhere but between values. Empty lines are
nothing. A line of more than `max_line_bytes` is not kept: an event with `oversize` set and no data stands in its place.
"""

from __future__ import annotations

from shadowbench.wire.sse import MAX_EVENT_BYTES, SseEvent

_BOM = b"\xef\xbb\xbf"


class LineDecoder:
    """Decodes one stream. Its events have data only."""

    __slots__ = ("_buffer", "_max", "_overflowing", "_started")

    def __init__(self, max_line_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_line_bytes
        self._buffer = bytearray()  # the line being received
        self._overflowing = False  # it is over the bound, and not kept
        self._started = False  # the first line was seen: a byte order mark may only stand there

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """Take bytes; the events they complete."""
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r", b"\n")
        done, ends, rest = chunk.rpartition(b"\n")
        if not ends:
            self._keep(rest)
            return []
        first, *others = done.split(b"\n")
        self._keep(first)
        events = [event for line in (self._taken(), *others) if (event := self._event(line)) is not None]
        self._keep(rest)
        return events

    def finish(self) -> SseEvent | None:
        """The stream is over: the last line if it has no end. It may be whole or cut: whether it is JSON tells."""
        return self._event(self._taken())

    def _keep(self, part: bytes) -> None:
        if self._overflowing or len(self._buffer) + len(part) > self._max:
            self._overflowing = True
            self._buffer.clear()
        else:
            self._buffer += part

    def _taken(self) -> bytes | None:
        """The line in the buffer; None when it was over the bound."""
        line = None if self._overflowing else bytes(self._buffer)
        self._overflowing = False
        self._buffer.clear()
        return line

    def _event(self, line: bytes | None) -> SseEvent | None:
        if line is None or len(line) > self._max:
            self._started = True
            return SseEvent(b"", oversize=True)
        if not self._started and line:
            self._started = True
            line = line.removeprefix(_BOM)
        return SseEvent(line) if line and not line.isspace() else None
