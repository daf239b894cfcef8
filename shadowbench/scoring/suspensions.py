"""Which metrics are called no more for a while, because they hang or crash again and again. Pure.

Each hang costs its whole time-out. After three of them a metric is not called, first for a minute, then for twice as long each
time; its pairs wait, without a score. Then it is tried with one of them. A hundred calls that end make up for one that did not.
"""

from __future__ import annotations

from dataclasses import dataclass

STRIKES = 3
_FIRST_S, _LONGEST_S = 60.0, 3600.0
_FORGIVEN_AFTER = 100


@dataclass(slots=True)
class _Standing:
    strikes: int = 0
    passed: int = 0
    suspensions: int = 0
    until: float | None = None


class Suspensions:
    """Of the metrics of one runner, named by their places. `now`: seconds of any steady clock."""

    def __init__(self) -> None:
        self._standings: dict[int, _Standing] = {}

    def strike(self, metric: int, now: float) -> bool:
        """A call did not end. Whether the metric is suspended for it."""
        standing = self._standings.setdefault(metric, _Standing())
        standing.strikes += 1
        standing.passed = 0
        if standing.strikes < STRIKES:
            return False
        standing.until = now + min(_LONGEST_S, _FIRST_S * 2.0**standing.suspensions)
        standing.suspensions += 1
        standing.strikes = STRIKES - 1  # the first hang after it suspends again
        return True

    def passed(self, metric: int, calls: int) -> None:
        """So many calls ended by themselves."""
        standing = self._standings.get(metric)
        if standing is None:
            return
        standing.passed += calls
        if standing.passed >= _FORGIVEN_AFTER:
            standing.passed = 0
            standing.strikes -= 1
        if standing.strikes <= 0:
            del self._standings[metric]

    def is_suspended(self, metric: int, now: float) -> bool:
        """Whether it is not to be called now."""
        standing = self._standings.get(metric)
        return standing is not None and standing.until is not None and now < standing.until

    def count(self, now: float) -> int:
        """How many are suspended."""
        return sum(self.is_suspended(metric, now) for metric in self._standings)
