"""Calls that take too long are found by looking at all of a lane's now and then: a timer for each would cost more.

A call is ended late, by a tenth of the lane's shortest time-out at most, and by half a second at most. Where we were late
ourselves, because the process stood still, that is no fault of the candidate: what came meanwhile is read first, and calls
have the time that they had left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Protocol

from shadowbench.http1.ticker import STOOD_STILL_S
from shadowbench.mirror.gates import MIN_WAIT_S
from shadowbench.mirror.options import CandidateOptions

_MAX_PERIOD_S = 0.5
_PERIODS = 10  # in the shortest time-out
_STOOD_STILL_NS = int(STOOD_STILL_S * 1e9)


class Timed(Protocol):
    """What ends when its time is over."""

    def check(self, now_ns: int) -> None:
        """End if that is now. May remove itself from what is swept."""

    def excuse(self, late_ns: int) -> None:
        """We stood still for that long: it has that much more time."""


class Sweep:
    """Goes over `swept` for as long as there is anything in it."""

    __slots__ = ("_due_ns", "_loop", "_now_ns", "_period_s", "_swept", "_timer")

    def __init__(
        self,
        swept: Collection[Timed],
        period_s: float,
        *,
        loop: asyncio.AbstractEventLoop,
        now_ns: Callable[[], int],
    ) -> None:
        self._swept = swept
        self._period_s = period_s
        self._loop = loop
        self._now_ns = now_ns
        self._timer: asyncio.TimerHandle | None = None
        self._due_ns = 0  # when it rings

    def wake(self) -> None:
        """There is something to look at."""
        if self._timer is None:
            self._set()

    def _set(self) -> None:
        self._due_ns = self._now_ns() + int(self._period_s * 1e9)
        self._timer = self._loop.call_later(self._period_s, self._ring)

    def _ring(self) -> None:
        # Set anew first: what ends now may let others begin, which then need no timer of their own.
        now_ns, self._timer = self._now_ns(), None
        late_ns = now_ns - self._due_ns
        if self._swept:
            self._set()
        for each in tuple(self._swept):
            if late_ns > _STOOD_STILL_NS:
                each.excuse(late_ns)
            else:
                each.check(now_ns)


def period_s(options: CandidateOptions) -> float:
    """How often the calls to this candidate are looked at."""
    shortest_s = min(options.first_byte_timeout_s, options.idle_timeout_s, options.total_timeout_s)
    return max(MIN_WAIT_S, min(_MAX_PERIOD_S, shortest_s / _PERIODS))
