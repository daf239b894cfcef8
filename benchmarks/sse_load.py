"""Token streams: `python -m benchmarks.sse_load PORT UPSTREAM STREAMS SECONDS CORE PID…`, result as JSON on stdout.

Serves their origin at UPSTREAM and reads them at PORT, in one process: two on one core would wait for each other's time
slices of milliseconds, and that would be measured. Opens the streams one by one, waits until all run, then takes the one-way
delay of every chunk (CLOCK_MONOTONIC at the origin's send to CLOCK_MONOTONIC at our read) and the CPU time of the processes
PID… on CORE over a window of SECONDS. Then all streams come to their end.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import sys
import time
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import cast

import uvloop

from benchmarks.bodies import request
from benchmarks.processes import busy_seconds, cpu_seconds
from benchmarks.quantiles import percentile, typical
from benchmarks.sse_origin import PERIOD_MS, serve

_SENT = re.compile(rb'"t(\d{19})"')
_BODY = b'{"model":"m","messages":[{"role":"user","content":"Tell me a long story."}],"stream":true}'
_CONNECT_GAP_S = 0.001
_SETTLE_S = 0.5  # all streams run; what their start cost is over
_PATIENCE_S = 60.0  # for a busy machine; a quiet one takes a second or two


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamResult:
    """One window."""

    streams: int
    seconds: float
    chunks: int
    cpu_us_per_chunk: float
    others_share: float  # of the peer's core that others used: noise
    delay_p50_us: float
    delay_p99_us: float
    delay_typical_p99_us: float  # the p99 of the middle second: of each second's the median
    delay_max_us: float
    complete: int  # streams that came to their proper end
    broken: int
    chunks_share: float  # of the chunks that were to come in this window
    load_share: float  # of its core that this load itself used: near 1, it and not the peer is measured

    @property
    def load_limited(self) -> bool:
        """Whether the load was short of time."""
        return self.load_share > 0.9


class Reader(asyncio.Protocol):
    """One stream."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._started = False
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._load.request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        if not self._started:
            self._started = True
            self._load.begun()
        if self._load.measuring:
            self._load.delays.extend([now - int(sent) for sent in _SENT.findall(data)])
        self._tail = (self._tail + data)[-5:] if len(data) < 5 else data[-5:]
        if self._tail == b"0\r\n\r\n":
            self._load.complete += 1
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.ended()


class Load:
    """All streams of one run."""

    def __init__(self, port: int, streams: int, seconds: float) -> None:
        self.running = self.complete = self.closed = 0
        self.all_run = asyncio.Event()
        self.all_closed = asyncio.Event()
        self.measuring = False
        self.delays = array("q")
        self.by_second: list[int] = []  # how many delays there were at the end of each
        self._port = port
        self._streams = streams
        self._seconds = seconds
        self.request = request(_BODY)

    async def run(self, upstream: int, core: int, pids: Sequence[int]) -> StreamResult:
        """Measure once; streams that do not start in time are told as broken."""
        loop = asyncio.get_running_loop()
        origin, wheel = await serve(upstream)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                for _ in range(self._streams):
                    await loop.create_connection(lambda: Reader(self), "127.0.0.1", self._port)
                    await asyncio.sleep(_CONNECT_GAP_S)
                await self.all_run.wait()
        except TimeoutError:
            pass
        await asyncio.sleep(_SETTLE_S)
        began, cpu, busy, own = time.monotonic(), cpu_seconds(pids), busy_seconds(core), time.process_time()
        self.measuring = True
        await self._measured()
        self.measuring = False
        seconds, cpu, busy = time.monotonic() - began, cpu_seconds(pids) - cpu, busy_seconds(core) - busy
        own = time.process_time() - own
        wheel.ending = True
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self.all_closed.wait()
        except TimeoutError:
            pass  # told as `broken`
        origin.close()
        return self._result(seconds, cpu, max(0.0, busy - cpu), own)

    async def _measured(self) -> None:
        """Wait for the window's end, by the second."""
        parts = max(1, round(self._seconds))
        for _ in range(parts):
            await asyncio.sleep(self._seconds / parts)
            self.by_second.append(len(self.delays))

    def begun(self) -> None:
        """A stream's first bytes arrived."""
        self.running += 1
        if self.running == self._streams:
            self.all_run.set()

    def ended(self) -> None:
        """A stream's connection is gone."""
        self.closed += 1
        if self.closed == self._streams:
            self.all_closed.set()

    def _result(self, seconds: float, cpu: float, others: float, own: float) -> StreamResult:
        delays = sorted(self.delays)
        return StreamResult(
            streams=self._streams,
            seconds=seconds,
            chunks=len(delays),
            cpu_us_per_chunk=cpu * 1e6 / len(delays) if delays else math.nan,
            others_share=others / seconds,
            delay_p50_us=percentile(delays, 0.50) / 1000,
            delay_p99_us=percentile(delays, 0.99) / 1000,
            delay_typical_p99_us=typical(self.delays, self.by_second, 0.99) / 1000,
            delay_max_us=percentile(delays, 1.0) / 1000,
            complete=self.complete,
            broken=self._streams - self.complete,
            chunks_share=len(delays) / (self._streams * seconds * 1000 / PERIOD_MS),
            load_share=own / seconds,
        )


def main(arguments: Sequence[str]) -> None:
    """Run as the command line says, print the result."""
    port, upstream, streams, seconds, core, *pids = arguments
    load = Load(int(port), int(streams), float(seconds))
    result = uvloop.run(load.run(int(upstream), int(core), [int(pid) for pid in pids]))
    sys.stdout.write(json.dumps(asdict(result)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
