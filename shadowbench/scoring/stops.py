"""Tells a process that hangs from one that somebody stopped (SIGSTOP, a debugger, a frozen container): no metric's fault.

A clock that all processes share goes on while one of them is stopped. So the time that a process did not have is taken off:
by the process itself, and by the one that watches it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from shadowbench.scoring.beat import At

_STOPPED = ("T", "t")  # by a signal, by a debugger: proc_pid_stat(5)
# For so long in one task. One that stops itself, or is forgotten, would hold up its pairs for ever.
_MOST_S = 600.0


def is_stopped(pid: int) -> bool:
    """Whether a process is stopped now. One that is gone is not."""
    with suppress(OSError, IndexError):
        # The name before the state is anybody's, and stands in brackets.
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0].decode() in _STOPPED
    return False


class CallClock:
    """How long a task and the call within it have been at it, as its watcher sees it who looks every `look_s` seconds. Pure."""

    def __init__(self, now: float, *, look_s: float) -> None:
        self._look_s = look_s
        self._looked = self._begun = now
        self._stops_left_s = _MOST_S
        self._call = 0
        self._call_off_s = 0.0

    def look(self, at: At | None, now: float, *, was_stopped: bool) -> tuple[float, float]:
        """Seconds of the call `at` (0: there is none) and of the task. `was_stopped`: whether the process is stopped now."""
        gone_s, self._looked = now - self._looked, now
        off_s = 0.0
        if gone_s > 2 * self._look_s:
            off_s = gone_s  # a watcher that comes back late may have been stopped, and the other one with it
        elif was_stopped:
            off_s = min(gone_s, self._stops_left_s)
            self._stops_left_s -= off_s
        self._begun += off_s
        if at is None:
            return 0.0, now - self._begun
        if at.sequence != self._call:
            self._call, self._call_off_s = at.sequence, 0.0
        self._call_off_s += min(off_s, now - at.started)
        return now - at.started - self._call_off_s, now - self._begun
