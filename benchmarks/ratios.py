"""How one peer compares with another: the ratio within each round, then the median and the range over rounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.quantiles import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """NaN when nothing was compared."""

    middle: float
    low: float
    high: float
    rounds: int

    @property
    def known(self) -> bool:
        """Whether there is one."""
        return not math.isnan(self.middle)

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f}–{self.high:.2f})" if self.known else "not measured"


def by_round(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """`ours` over `theirs`, round by round; rounds of which one is missing or zero do not count."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=False) if other and not math.isnan(one / other)]
    if not ratios:
        return Ratio(middle=math.nan, low=math.nan, high=math.nan, rounds=0)
    return Ratio(middle=median(ratios), low=min(ratios), high=max(ratios), rounds=len(ratios))
