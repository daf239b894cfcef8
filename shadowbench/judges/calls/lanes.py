"""Who may send to an endpoint now. All judges that ask the same model with the same key share one lane.

A lane lets as many calls through at a time as its allowance says, no faster than its rate, and none while the endpoint
has asked for quiet. Whoever waits is served in order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from shadowbench.judges.calls.allowance import Allowance
from shadowbench.judges.calls.health import Health
from shadowbench.limits.rate import Rate


class Lane:
    """One endpoint's. Of its users' limits the lowest hold."""

    def __init__(self, *, concurrency: int, per_minute: float | None) -> None:
        self.health = Health()
        self.allowance = Allowance(concurrency)
        self.in_flight = 0  # requests that are sent
        self._turns = 0  # those, and what waits for the rate
        self._per_minute = per_minute
        self._rate = _rate(per_minute)
        self._waiting: deque[asyncio.Future[None]] = deque()

    def tighten(self, *, concurrency: int, per_minute: float | None) -> None:
        """Another judge comes, with limits of its own."""
        allowance = self.allowance
        allowance.most = max(1, min(allowance.most, concurrency))
        allowance.allowed = min(allowance.allowed, allowance.most)
        if per_minute is not None and per_minute < (self._per_minute or float("inf")):
            self._per_minute, self._rate = per_minute, _rate(per_minute)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[int]:
        """The right to send one request: a ticket, for `answered` or `overloaded`."""
        await self._room()
        self._turns += 1
        try:
            await self._quiet()
            with self._sending():
                yield self.allowance.begin()
        finally:
            self._turns -= 1
            self._wake()

    def hold(self, quiet_s: float) -> None:
        """The endpoint asked everybody for quiet."""
        self._rate.hold(_now_ns() + round(quiet_s * 1e9))

    @contextmanager
    def _sending(self) -> Iterator[None]:
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    async def _room(self) -> None:
        while self._turns >= self.allowance.allowed:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    self._wake()  # it was this one's turn: it goes to the next
                raise

    async def _quiet(self) -> None:
        while True:
            now_ns = _now_ns()
            at_ns = self._rate.not_before_ns(now_ns)
            if at_ns <= now_ns:
                return self._rate.take(now_ns)
            await asyncio.sleep((at_ns - now_ns) / 1e9)  # and look again: quiet may have been asked for meanwhile

    def _wake(self) -> None:
        room = self.allowance.allowed - self._turns
        while room > 0 and self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                room -= 1


def _rate(per_minute: float | None) -> Rate:
    return Rate(None if per_minute is None else per_minute / 60)


def _now_ns() -> int:
    return round(asyncio.get_running_loop().time() * 1e9)
