"""An open-loop load: requests leave at their intended times whether or not earlier ones were answered.

`python -m benchmarks.open_loop PORT BODY_BYTES RATE SECONDS` prints its result as JSON.

A closed loop waits while the server is slow and so never sees the slowness; here latency counts from the intended send time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import cast

import uvloop

from benchmarks.bodies import chat_request
from benchmarks.quantiles import percentile

_PATIENCE_S = 10.0
_TICK_S = 0.001
_CONNECTIONS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLoopResult:
    """One run. Times in microseconds, from the intended send time to the last byte."""

    intended: int
    answered: int
    bad_status: int
    broken: int
    unanswered: int
    seconds: float
    p50_us: float
    p99_us: float
    max_us: float
    own_delay_p99_us: float  # of the above, what this generator itself was late with its send
    connections: int


class Connection(asyncio.Protocol):
    """Sends one request at a time; reads answers with Content-Length, which is all the origin sends."""

    def __init__(self, load: OpenLoop) -> None:
        self._load = load
        self._intended_ns = 0
        self._left = 0
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes, intended_ns: int) -> None:
        """The next request."""
        self._intended_ns = intended_ns
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            at = self._head.find(b"\r\n\r\n")
            if at < 0:
                return
            self._left = _body_length(self._head[:at]) - (len(self._head) - at - 4)
        if self._left == 0:
            ok, self._head = self._head.startswith(b"HTTP/1.1 200"), b""
            intended_ns, self._intended_ns = self._intended_ns, 0
            self._load.answered(self, intended_ns, ok=ok)
        elif self._left < 0:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.lost(self, under_way=self._intended_ns > 0)


class OpenLoop:
    """`rate` requests a second for `seconds`, over connections that are made before."""

    def __init__(self, *, port: int, request: bytes, rate: int, seconds: float, connections: int) -> None:
        self._port = port
        self._request = request
        self._rate = rate
        self._total = int(rate * seconds)
        self._connections = connections
        self._idle: list[Connection] = []
        self._waiting: deque[int] = deque()  # intended times of requests that found no idle connection
        self._sent = 0
        self._bad_status = self._broken = 0
        self._delays_ns = array("q")
        self._late_ns = array("q")
        self._all_answered = asyncio.Event()
        self._closing = False

    async def run(self) -> OpenLoopResult:
        """Run it once."""
        loop = asyncio.get_running_loop()
        for _ in range(self._connections):
            _, connection = await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._port)
            self._idle.append(connection)
        began_ns = time.monotonic_ns()
        while self._sent < self._total:
            self._send_due(began_ns)
            await asyncio.sleep(_TICK_S)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._all_answered.wait()
        except TimeoutError:
            pass  # told as `unanswered`
        seconds = (time.monotonic_ns() - began_ns) / 1e9
        self._closing = True
        return self._result(seconds)

    def _send_due(self, began_ns: int) -> None:
        now_ns = time.monotonic_ns()
        due = min(self._total, (now_ns - began_ns) * self._rate // 1_000_000_000)
        while self._sent < due:
            intended_ns = began_ns + self._sent * 1_000_000_000 // self._rate
            self._sent += 1
            self._late_ns.append(now_ns - intended_ns)
            if self._idle:
                self._idle.pop().send(self._request, intended_ns)
            else:
                self._waiting.append(intended_ns)

    def answered(self, connection: Connection, intended_ns: int, *, ok: bool) -> None:
        """A response is complete."""
        self._delays_ns.append(time.monotonic_ns() - intended_ns)
        self._bad_status += not ok
        if self._waiting:
            connection.send(self._request, self._waiting.popleft())
        else:
            self._idle.append(connection)
        self._look_whether_all()

    def lost(self, connection: Connection, *, under_way: bool) -> None:
        """A connection broke."""
        if self._closing:
            return
        self._broken += under_way
        if connection in self._idle:
            self._idle.remove(connection)
        self._look_whether_all()

    def _look_whether_all(self) -> None:
        if len(self._delays_ns) + self._broken >= self._total:
            self._all_answered.set()

    def _result(self, seconds: float) -> OpenLoopResult:
        delays = sorted(self._delays_ns)
        return OpenLoopResult(
            intended=self._total,
            answered=len(delays),
            bad_status=self._bad_status,
            broken=self._broken,
            unanswered=self._total - len(delays) - self._broken,
            seconds=seconds,
            p50_us=percentile(delays, 0.50) / 1000,
            p99_us=percentile(delays, 0.99) / 1000,
            max_us=percentile(delays, 1.0) / 1000,
            own_delay_p99_us=percentile(sorted(self._late_ns), 0.99) / 1000,
            connections=self._connections,
        )


def _body_length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"\r\ncontent-length:")
    return int(lower[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def main(arguments: Sequence[str]) -> None:
    """Run once as the command line says, print the result."""
    port, size, rate = map(int, arguments[:3])
    request = chat_request(size)

    async def run() -> OpenLoopResult:
        seconds = float(arguments[3])
        return await OpenLoop(port=port, request=request, rate=rate, seconds=seconds, connections=_CONNECTIONS).run()

    sys.stdout.write(json.dumps(asdict(uvloop.run(run()))) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
