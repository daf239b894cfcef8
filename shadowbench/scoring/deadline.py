"""Interrupts a call that takes too long: SIGALRM raises in it.

That ends whatever runs in Python, and what waits in the kernel. C code that never looks for signals (a regular expression that
backtracks for ever) is ended from outside, with its process: see `running.py`.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType

from shadowbench.metrics.base import Value
from shadowbench.metrics.running import DeadlineError

# The alarm rings all the time, so many times within a time-out: to set it for each call would cost more than many a metric.
_RINGS = 8
# Of these, so many may stay out while this process has the time and hears none of them, as in C code.
_MISSED = 2


class Deadline:
    """Calls functions, each for at most about `timeout_s`. One instance per process, made in its main thread."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._ring_s = timeout_s / _RINGS
        self._since: float | None = None  # when the call began that is under way
        self._heard_at, self._used_s = time.monotonic(), time.process_time()
        signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, self._ring_s, self._ring_s)

    def __call__(self, function: Callable[[], Value]) -> Value:
        """What the function returns. Raises DeadlineError when it was interrupted, and what it raises."""
        try:
            self._since = time.monotonic()
            return function()
        finally:
            # It may still ring before this line is done: that raises here, to the same effect, and once.
            self._since = None

    def stop(self) -> None:
        """Ring no more: while an interpreter ends, nobody hears it, and the process would die of it."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _ring(self, number: int, frame: FrameType | None) -> None:
        off_s, now = self._not_had_s(), time.monotonic()
        if self._since is None:
            return
        self._since = min(now, self._since + off_s)
        if now - self._since > self._timeout_s:
            self._since = None
            raise DeadlineError

    def _not_had_s(self) -> float:
        """Seconds since the last ring that this process was stopped, or got no turn: nothing rang, and it used no time."""
        now, used_s = time.monotonic(), time.process_time()
        gone_s, had_s = now - self._heard_at, used_s - self._used_s
        self._heard_at, self._used_s = now, used_s
        return gone_s - had_s if gone_s > _MISSED * self._ring_s and had_s < gone_s / 2 else 0.0
