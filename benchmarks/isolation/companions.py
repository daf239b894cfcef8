"""What else production's clients do beside the small traffic: `python -m benchmarks.isolation.companions PORT WHAT`.

Each line on stdin is answered by one on stdout: `again` begins anew what lasts, `end` ends it; both tell what was checked.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import Any

import uvloop

from benchmarks.isolation import script
from benchmarks.isolation.answers import Answer
from benchmarks.isolation.origin import endless
from benchmarks.isolation.script import Kind

_IDLE = 2000
_SLOW = 4
_FIRST = 900_000_000  # numbers that the load does not use
_BIG_PROMPT = b"x" * script.BIG_BYTES
_PATIENCE_S = 20.0


class Companion(StrEnum):
    """Which."""

    BIG = "big"  # each second 20 MB, up and down in turn
    SLOW = "slow"  # a few clients that take one byte a second of a stream without end
    IDLE = "idle"  # 2,000 connections that ask nothing


async def big_bodies(port: int, numbers: Iterator[int], told: Counter[str], stop: asyncio.Event) -> None:
    """Until told to stop: an upload of 20 MB, a second later an answer of 20 MB. What has begun is ended."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    for kind, prompt in itertools.cycle(((Kind.WHOLE, _BIG_PROMPT), (Kind.BIG_ANSWER, b""))):
        number = next(numbers)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                answer = await ask(port, script.request(number, kind, prompt=prompt))
            same = answer.status() == 200 and answer.body() == script.expected(number, kind)
            told["identical" if same else "error: other bytes"] += 1
        except (OSError, ValueError) as error:  # a TimeoutError is one
            told[f"error: {type(error).__name__}"] += 1
        due = max(due + 1.0, loop.time())
        with suppress(TimeoutError):
            async with asyncio.timeout_at(due):
                await stop.wait()
            return


async def ask(port: int, request: bytes) -> Answer:
    """One request on a connection of its own. Raises OSError, EOFError."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        answer = Answer()
        while not answer.is_whole:
            data = await reader.read(1 << 18)
            if not data:
                raise ConnectionError("ended too early")
            answer.feed(data)
        return answer
    finally:
        writer.transport.abort()


async def slow_reader(port: int, number: int, told: Counter[str]) -> None:
    """Take a byte a second of a stream without end, and look whether it is the right one."""
    loop = asyncio.get_running_loop()
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        await loop.sock_connect(sock, ("127.0.0.1", port))
        await loop.sock_sendall(sock, script.request(number, Kind.ENDLESS))
        wanted = (byte for piece in endless(number) for byte in piece)
        while True:
            came = await loop.sock_recv(sock, 1)
            told["identical" if came == bytes([next(wanted)]) else "error: other bytes"] += 1
            await asyncio.sleep(1.0)


@asynccontextmanager
async def idle_connections(port: int, told: Counter[str]) -> AsyncIterator[None]:
    """Open for as long as this lasts; that all still are is checked at the end."""
    sockets = []
    loop = asyncio.get_running_loop()
    for _ in range(_IDLE):
        sock = socket.socket()
        sock.setblocking(False)
        await loop.sock_connect(sock, ("127.0.0.1", port))
        sockets.append(sock)
    yield
    for sock in sockets:
        with suppress(BlockingIOError), sock:
            sock.recv(1)  # nothing to read: still open, nothing said
            told["error: closed, or spoken to"] += 1
            continue
        told["identical"] += 1


class Works:
    """What runs for one companion, begun anew when asked."""

    def __init__(self, port: int, companion: Companion) -> None:
        self.told: Counter[str] = Counter()
        self._port = port
        self._companion = companion
        self._tasks: list[asyncio.Task[None]] = []
        self._numbers = itertools.count(_FIRST)
        self._stop = asyncio.Event()

    async def begin(self) -> None:
        """Begin it."""
        if self._companion == Companion.BIG:
            self._stop.clear()
            self._start(big_bodies(self._port, self._numbers, self.told, self._stop))
        if self._companion == Companion.SLOW:
            for _ in range(_SLOW):
                self._start(slow_reader(self._port, next(self._numbers), self.told))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def again(self) -> None:
        """End what runs, and begin it anew."""
        await self.end()
        await self.begin()

    async def end(self) -> None:
        """End it. A task that failed is an error that is told."""
        self._stop.set()
        if self._companion == Companion.SLOW:
            for task in self._tasks:
                task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                self.told[f"error: {type(ended).__name__}"] += 1
        self._tasks = []


async def main(port: int, companion: Companion) -> None:
    """As stdin says."""
    works = Works(port, companion)
    await works.begin()
    if companion == Companion.IDLE:
        async with idle_connections(port, works.told):
            await _obey(works)
    else:
        await _obey(works)
    await works.end()
    _say(works.told)


async def _obey(works: Works) -> None:
    _say(works.told)
    while (await asyncio.to_thread(sys.stdin.readline)).strip() == "again":
        await works.again()
        _say(works.told)


def _say(told: Counter[str]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), Companion(sys.argv[2])))
