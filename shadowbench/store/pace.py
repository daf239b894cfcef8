"""Long work in slices of a bounded time: how much fits is learnt from the slices before."""

from __future__ import annotations

from collections.abc import Callable

SLICE_S = 0.02
"""What a slice may take: a batch that comes meanwhile waits no longer."""

_AIM = 0.4  # of the slice: the next one may be slower, by a sync or larger bodies
_FIRST = 8
_MOST = 4096


def next_size(size: int, spent_s: float, slice_s: float) -> int:
    """How much to do in the next slice, when `size` took `spent_s`: at once less when that was long, at most double."""
    fits = size * slice_s * _AIM / spent_s if spent_s > 0 else 2 * size
    return max(1, min(int(fits), 2 * size, _MOST))


class Pace:
    """Gives work its size. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float], slice_s: float = SLICE_S) -> None:
        self._clock = clock
        self._slice_s = slice_s
        self.size = _FIRST

    def run(self, work: Callable[[int], int]) -> int:
        """Do a slice: `work` is told how much at most, and says how much it did."""
        began = self._clock()
        done = work(self.size)
        spent_s = self._clock() - began
        # A slice that had less to do than it might says nothing about more, unless even that took too long.
        if done >= self.size or spent_s > self._slice_s:
            self.size = next_size(max(1, done), spent_s, self._slice_s)
        return done
