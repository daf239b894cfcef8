"""What the order of two answers does to a judge. Pure.

Each pair is judged twice, once in each order. A judge that looks at the answers says the same both times; one that looks at the
places says "the first" twice, or "the second". Where it does so, a coin would fall either way: whether it leans to one
place is McNemar's question, answered exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shadowbench.scores import Preferred
from shadowbench.stats.agreement import Coefficient
from shadowbench.stats.proportions import sign_test, wilson

_POINTS = {Preferred.CANDIDATE: 1.0, Preferred.TIE: 0.5, Preferred.PRODUCTION: 0.0}


class BothOrders(NamedTuple):
    """Whom a judge preferred with production shown first, and with the candidate shown first."""

    production_first: Preferred
    candidate_first: Preferred

    @property
    def points(self) -> float:
        """The candidate's share of the win: 0, ¼, ½, ¾ or 1."""
        return (_POINTS[self.production_first] + _POINTS[self.candidate_first]) / 2

    @property
    def preferred(self) -> Preferred:
        """Whom both orders together prefer: what survives the swap, else a tie."""
        return self.production_first if self.production_first is self.candidate_first else Preferred.TIE


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionBias:
    """How much the order decides. Of `pairs`: the consistent, those that went to one place twice, and half-ties."""

    pairs: int
    consistency: Coefficient  # share of pairs with one verdict in both orders
    first_first: int
    second_second: int
    half: int  # a tie in one order only: inconsistent, and for no place
    p: float | None  # of such an imbalance of first_first and second_second by chance; None: there is neither
    first_picks: float | None  # share of the first place in all verdicts that are no ties; None: there are none

    def leans(self, alpha: float = 0.05) -> bool:
        """Whether it favours a place by more than chance explains."""
        return self.p is not None and self.p < alpha


def position_bias(verdicts: Sequence[BothOrders], *, confidence: float = 0.95) -> PositionBias:
    """What pairs judged in both orders say about the judge. Wilson's interval and an exact binomial test."""
    n = len(verdicts)
    consistent = sum(each.production_first is each.candidate_first for each in verdicts)
    first_first = verdicts.count(BothOrders(Preferred.PRODUCTION, Preferred.CANDIDATE))
    second_second = verdicts.count(BothOrders(Preferred.CANDIDATE, Preferred.PRODUCTION))
    first = sum((v[0] is Preferred.PRODUCTION) + (v[1] is Preferred.CANDIDATE) for v in verdicts)
    decided = sum(preferred is not Preferred.TIE for each in verdicts for preferred in each)
    return PositionBias(
        pairs=n,
        consistency=share(consistent, n, confidence=confidence),
        first_first=first_first,
        second_second=second_second,
        half=n - consistent - first_first - second_second,
        p=sign_test(first_first, second_second) if first_first + second_second else None,
        first_picks=first / decided if decided else None,
    )


def share(count: int, n: int, *, confidence: float = 0.95) -> Coefficient:
    """`count` in `n` with Wilson's interval; of nothing, it is absent."""
    if not n:
        return Coefficient(value=None, n=0, reason="no_units")
    interval = wilson(count, n, confidence=confidence)
    return Coefficient(value=count / n, n=n, low=interval.low, high=interval.high)
