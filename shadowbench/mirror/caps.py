"""A candidate's absolute cap, as a share: how much of the next second is taken, by what earlier seconds brought. Pure.

The share in force never looks into the second it is used in: dropping the rest of a second once the cap is reached would take
quiet moments whole and bursts in part, by an unknown probability. So a cap holds in expectation, and a burst after silence
passes for one second.

    expected = the larger of what came in the last second and half of what was expected before
    share    = cap / expected, at most 1

Half-lives remember a burst for some seconds. Until a whole second was counted the share is 0: nothing is known yet, and a
guess would give the first pairs enormous weights. Such exchanges are outside of what the log speaks for ("warming_up").
"""

from __future__ import annotations

_HALF = 0.5


class Cap:
    """Of one candidate. Arrivals are counted without a cap as well, so that one that is set later knows at once."""

    __slots__ = ("_came", "_expected", "_is_whole", "most_per_s")

    def __init__(self, most_per_s: float | None) -> None:
        self.most_per_s = most_per_s
        self._came = 0.0
        self._expected: float | None = None
        self._is_whole = False  # the running second is counted from its beginning

    def came(self, weight: float) -> None:
        """An eligible exchange that the candidate's rate lets through; `weight` stands for those that were not even judged."""
        self._came += weight

    def pass_seconds(self, count: int) -> None:
        """The running second ended, and `count` - 1 further ones in which nothing came."""
        came, self._came = self._came, 0.0
        if self._is_whole or count > 1:
            counted = came if self._is_whole else 0.0
            held = (self._expected or 0.0) * _HALF
            self._expected = max(counted, held) * _HALF ** min(count - 1, 1000)
        self._is_whole = True

    @property
    def share(self) -> float:
        """Of what comes in the running second, how much may be taken."""
        if self.most_per_s is None:
            return 1.0
        if self._expected is None:
            return 0.0
        return 1.0 if self._expected <= self.most_per_s else self.most_per_s / self._expected
