"""Streams that end and begin anew: `python -m benchmarks.scraping.load PORT PRODUCTION CANDIDATE STREAMS`.

Serves production and the candidate at their ports and reads the streams at PORT, in one process, as `benchmarks.sse_load` does
and for its reason. Unlike there a stream has an end, and its reader asks for the next at once: so that mirror, recorder and
scorer have steady work for as long as it takes. Each line on stdin is answered by one on stdout:

    begin       opens the streams; answered when all of them run
    SECONDS     measures a window
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from array import array
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

import uvloop

from benchmarks.bodies import further_headers
from benchmarks.isolation.instrument import Alarm, go_first, quiet
from benchmarks.quantiles import percentile
from benchmarks.scraping.verdict import Window
from benchmarks.sse_origin import PERIOD_MS, Stream, Wheel

CHUNKS = 150  # of a stream: three seconds
PATH_OF_CANDIDATE = f"/&chunks={CHUNKS}"  # a copy keeps no query of the client's, so its length stands in the path
_SENT = re.compile(rb'"t(\d{19})"')
_BODY = b'{"model":"m","messages":[{"role":"user","content":"Tell me a story."}],"stream":true}'
_END = b"0\r\n\r\n"
_CONNECT_GAP_S = 0.001
_PATIENCE_S = 60.0
_SEED = 1


class ExactTimers:
    """What a wheel asks of its loop. The loop's own timers are exact to a millisecond, and spin until it is over."""

    def __init__(self) -> None:
        self._due_ns = 0
        self._call = lambda: None
        self._alarm = Alarm(self._ring)
        self.late_ns = array("q")

    def time(self) -> float:
        """CLOCK_MONOTONIC, in seconds."""
        return time.monotonic()

    def call_at(self, when: float, call: Any) -> None:
        """Call once, at that time."""
        self._call, self._due_ns = call, int(when * 1e9)
        self._alarm.set(self._due_ns)

    def _ring(self) -> None:
        self.late_ns.append(time.monotonic_ns() - self._due_ns)
        self._call()


def request(chunks: int) -> bytes:
    """One that is answered by so many chunks."""
    further = "".join(f"{name}: {value}\r\n" for name, value in further_headers().items())
    head = (
        f"POST /v1/chat/completions?chunks={chunks} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer benchmark\r\nContent-Length: {len(_BODY)}\r\n{further}\r\n"
    )
    return head.encode() + _BODY


class Reader(asyncio.Protocol):
    """One client: a stream, and the next, over one connection."""

    def __init__(self, load: Load, first: int) -> None:
        self._load = load
        self._first = first
        self._started = False
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(request(self._first))

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        if not self._started:
            self._started = True
            self._load.begun()
        if self._load.measuring:
            self._load.delays.extend([now - int(sent) for sent in _SENT.findall(data)])
        self._tail = (self._tail + data)[-5:] if len(data) < 5 else data[-5:]
        if self._tail == _END:
            self._tail = b""
            self._load.ended += 1
            self._transport.write(request(CHUNKS))

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.broken += 1


class Load:
    """All clients, and both origins."""

    def __init__(self, port: int, streams: int) -> None:
        self.delays = array("q")
        self.measuring = False
        self.ended = self.broken = 0
        self._port = port
        self._streams = streams
        self._running = 0
        self._all_run = asyncio.Event()
        self._timers = ExactTimers()
        self._wheel = Wheel(cast(asyncio.AbstractEventLoop, self._timers))

    async def listen(self, *ports: int) -> None:
        """Serve streams at these ports."""
        loop = asyncio.get_running_loop()
        for port in ports:
            await loop.create_server(lambda: Stream(self._wheel), "127.0.0.1", port, backlog=4096)

    async def begin(self) -> dict[str, object]:
        """Open the streams. Their first answers have any length, so that their ends do not come together."""
        loop, chance = asyncio.get_running_loop(), random.Random(_SEED)
        async with asyncio.timeout(_PATIENCE_S):
            for _ in range(self._streams):
                first = chance.randint(1, CHUNKS)
                await loop.create_connection(lambda first=first: Reader(self, first), "127.0.0.1", self._port)  # type: ignore[misc]
                await asyncio.sleep(_CONNECT_GAP_S)
            await self._all_run.wait()
        # From here on nobody on this core goes before it: what is measured is not how it waits for the mirror.
        quiet()
        return {"goes_first": go_first()}

    def begun(self) -> None:
        """A client's first bytes are there."""
        self._running += 1
        if self._running == self._streams:
            self._all_run.set()

    async def measure(self, seconds: float) -> Window:
        """One window."""
        self.delays, self._timers.late_ns = array("q"), array("q")
        ended, began, own = self.ended, time.monotonic(), time.process_time()
        self.measuring = True
        await asyncio.sleep(seconds)
        self.measuring = False
        seconds, own = time.monotonic() - began, time.process_time() - own
        delays, late = sorted(self.delays), sorted(self._timers.late_ns)
        return Window(
            chunks=len(delays),
            p50_us=percentile(delays, 0.50) / 1000,
            p99_us=percentile(delays, 0.99) / 1000,
            max_us=percentile(delays, 1.0) / 1000,
            chunks_share=len(delays) / (self._streams * seconds * 1000 / PERIOD_MS),
            ended=self.ended - ended,
            broken=self.broken,
            own_share=own / seconds,
            own_late_p99_us=percentile(late, 0.99) / 1000,
        )


async def main(port: int, production: int, candidate: int, streams: int) -> None:
    """As stdin says, until it ends."""
    load = Load(port, streams)
    await load.listen(production, candidate)
    _say({"listens": True})
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        _say(await load.begin() if line == "begin" else asdict(await load.measure(float(line))))


def _say(fields: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def run(arguments: Sequence[str]) -> None:
    """As the command line says."""
    port, production, candidate, streams = map(int, arguments)
    uvloop.run(main(port, production, candidate, streams))


if __name__ == "__main__":
    run(sys.argv[1:])
