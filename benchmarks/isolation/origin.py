"""Production, or a candidate, of the script: `python -m benchmarks.isolation.origin PORT MOOD`, until SIGTERM.

`GET /counts` tells what it was asked and what it answered, for evidence that a fault was one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import cast

import uvloop

from benchmarks.isolation import script
from benchmarks.isolation.instrument import go_first, quiet
from benchmarks.isolation.script import Kind

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
# Before an answer's first byte: short for a model, so that a millisecond shows.
_THINKS_S = 0.02
_TOKEN_S = 0.005
_SLOWER = 10
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
# Of a length that is never reached: chunks may be cut anew on their way, and then the wire says nothing certain.
_ENDLESS_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000000000000\r\n\r\n"
_LAST = b"0\r\n\r\n"
# What is kept of a request, and what is written at a time: 20 MB at once would hold up everybody else for tens of milliseconds.
_KEPT_BYTES = 8192
_PIECE_BYTES = 65536
_GARBAGE = bytes(range(256)) * 256
_ENDLESS_PIECE_EVENTS = 300


class Mood(StrEnum):
    """How it behaves."""

    PRODUCTION = "production"  # thinks 20 ms unless it is asked not to, a token each 5 ms; goes before others there
    WELL = "well"  # the same, as a candidate
    HANG = "hang"  # reads, never answers
    SLOW = "slow"  # the same, 10 times as slow, and nothing at once
    FLOOD = "flood"  # bytes without end, as fast as they are taken


class Connection(asyncio.Protocol):
    """One connection, one request after the other."""

    def __init__(self, mood: Mood, counts: Counter[str]) -> None:
        self._mood = mood
        self._counts = counts
        self._came = b""  # the first bytes of the request under way
        self._needs = 0  # how many more it has; 0: unknown
        self._pieces: Iterator[bytes] | None = None
        self._paused = self._is_pouring = False
        self._closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._loop = asyncio.get_running_loop()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed, self._pieces = True, None

    def data_received(self, data: bytes) -> None:
        if self._needs:
            self._needs -= len(data)
            if len(self._came) < _KEPT_BYTES:
                self._came += data
        else:
            self._came += data
            if (at := self._came.find(b"\r\n\r\n")) < 0:
                return
            length = _LENGTH.search(self._came, 0, at + 2)
            self._needs = at + 4 + (int(length[1]) if length else 0) - len(self._came)
        if self._needs < 0:
            self._transport.abort()  # clients of this benchmark wait for an answer before they ask again
        elif not self._needs:
            asked, self._came = self._came, b""
            self._answer(asked)

    def _answer(self, asked: bytes) -> None:
        if asked.startswith(b"GET "):
            self._send(json.dumps(self._counts).encode())
            return
        self._counts["asked"] += 1
        if self._mood == Mood.HANG:
            return
        if self._mood == Mood.FLOOD:
            self._pour_all(_flood())
            return
        number, kind = script.asked(asked.partition(b"\r\n\r\n")[2])
        if kind == Kind.STREAM:
            self._loop.call_later(_THINKS_S * self._slower, self._token, number, 0)
        elif kind == Kind.ENDLESS:
            self._pour_all(endless(number))
        elif kind == Kind.WHOLE or self._mood == Mood.SLOW:
            self._loop.call_later(_THINKS_S * self._slower, self._whole, number, kind)
        else:
            self._whole(number, kind)

    @property
    def _slower(self) -> int:
        return _SLOWER if self._mood == Mood.SLOW else 1

    def _whole(self, number: int, kind: Kind) -> None:
        if not self._closed:
            self._counts["answered"] += 1
            self._send(script.expected(number, kind))

    def _send(self, body: bytes) -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        if len(answer) <= _PIECE_BYTES:
            self._transport.write(answer)
        else:
            whole = memoryview(answer)
            self._pour_all(bytes(whole[at : at + _PIECE_BYTES]) for at in range(0, len(whole), _PIECE_BYTES))

    def _token(self, number: int, token: int) -> None:
        if self._closed:
            return
        if token < script.TOKENS - 1:
            self._transport.write((b"" if token else _STREAM_HEAD) + chunk(script.event(number, token)))
            self._loop.call_later(_TOKEN_S * self._slower, self._token, number, token + 1)
            return
        self._counts["answered"] += 1
        self._transport.write(chunk(script.event(number, token)) + chunk(b"data: [DONE]\n\n") + _LAST)

    # ── much, or without end ──

    def _pour_all(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._pour_on()

    def _pour_on(self) -> None:
        # One piece per turn of the loop: others of this process want to be served too.
        if not self._is_pouring:
            self._is_pouring = True
            self._loop.call_soon(self._pour)

    def _pour(self) -> None:
        self._is_pouring = False
        if self._pieces is None or self._paused:
            return
        piece = next(self._pieces, None)
        if piece is None:
            self._pieces = None
            return
        self._counts["poured_bytes"] += len(piece)
        self._transport.write(piece)
        self._pour_on()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._pour_on()


def chunk(content: bytes) -> bytes:
    """One chunk of the chunked coding."""
    return b"%x\r\n%b\r\n" % (len(content), content)


def _flood() -> Iterator[bytes]:
    yield _STREAM_HEAD
    while True:
        yield chunk(_GARBAGE)


def endless(number: int) -> Iterator[bytes]:
    """A stream that goes on as long as somebody reads it, head first; the token's number tells the place."""
    yield _ENDLESS_HEAD
    for first in itertools.count(step=_ENDLESS_PIECE_EVENTS):
        yield b"".join(script.event(number, token) for token in range(first, first + _ENDLESS_PIECE_EVENTS))


async def serve(port: int, mood: Mood) -> None:
    """Serve for ever."""
    counts: Counter[str] = Counter()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(mood, counts), "127.0.0.1", port, backlog=4096
    )
    quiet()
    await server.serve_forever()


def main(arguments: Sequence[str]) -> None:
    """Serve as the command line says."""
    port, mood = int(arguments[0]), Mood(arguments[1])
    if mood == Mood.PRODUCTION:
        go_first()
    uvloop.run(serve(port, mood))


if __name__ == "__main__":
    main(sys.argv[1:])
