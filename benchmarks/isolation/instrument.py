"""What load and production need to measure others rather than their own hunger for a core: priority, and exact timers."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
from collections.abc import Callable

_CLOCK_MONOTONIC = 1
_ABSOLUTE = 1  # TFD_TIMER_ABSTIME, timerfd_create(2)
_PRIORITY = 10
_libc = ctypes.CDLL(None, use_errno=True)


class _Spec(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("every_s", "every_ns", "at_s", "at_ns")]


def go_first(pid: int = 0) -> bool:
    """Let a process (this one) run before all ordinary ones of its core (SCHED_FIFO). Whether that was permitted."""
    try:
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(_PRIORITY))
    except PermissionError:
        return False
    return True


def quiet() -> None:
    """No pause for the collector from here on."""
    gc.collect()
    gc.freeze()
    gc.disable()


class Alarm:
    """Calls back at a time of CLOCK_MONOTONIC. The loop's own timers are exact to a millisecond only."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._fd = _libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._rings)

    def set(self, at_ns: int) -> None:
        """Ring then; at once when that has passed."""
        spec = _Spec(0, 0, at_ns // 1_000_000_000, at_ns % 1_000_000_000)
        _libc.timerfd_settime(self._fd, _ABSOLUTE, ctypes.byref(spec), None)

    def _rings(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return
        self._call()

    def close(self) -> None:
        """No more calls."""
        self._loop.remove_reader(self._fd)
        os.close(self._fd)
