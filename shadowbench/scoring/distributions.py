"""Scores as histograms and verdicts as counters, for those who watch; the log has them one by one. Pure.

A score is counted at its place between the least and the greatest possible value of its measure, so that all have the same
buckets. What has no bounds (durations, lengths, costs) is left out: no bucket would fit all of them.

Names of candidates come from the log, where more than the configured ones may be: of them `MAX_CANDIDATES` are told apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from shadowbench.scores import Direction, Measure, Score, Shape
from shadowbench.signals import Counters, Histogram, Labels

EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
MAX_CANDIDATES = 20
OTHER = "other"

_EVEN = 0.5


class Distributions:
    """Of one lane."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._histograms: dict[Labels, Histogram] = {}
        self._candidates: set[str] = set()

    def count(self, scored: Iterable[tuple[Measure, str, Score]]) -> None:
        """Scores that are entered now: each with its measure and the candidate's name."""
        touched: dict[Labels, Histogram] = {}
        for measure, name, score in scored:
            candidate = self._known(name)
            for side, value in _sides(measure, score):
                labels: Labels = (("candidate", candidate), ("metric", measure.name), ("side", side))
                touched[labels] = histogram = self._histogram(labels)
                histogram.observe(value)
            if (verdict := verdict_of(measure, score)) is not None:
                whose: Labels = (("candidate", candidate), ("judge", measure.name))
                self._counters.add("verdicts_total", (*whose, ("verdict", verdict)))
        for labels, histogram in touched.items():
            histogram.report(self._counters, "score", labels)

    def _known(self, name: str) -> str:
        if name in self._candidates or len(self._candidates) < MAX_CANDIDATES:
            self._candidates.add(name)
            return name
        return OTHER

    def _histogram(self, labels: Labels) -> Histogram:
        found = self._histograms.get(labels)
        if found is None:
            found = self._histograms[labels] = Histogram(EDGES)
        return found


def verdict_of(measure: Measure, score: Score) -> str | None:
    """Of a judge that compares: whether the candidate wins, by its preference or by the better grade. None: it says neither."""
    if measure.kind != "judge" or score.value is None:
        return None
    if measure.shape is Shape.SIDES:
        return (
            None if score.production_value is None else _outcome(score.value, score.production_value, measure.direction)
        )
    # Between other bounds a judge says how alike both are, or the like.
    is_preference = (measure.low, measure.high) == (0.0, 1.0)
    return _outcome(score.value, _EVEN, Direction.HIGHER) if is_preference else None


def _outcome(candidate: float, production: float, direction: Direction) -> str | None:
    if direction is Direction.NEITHER:
        return None
    if candidate == production:
        return "tie"
    return "win" if (candidate > production) == (direction is Direction.HIGHER) else "loss"


def _sides(measure: Measure, score: Score) -> Iterable[tuple[str, float]]:
    """What is known of a score, as (side, place)."""
    low, high = measure.low, measure.high
    if low is None or high is None or high <= low:
        return
    own = "both" if measure.shape is Shape.PAIR else "candidate"
    for side, value in ((own, score.value), ("production", score.production_value)):
        if value is not None:
            yield side, (value - low) / (high - low)
