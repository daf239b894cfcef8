"""A coarse clock and a sweep over all connections, instead of a timer per request.

Time-outs here are seconds long and may be half a second late; a call_later and cancel per request would cost more than
the parsing of its head.

A process that was stopped for a while (a debugger, a frozen container, a machine without processor time) finds all deadlines
past when it goes on, and what came meanwhile unread in its sockets. The time in which the loop stood still is therefore none:
whoever had three seconds left has three seconds left.
"""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Protocol

from shadowbench.natives import mypyc_attr

_BUCKETS = 5
_PERIOD_S = 0.1
_LAG_WORTH_KEEPING_S = 0.002
_LAGS_KEPT = 600
# A tick that comes later than that was kept by no callback of ours: the process stood still.
STOOD_STILL_S = 1.0


class Watched(Protocol):
    """A connection with deadlines of its own."""

    def check(self, now: float) -> None:
        """Called about twice a second with the ticker's time; may close the connection."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Ticker:
    """`now` is the loop's monotonic time without that in which it stood still, a tenth of a second old at most. What it watches
    is checked every 0.5 s."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.now = loop.time()
        self.lags: deque[tuple[float, float]] = deque(maxlen=_LAGS_KEPT)  # (when, how late a tick came)
        self._loop = loop
        self._buckets: list[set[Watched]] = [set() for _ in range(_BUCKETS)]
        self._stood_still_s = 0.0
        self._timeouts: set[asyncio.Timeout] = set()
        self._turn = 0
        self._next = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to tick."""
        self._timer = self._loop.call_later(_PERIOD_S, self._tick)

    def stop(self) -> None:
        """Tick no more."""
        if self._timer is not None:
            self._timer.cancel()

    def watch(self, watched: Watched) -> int:
        """Check `watched` from now on. Returns the ticket for `forget`."""
        ticket = self._next = (self._next + 1) % _BUCKETS
        self._buckets[ticket].add(watched)
        return ticket

    def forget(self, watched: Watched, ticket: int) -> None:
        """Check `watched` no more."""
        self._buckets[ticket].discard(watched)

    def timeout(self, delay_s: float) -> Timeout:
        """As `asyncio.timeout`, for what is too rare to be watched; time in which the loop stood still does not count."""
        return Timeout(delay_s, self._timeouts)

    def worst_lag_s(self, since: float) -> float:
        """How long the loop was kept from its events at worst since then, as far as ticks can tell."""
        worst = 0.0
        for when, lag in reversed(self.lags):
            if when < since:
                break
            worst = max(worst, lag)
        return worst

    def _tick(self) -> None:
        now = self._loop.time() - self._stood_still_s
        lag = now - self.now - _PERIOD_S
        if lag > STOOD_STILL_S:
            self._stand_still(lag)
            now -= lag
        if lag > _LAG_WORTH_KEEPING_S:
            self.lags.append((now, lag))
        self.now = now
        self._timer = self._loop.call_later(_PERIOD_S, self._tick)
        self._turn = (self._turn + 1) % _BUCKETS
        for watched in tuple(self._buckets[self._turn]):
            watched.check(now)

    def _stand_still(self, lag: float) -> None:
        """All deadlines move. Timers ring in the order they are due, so a time-out that has not rung yet is due after us."""
        self._stood_still_s += lag
        for timeout in self._timeouts:
            when = timeout.when()
            if when is not None and not timeout.expired():
                timeout.reschedule(when + lag)


class Timeout:
    """`Ticker.timeout`: an asynchronous context, which raises TimeoutError."""

    def __init__(self, delay_s: float, running: set[asyncio.Timeout]) -> None:
        self._timeout = asyncio.timeout(delay_s)
        self._running = running

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._running.add(self._timeout)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.discard(self._timeout)
        await self._timeout.__aexit__(kind, error, trace)
