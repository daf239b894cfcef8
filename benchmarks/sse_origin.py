"""An origin of token streams, served by `sse_load` in its own process.

Answers any POST with server-sent events, 50 a second until the load has seen enough or as many as the query says
(`?chunks=150`), each carrying the CLOCK_MONOTONIC time at
which it was handed to the kernel; in the token itself, for gateways rebuild everything else. The streams' chunks are
spread over the period, for real ones do not come in step. Writes go straight to the descriptor: a transport would send later
than the time stamp says.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from typing import cast

PERIOD_MS = 20
_CATCH_UP_MS = 100
_CHUNKS = re.compile(rb"[?&]chunks=(\d+)")
_EVENT = (
    b'data: {"id":"chatcmpl-benchmark","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":'
    b'[{"index":0,"delta":{"content":"t%019d"},"finish_reason":null}]}\n\n'
)
_SIZE = b"%x\r\n" % len(_EVENT % 0)
_CHUNK = _SIZE + _EVENT + b"\r\n"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
_TAIL = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


class Stream(asyncio.Protocol):
    """One connection; serves one stream after the other."""

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel
        self._request = b""
        self._left = -1  # chunks to come; below 0: until the wheel stops
        self._fd = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._fd = transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        self._request += data
        head, end, body = self._request.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        chunked = b"chunked" in head.lower()
        if not end or (length and len(body) < int(length[1])) or (chunked and not body.endswith(b"0\r\n\r\n")):
            return
        self._request = b""
        wanted = _CHUNKS.search(head.partition(b"\r\n")[0])
        self._left = int(wanted[1]) if wanted else -1
        os.write(self._fd, _HEAD)
        self._wheel.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fd = -1

    def send(self) -> bool:
        """The next chunk, or the last. Whether the stream goes on."""
        if self._fd < 0:
            return False
        try:
            if self._left and not self._wheel.ending:
                self._left -= 1
                os.write(self._fd, _CHUNK % time.monotonic_ns())
                return True
            os.write(self._fd, _TAIL)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            self._transport.abort()  # a peer that does not keep up is no part of this benchmark
        return False


class Wheel:
    """Turns once per period; each of its slots is one millisecond and holds its streams."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ending = False  # from now on each stream's next chunk is its end
        self._loop = loop
        self._slots: list[list[Stream]] = [[] for _ in range(PERIOD_MS)]
        self._at = 0
        self._next = _now_ms(loop)
        self._tick()

    def add(self, stream: Stream) -> None:
        """From now on `stream` sends once per period, in the slot with the fewest."""
        min(self._slots, key=len).append(stream)

    def _tick(self) -> None:
        now = _now_ms(self._loop)
        # A load that cannot keep up leaves chunks out, which is told as "chunks in time"; caught up with, they would pile up.
        self._next = max(self._next, now - _CATCH_UP_MS)
        while self._next <= now:
            self._next += 1
            self._at = (self._at + 1) % PERIOD_MS
            slot = self._slots[self._at]
            if slot:
                self._slots[self._at] = [stream for stream in slot if stream.send()]
        self._loop.call_later((self._next - now) / 1000, self._tick)


def _now_ms(loop: asyncio.AbstractEventLoop) -> int:
    # Whole milliseconds, as uvloop's clock has them. Fractions would add up to times a hair beyond one of its milliseconds, and
    # what is due in less than half of one is called in every turn of the loop: that keeps a core busy with nothing.
    return round(loop.time() * 1000)


async def serve(port: int) -> tuple[asyncio.Server, Wheel]:
    """Listen in the running loop."""
    loop = asyncio.get_running_loop()
    wheel = Wheel(loop)
    return await loop.create_server(lambda: Stream(wheel), "127.0.0.1", port, backlog=4096), wheel
