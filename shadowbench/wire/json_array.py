"""A JSON array that arrives bit by bit, taken apart into its elements: how Gemini streams without `alt=sse`. Pure.

Only brackets and strings are followed; whether an element is JSON is for its reader to find out. Elements that are neither
objects nor arrays are passed over, as is what follows the array's end. An element of more than `max_element_bytes` is not kept:
an event with `oversize` set and no data stands in its place.
"""

from __future__ import annotations

import re

from shadowbench.wire.sse import MAX_EVENT_BYTES, SseEvent

_STRUCTURE = re.compile(rb'["{}\[\]]')
_IN_STRING = re.compile(rb'["\\]')
_OPENING = b"{["


class ArrayDecoder:
    """Decodes one array. Its events have data only."""

    __slots__ = ("_buffer", "_closed", "_depth", "_escaped", "_in_string", "_max", "_overflowing")

    def __init__(self, max_element_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_element_bytes
        self._buffer = bytearray()  # the element being received
        self._overflowing = False  # it is over the bound, and not kept
        self._depth = 0  # 1 between the elements
        self._in_string = False
        self._escaped = False  # the last byte was a string's backslash
        self._closed = False

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """Take bytes; the events they complete."""
        events: list[SseEvent] = []
        kept = position = 0  # what stands before `kept` is in the buffer, or needed no more
        while position < len(chunk) and not self._closed:
            if self._in_string:
                position = self._skip_string(chunk, position)
                continue
            found = _STRUCTURE.search(chunk, position)
            if found is None:
                break
            position = found.end()
            if found[0] == b'"':
                self._in_string = True
            elif found[0] in _OPENING:
                self._depth += 1
                if self._depth == 2:
                    kept = position - 1
            else:
                self._depth -= 1
                if self._depth == 1:
                    self._keep(chunk[kept:position])
                    events.append(self._taken())
                self._closed = self._depth <= 0
        if self._depth > 1:
            self._keep(chunk[kept:])
        return events

    def finish(self) -> SseEvent | None:
        """The stream is over. An element without its end is cut by nature, and none."""
        return None

    def _skip_string(self, chunk: bytes, position: int) -> int:
        if self._escaped:
            self._escaped = False
            return position + 1
        found = _IN_STRING.search(chunk, position)
        if found is None:
            return len(chunk)
        if found[0] == b'"':
            self._in_string = False
        else:
            self._escaped = True
        return found.end()

    def _keep(self, part: bytes) -> None:
        if self._overflowing or len(self._buffer) + len(part) > self._max:
            self._overflowing = True
            self._buffer.clear()
        else:
            self._buffer += part

    def _taken(self) -> SseEvent:
        event = SseEvent(b"", oversize=True) if self._overflowing else SseEvent(bytes(self._buffer))
        self._overflowing = False
        self._buffer.clear()
        return event
