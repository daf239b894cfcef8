"""Interrupts a call that takes too long: SIGALRM raises in it.

That ends whatever runs in Python, and what waits in the kernel. C code that never looks for signals (a regular expression that
backtracks for ever) is ended from outside, with its process: see `running.py`.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType

from shadowbench.metrics.base import Value
from shadowbench.metrics.running import DeadlineError


class Deadline:
    """Calls functions, each for at most `timeout_s`. One instance per process, made in its main thread."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._is_armed = False
        signal.signal(signal.SIGALRM, self._ring)

    def __call__(self, function: Callable[[], Value]) -> Value:
        """What the function returns. Raises DeadlineError when it was interrupted, and what it raises."""
        try:
            self._is_armed = True
            signal.setitimer(signal.ITIMER_REAL, self._timeout_s)
            return function()
        finally:
            # A signal may still come before this line is done: it raises here, to the same effect. The timer rings once.
            self._is_armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if self._is_armed:
            self._is_armed = False
            raise DeadlineError
