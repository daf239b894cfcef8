"""A metric."""

from __future__ import annotations

from shadowbench.metrics.base import Absent, Need, metric
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape


@metric(version="1", shape=Shape.SIDES, direction=Direction.LOWER, low=0, high=1, needs=(Need.TEXT,))
def shouting(side: Side, *, least: int = 2) -> float | Absent:
    """Share of words in capitals, of those with at least so many letters."""
    words = [word for word in side.words if len(word) >= least]
    if not words:
        return Absent("no_long_words")
    return sum(word.isupper() for word in words) / len(words)
