"""Server-sent events, decoded as the WHATWG says (HTML, "Interpreting an event stream"). Bytes in, events out; pure.

Lines end with LF, CRLF or CR, in any mixture and cut anywhere. Each chunk is brought to LF first (a CR at a chunk's end ends
its line at once; the LF that may follow is swallowed), after which events are what stands between blank lines and the search
is `bytes.rfind` and `bytes.split`. Data stays bytes: an event is whole, so that no character is ever cut.

An event of more than `max_event_bytes` is not kept: it is dispatched in its place with `oversize` set and no data.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_EVENT_BYTES = 16 * 1024 * 1024  # base64 images and audio come as single events of some MB

_BOM = b"\xef\xbb\xbf"


class SseEvent(NamedTuple):
    """One event. A NamedTuple, not a dataclass: made once per token of every stream."""

    data: bytes
    name: str | None = None  # of the event field; None means "message"
    id: str | None = None  # the last event id in force
    retry_ms: int | None = None
    oversize: bool = False


class SseDecoder:
    """Decodes one stream."""

    __slots__ = ("_buffer", "_last_id", "_max", "_overflowing", "_skip_lf", "_started")

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._buffer = bytearray()  # the event being received, in LF form, without the blank lines before it
        self._skip_lf = False  # the last chunk ended with CR
        self._started = False  # the first block was seen: a byte order mark may only stand there
        self._overflowing = False  # the event being received is over the bound; the buffer keeps its last byte only
        self._last_id: str | None = None

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """Take bytes; the events they complete."""
        if self._skip_lf and chunk:
            self._skip_lf = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._skip_lf = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        buffer = self._buffer
        if not buffer and chunk.endswith(b"\n\n"):  # whole events, as servers flush them
            return self._events(chunk[:-2].split(b"\n\n"))
        seen = len(buffer)
        buffer += chunk
        end = buffer.rfind(b"\n\n", max(0, seen - 1))
        if end < 0:
            self._bound()
            return []
        blocks = bytes(buffer[:end]).split(b"\n\n")
        del buffer[: end + 2]
        events = self._events(blocks)
        self._bound()
        return events

    def finish(self) -> SseEvent | None:
        """The stream is over: the last event if it lacks its blank line, which is not to be dispatched."""
        block = bytes(self._buffer)
        self._buffer.clear()
        return self._oversize() if self._overflowing else self._event(block)

    def _events(self, blocks: list[bytes]) -> list[SseEvent]:
        events: list[SseEvent] = []
        for block in blocks:
            event = self._oversize() if self._overflowing else self._event(block)
            if event is not None:
                events.append(event)
        return events

    def _oversize(self) -> SseEvent:
        self._overflowing = False
        self._started = True
        return SseEvent(b"", id=self._last_id, oversize=True)

    def _bound(self) -> None:
        buffer = self._buffer
        if buffer.startswith(b"\n") and not self._overflowing:  # blank lines before an event are not part of it
            del buffer[: len(buffer) - len(buffer.lstrip(b"\n"))]
            self._started = True
        # One byte more than the bound may be the event's own line end, whose blank line is still to come.
        if len(buffer) > self._max + 1 or (self._overflowing and len(buffer) > 1):
            self._overflowing = True
            del buffer[:-1]

    def _event(self, block: bytes) -> SseEvent | None:
        if block.startswith(b"\n"):
            block = block.lstrip(b"\n")
            self._started = True
        if len(block.removesuffix(b"\n")) > self._max:
            return self._oversize()
        if not self._started:
            self._started = True
            block = block.removeprefix(_BOM)
        if block.startswith(b"data:") and b"\n" not in block:  # nearly all of them
            return SseEvent(block[6:] if block[5:6] == b" " else block[5:], None, self._last_id)
        return self._event_of_lines(block.split(b"\n"))

    def _event_of_lines(self, lines: list[bytes]) -> SseEvent | None:
        data: list[bytes] = []
        name: str | None = None
        retry_ms: int | None = None
        for line in lines:
            field, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if field == b"data":
                data.append(value)
            elif field == b"event":
                name = value.decode("utf-8", "replace") or None
            elif field == b"id":
                if b"\0" not in value:
                    self._last_id = value.decode("utf-8", "replace")
            elif field == b"retry" and value.isdigit() and len(value) < 16:
                retry_ms = int(value)
        if not data:  # the standard dispatches nothing without data
            return None
        return SseEvent(b"\n".join(data), name, self._last_id, retry_ms)
