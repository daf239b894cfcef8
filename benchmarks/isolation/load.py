"""The load: `python -m benchmarks.isolation.load PORT`; each line of JSON on stdin is a window, a line of JSON comes back.

Open loop: requests leave at their intended times, on a connection of their own if none is idle, and times count from then.
Every answer is compared with the script after the window, so that the comparison costs no time in it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop

from benchmarks.isolation import script
from benchmarks.isolation.answers import Answer
from benchmarks.isolation.instrument import Alarm, go_first, quiet
from benchmarks.isolation.script import Ask, Kind
from benchmarks.quantiles import percentile

_CONNECTIONS = 32
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What is wanted."""

    seed: int
    first: int
    rate: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowResult:
    """What came. Times in ns from the intended send time."""

    asked: int
    identical: int
    errors: dict[str, int]
    whole_ns: list[int]
    at_once_ns: list[int]  # whole answers of a production that did not think
    first_byte_ns: list[int]  # of streams
    last_byte_ns: list[int]
    own_delay_p99_us: float  # what this generator itself was late with its sends
    goes_first: bool = False


@dataclass(slots=True)
class Exchange:
    """One request and what came of it."""

    ask: Ask
    intended_ns: int
    answer: Answer = field(default_factory=Answer)
    first_ns: int = 0
    last_ns: int = 0
    broken: bool = False

    def fault(self) -> str | None:
        """What is wrong with it, or None."""
        if self.broken:
            return "connection broken"
        if not self.last_ns:
            return "unanswered"
        if self.answer.status() != 200:
            return f"status {self.answer.status()}"
        try:
            same = self.answer.body() == script.expected(self.ask.number, self.ask.kind)
        except ValueError:
            same = False
        return None if same else "other bytes"


class Connection(asyncio.Protocol):
    """One exchange at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._exchange: Exchange | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def send(self, exchange: Exchange) -> None:
        """The next request."""
        self._exchange = exchange
        self._load.begun(self)
        self.transport.write(script.request(exchange.ask.number, exchange.ask.kind))

    def data_received(self, data: bytes) -> None:
        now_ns = time.monotonic_ns()
        exchange = self._exchange
        if exchange is None:
            self._load.stray_bytes += len(data)
            return
        if not exchange.first_ns:
            exchange.first_ns = now_ns
        exchange.answer.feed(data)
        if exchange.answer.is_whole:
            exchange.last_ns, self._exchange = now_ns, None
            self._load.ended(self)

    def give_up(self) -> None:
        """Nobody waits for its answer any more."""
        self._exchange = None
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._exchange is not None:
            self._exchange.broken = True
        self._load.lost(self, under_way=self._exchange is not None)


class Load:
    """Runs one window after the other."""

    def __init__(self, port: int) -> None:
        self.stray_bytes = 0
        self._port = port
        self._idle: deque[Connection] = deque()
        self._busy: set[Connection] = set()
        self._running: set[asyncio.Task[None]] = set()  # connections being made
        self._left = 0
        self._over = asyncio.Event()

    async def run(self, window: Window) -> WindowResult:
        """One window."""
        while len(self._idle) < _CONNECTIONS:
            self._idle.append(await self._connect())
        asks = list(script.schedule(seed=window.seed, first=window.first, rate=window.rate, seconds=window.seconds))
        self._left, self.stray_bytes = len(asks), 0
        self._over.clear()
        exchanges = await self._send_all(asks)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._over.wait()
        except TimeoutError:
            for connection in list(self._busy):  # told as `unanswered`; what comes later belongs to no window
                connection.give_up()
        return _result(exchanges, self._late_ns, self.stray_bytes)

    async def _send_all(self, asks: Sequence[Ask]) -> list[Exchange]:
        began_ns = time.monotonic_ns() + 5_000_000
        exchanges = [Exchange(ask, began_ns + ask.at_ns) for ask in asks]
        waiting, sent = deque(exchanges), asyncio.Event()
        self._late_ns: list[int] = []

        def send_due() -> None:
            now_ns = time.monotonic_ns()
            while waiting and waiting[0].intended_ns <= now_ns:
                self._late_ns.append(now_ns - waiting[0].intended_ns)
                self._send(waiting.popleft())
            if waiting:
                alarm.set(waiting[0].intended_ns)
            else:
                sent.set()

        alarm = Alarm(send_due)
        alarm.set(began_ns)
        await sent.wait()
        alarm.close()
        return exchanges

    def _send(self, exchange: Exchange) -> None:
        if self._idle:
            self._idle.pop().send(exchange)
            return
        task = asyncio.get_running_loop().create_task(self._send_on_new(exchange))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _send_on_new(self, exchange: Exchange) -> None:
        try:
            connection = await self._connect()
        except OSError:
            exchange.broken = True
            self._one_less()
        else:
            connection.send(exchange)

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._port)
        return connection

    def close(self) -> None:
        """No more windows."""
        for connection in [*self._idle, *self._busy]:
            connection.give_up()

    def begun(self, connection: Connection) -> None:
        """A request leaves."""
        self._busy.add(connection)

    def ended(self, connection: Connection) -> None:
        """An answer is complete."""
        self._busy.discard(connection)
        self._idle.append(connection)
        self._one_less()

    def lost(self, connection: Connection, *, under_way: bool) -> None:
        """A connection is gone."""
        self._busy.discard(connection)
        if under_way:
            self._one_less()
        elif connection in self._idle:
            self._idle.remove(connection)

    def _one_less(self) -> None:
        self._left -= 1
        if not self._left:
            self._over.set()


def _result(exchanges: Sequence[Exchange], late_ns: Sequence[int], stray_bytes: int) -> WindowResult:
    errors: Counter[str] = Counter({"bytes nobody asked for": stray_bytes} if stray_bytes else {})
    whole, at_once, first, last = [], [], [], []
    for exchange in exchanges:
        if fault := exchange.fault():
            errors[fault] += 1
        elif exchange.ask.kind == Kind.WHOLE:
            whole.append(exchange.last_ns - exchange.intended_ns)
        elif exchange.ask.kind == Kind.AT_ONCE:
            at_once.append(exchange.last_ns - exchange.intended_ns)
        else:
            first.append(exchange.first_ns - exchange.intended_ns)
            last.append(exchange.last_ns - exchange.intended_ns)
    return WindowResult(
        asked=len(exchanges),
        identical=len(whole) + len(at_once) + len(last),
        errors=dict(errors),
        whole_ns=whole,
        at_once_ns=at_once,
        first_byte_ns=first,
        last_byte_ns=last,
        own_delay_p99_us=percentile(sorted(late_ns), 0.99) / 1000,
    )


async def main(port: int) -> None:
    """One window for each line of stdin."""
    goes_first = go_first()
    load = Load(port)
    quiet()
    while line := await asyncio.to_thread(sys.stdin.readline):
        result = await load.run(Window(**json.loads(line)))
        sys.stdout.write(json.dumps(asdict(result) | {"goes_first": goes_first}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
