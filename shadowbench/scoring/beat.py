"""What a runner is at, told through one shared page: which metric is called with which pair, since when.

The runner writes it before and after every call of a metric, which costs a microsecond and no system call; its worker looks
at it from time to time. So a call that never ends, or that takes the process along, has a name.
"""

from __future__ import annotations

import mmap
import os
import struct
from typing import NamedTuple

_FORM = struct.Struct("=qqiid")  # sequence, exchange's number, side, metric, start
_SEQUENCE = struct.Struct("=q")
SIZE = mmap.PAGESIZE


class At(NamedTuple):
    """A call that is under way. `sequence` tells two calls of the same metric with the same pair apart."""

    sequence: int
    number: int
    side: int
    metric: int  # its place among the runner's metrics
    started: float  # CLOCK_MONOTONIC, which all processes share


class Beat:
    """The page, of either side. It is made by `make`; the descriptor goes to the other side."""

    def __init__(self, fd: int) -> None:
        self._page = mmap.mmap(fd, SIZE)
        self._sequence = 0

    @staticmethod
    def make() -> int:
        """A new page's descriptor."""
        fd = os.memfd_create("shadowbench-beat", os.MFD_CLOEXEC)
        os.ftruncate(fd, SIZE)
        return fd

    def begin(self, number: int, side: int, metric: int, started: float) -> None:
        """A call begins. The sequence comes last: until then the page says that nothing is under way."""
        self._sequence += 1
        _FORM.pack_into(self._page, 0, 0, number, side, metric, started)
        _SEQUENCE.pack_into(self._page, 0, self._sequence)

    def end(self) -> None:
        """It is over."""
        _SEQUENCE.pack_into(self._page, 0, 0)

    def look(self) -> At | None:
        """The call that is under way; None: there is none."""
        at = At(*_FORM.unpack_from(self._page, 0))
        return at if at.sequence else None

    def close(self) -> None:
        """Let go of the page."""
        self._page.close()
