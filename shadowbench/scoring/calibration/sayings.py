"""What a judge says about a pair, whatever kind of judge it is: whom it prefers, and how far it leans. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shadowbench.scores import Measure, PairRef, Position, Preferred, Score, Shape, Verdict
from shadowbench.stats.judging import BothOrders


class Saying(NamedTuple):
    """The candidate's part, 0 to 1: of the win where two answers were compared, or ½ and half the distance of both values."""

    lean: float

    @property
    def preferred(self) -> Preferred:
        """Who has more than half."""
        if self.lean == 0.5:
            return Preferred.TIE
        return Preferred.CANDIDATE if self.lean > 0.5 else Preferred.PRODUCTION

    @property
    def points(self) -> float:
        """1 where the candidate is preferred, ½ for a tie, 0 else."""
        return {Preferred.CANDIDATE: 1.0, Preferred.TIE: 0.5, Preferred.PRODUCTION: 0.0}[self.preferred]


def saying(measure: Measure, score: Score) -> Saying | None:
    """What a score says; None: nothing, for there is no value."""
    if score.value is None:
        return None
    if measure.shape is Shape.PAIR:
        return Saying(_share(measure, score.value))
    if score.production_value is None:
        return None
    return Saying(0.5 + (_share(measure, score.value) - _share(measure, score.production_value)) / 2)


def sayings(measure: Measure, scores: Iterable[Score]) -> Mapping[PairRef, Saying]:
    """What a judge says, by pair."""
    told = ((PairRef(score.number, score.side), saying(measure, score)) for score in scores)
    return {pair: said for pair, said in told if said is not None}


def both_orders(verdicts: Iterable[Verdict]) -> Mapping[PairRef, BothOrders]:
    """The two preferences of each pair that was judged in both orders; repeats do not enter."""
    found: dict[PairRef, dict[Position, Preferred]] = {}
    for verdict in verdicts:
        if verdict.repetition == 0 and verdict.preferred is not None:
            found.setdefault(verdict.pair, {})[verdict.position] = verdict.preferred
    orders = (Position.PRODUCTION_FIRST, Position.CANDIDATE_FIRST)
    return {
        pair: BothOrders(*(said[order] for order in orders))
        for pair, said in found.items()
        if all(order in said for order in orders)
    }


def _share(measure: Measure, value: float) -> float:
    """A value as a share of its measure's range; without bounds it is taken as it is."""
    if measure.low is None or measure.high is None or measure.high <= measure.low:
        return value
    return (value - measure.low) / (measure.high - measure.low)
