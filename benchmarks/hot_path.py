"""`python -m benchmarks.hot_path`: what our own code costs per exchange and per streamed chunk, without the kernel's part.

The protocols of one client and one production connection are fed by hand, and their transports swallow what they write. The
best of many short batches is taken, so that the figure is the same on a busy machine and a change of 2 % shows.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import uvloop
from rich.console import Console

from benchmarks.nginx import COMPLETION
from benchmarks.output import wide_console
from shadowbench import handoff
from shadowbench.handoff import Kind, Policy
from shadowbench.http1.client import ClientConnection
from shadowbench.http1.origin import Origin, OriginOptions
from shadowbench.http1.requests import ServerOptions
from shadowbench.http1.resolver import Resolver
from shadowbench.http1.server import ServerConnection
from shadowbench.http1.ticker import Ticker
from shadowbench.proxy.options import ProxyOptions
from shadowbench.proxy.tap import Tap
from shadowbench.proxy.traffic import Traffic
from shadowbench.signals import Counters

_BATCH = 32
_BATCHES = 600
_BODY = b'{"model":"m","messages":[{"role":"user","content":"What is the capital of France?"}],"temperature":0}'
_REQUEST = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: Bearer benchmark\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)
_RESPONSE = (
    b"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Thu, 20 Nov 2025 12:00:00 GMT\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n%b" % (len(COMPLETION), COMPLETION.encode())
)
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_EVENT = (
    b'data: {"id":"chatcmpl-benchmark","object":"chat.completion.chunk","choices":[{"delta":{"content":" token"}}]}\n\n'
)
_CHUNK = b"%x\r\n%b\r\n" % (len(_EVENT), _EVENT)
_POLICY = Policy(version=1, salt=bytes(32), rate=1.0, endpoints=(("POST", "/chat/completions"),))


class Nowhere:
    """A transport that swallows. Its socket is real and quiet."""

    def __init__(self) -> None:
        self.writes = 0
        self._socket, self._peer = socket.socketpair()

    def write(self, data: bytes) -> None:
        self.writes += 1

    def writelines(self, data: list[bytes]) -> None:
        self.writes += 1

    def get_extra_info(self, name: str) -> Any:
        return self._socket

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        raise RuntimeError("the code under test closed its connection")

    close = abort


class Bench:
    """One client connection, one production connection, perhaps a tap."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, mirrored: bool) -> None:
        ticker, counters = Ticker(loop), Counters()
        options = ProxyOptions(production=OriginOptions(url="http://127.0.0.1:4000"))
        origin = Origin(options.production, ticker, Resolver(loop))
        self.link = Nowhere()
        tap = _tap(counters, self.link) if mirrored else None
        traffic = Traffic(options, origin=origin, tap=tap, ticker=ticker, counters=counters)
        self._server = ServerConnection(traffic, ServerOptions())
        self._server.connection_made(cast(asyncio.Transport, Nowhere()))
        self._client = ClientConnection(ticker, origin.rest, lambda connection: None)
        self._client.connection_made(cast(asyncio.Transport, Nowhere()))
        origin.rest(self._client)

    def exchange(self) -> None:
        """A small request, a small answer, each in one read."""
        self._server.data_received(_REQUEST)
        self._client.data_received(_RESPONSE)

    def begin_stream(self) -> None:
        """A request and the head of a stream."""
        self._server.data_received(_REQUEST)
        self._client.data_received(_STREAM_HEAD)

    def chunk(self) -> None:
        """One chunk of the stream."""
        self._client.data_received(_CHUNK)


def _tap(counters: Counters, link: Nowhere) -> Tap:
    tap = Tap(Path("/nonexistent/mirror.sock"), name="b", counters=counters, chance=random.Random(1), wall=time.time)
    tap.start()  # finds nobody; then we are the mirror
    tap.link.connection_made(cast(asyncio.Transport, link))
    welcome = handoff.pack(Kind.WELCOME, 0, json.dumps({"version": handoff.VERSION}).encode())
    tap.link.data_received(welcome + handoff.pack(Kind.POLICY, 0, _POLICY.to_json()))
    return tap


async def best_us(one: Callable[[], None]) -> float:
    """The fastest batch, per call. The loop turns once per batch, so that what was put off is done, and counted."""
    best = float("inf")
    for _ in range(_BATCHES):
        began = time.perf_counter_ns()
        for _ in range(_BATCH):
            one()
        await asyncio.sleep(0)
        best = min(best, time.perf_counter_ns() - began)
    return best / _BATCH / 1000


async def measure(console: Console) -> None:
    """Both ways, printed."""
    for mirrored in (False, True):
        bench = Bench(asyncio.get_running_loop(), mirrored=mirrored)
        gc.collect()
        gc.freeze()
        per_exchange = await best_us(bench.exchange)
        writes = bench.link.writes / (_BATCH * _BATCHES)
        bench.begin_stream()
        per_chunk = await best_us(bench.chunk)
        name = "handed off" if mirrored else "no mirror "
        console.print(
            f"{name}  {per_exchange:6.2f} µs per exchange  {per_chunk:5.2f} µs per chunk  "
            f"{writes:.2f} writes to the mirror per exchange"
        )


def main() -> int:
    """Measure and print."""
    uvloop.run(measure(wide_console()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
