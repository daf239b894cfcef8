"""How late the event loop ran. An observation made while it lagged is no evidence about a candidate's latency."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable

TICK_S = 0.01
_TICK_NS = 10_000_000
# Below this a tick's delay is noise on a healthy loop: uvloop's timers count whole milliseconds.
NOISE_NS = 1_500_000
_KEEP_NS = 90_000_000_000_000  # longer than a call may be configured to last: a day


class WorstLag:
    """The worst lag since any moment not too long ago. Pure."""

    __slots__ = ("_lags", "_times", "worst_ns")

    def __init__(self) -> None:
        # Falling lags at rising times: an entry that a later one exceeds can never be the answer again.
        self._times: deque[int] = deque()
        self._lags: deque[int] = deque()
        self.worst_ns = 0  # since it was last set to 0

    def note(self, at_ns: int, lag_ns: int) -> None:
        """The loop ran `lag_ns` late at `at_ns`."""
        self.worst_ns = max(self.worst_ns, lag_ns)
        if lag_ns < NOISE_NS:
            return
        while self._lags and self._lags[-1] <= lag_ns:
            self._lags.pop()
            self._times.pop()
        self._times.append(at_ns)
        self._lags.append(lag_ns)
        while self._times[0] < at_ns - _KEEP_NS:
            self._times.popleft()
            self._lags.popleft()

    def since(self, start_ns: int) -> int:
        """The worst lag noted at or after `start_ns`, 0 when there was none."""
        if not self._times or self._times[-1] < start_ns:
            return 0
        return self._lags[bisect_left(self._times, start_ns)]


class LagMeter:
    """A timer that knows when it should have run."""

    def __init__(self, loop: asyncio.AbstractEventLoop, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self.worst = WorstLag()
        self._loop = loop
        self._now_ns = now_ns  # uvloop's own time is cached for an iteration and counts milliseconds
        self._due_ns = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to measure."""
        self._due_ns = self._now_ns() + _TICK_NS
        self._timer = self._loop.call_later(TICK_S, self._tick)

    def stop(self) -> None:
        """Measure no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def lag_us(self, start_ns: int, now_ns: int) -> int:
        """The worst lag of the window from `start_ns` to `now_ns`, the present one included."""
        present_ns = min(now_ns - self._due_ns, now_ns - start_ns) if self._timer is not None else 0
        lag_ns = max(self.worst.since(start_ns), present_ns)
        return lag_ns // 1000 if lag_ns >= NOISE_NS else 0

    def _tick(self) -> None:
        now_ns = self._now_ns()
        self.worst.note(now_ns, now_ns - self._due_ns)
        self.start()
