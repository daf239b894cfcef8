"""Margins: how much worse would still do, declared beforehand; and what an interval says about it.

    worse  ◀───────── −margin ───────── no difference ─────────▶  better
      ├── inferior ──┤                                             the whole interval beyond the margin
                          ├───── non-inferior ─────┤               not beyond the margin
                                            ├── better ──┤         the whole interval above no difference
            ├──── inconclusive ────┤                               the margin lies inside

"No significant difference" is none of these: a wide interval says nothing, and its name is inconclusive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from shadowbench.scores import Direction
from shadowbench.stats.distributions import t_cdf
from shadowbench.stats.estimates import Estimate, Evidence, Refused, Tail
from shadowbench.stats.methods import Method


class Standing(StrEnum):
    """Where the candidate stands, against production and the margin."""

    BETTER = "better"
    NON_INFERIOR = "non_inferior"
    INFERIOR = "inferior"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What an interval says."""

    standing: Standing
    worse: bool = False  # the whole interval lies on the worse side of no difference, be it within the margin or not
    equivalent: bool = False  # the whole interval lies within the margin, on both sides


def stand(estimate: Estimate, margin: float, direction: Direction, *, relative: bool = False) -> Finding:
    """What the interval says against the margin (above or equal to zero), as Piaggio et al. (CONSORT 2012) read intervals.

    `relative`: the estimate is a ratio; 1 is no difference, and the margin 0.1 allows a ratio of 1.1 where lower is better,
    1/1.1 where higher is. Raises ValueError for a direction of neither, or a negative margin.
    """
    if direction is Direction.NEITHER:
        raise ValueError("a measure of which neither more nor less is better has no margin")
    if margin < 0:
        raise ValueError(f"a margin says how much worse would do: {margin} is below zero")
    if estimate.low is None or estimate.high is None:
        return Finding(standing=Standing.INCONCLUSIVE)
    low, high = _log(estimate.low, relative), _log(estimate.high, relative)
    if direction is Direction.LOWER:
        low, high = -high, -low
    allowed = math.log1p(margin) if relative else margin
    return Finding(standing=_standing(low, high, allowed), worse=high < 0, equivalent=-allowed < low and high < allowed)


def non_inferiority(estimate: Estimate, margin: float) -> Evidence:
    """One-sided p of the null hypothesis that the true mean difference is −margin or less (higher is better); the bound that
    belongs to it is `low` of the interval at level 1 − 2α."""
    return _against(estimate, -margin, Tail.GREATER, Method.NON_INFERIORITY)


def equivalence(estimate: Estimate, margin: float) -> Evidence:
    """The larger p of both one-sided tests, that the difference is not below −margin and not above margin (TOST, Schuirmann
    1987)."""
    above, below = (
        _against(estimate, -margin, Tail.GREATER, Method.TOST), _against(estimate, margin, Tail.LESS, Method.TOST),
    )  # fmt: skip
    return above if below.p is None or (above.p is not None and above.p >= below.p) else below


def superiority(estimate: Estimate) -> Evidence:
    """Two-sided p of the null hypothesis of no difference, by t."""
    return _against(estimate, 0.0, Tail.BOTH, Method.CLUSTER_T)


def _standing(low: float, high: float, allowed: float) -> Standing:
    if low > 0:
        return Standing.BETTER
    if low > -allowed:
        return Standing.NON_INFERIOR
    return Standing.INFERIOR if high < -allowed else Standing.INCONCLUSIVE


def _log(value: float, relative: bool) -> float:
    if not relative:
        return value
    return math.log(value) if value > 0 else -math.inf


def _against(estimate: Estimate, null: float, tail: Tail, method: Method) -> Evidence:
    """The t test of one value, from an estimate that has its standard error."""
    n, clusters = estimate.n, estimate.clusters
    if estimate.value is None or estimate.se is None:
        return Evidence(
            method=method, n=n, clusters=clusters, tail=tail, reason=estimate.reason or Refused.NO_VARIATION
        )
    t = (estimate.value - null) / estimate.se
    greater, less = t_cdf(-t, estimate.worth - 1), t_cdf(t, estimate.worth - 1)
    p = {Tail.GREATER: greater, Tail.LESS: less, Tail.BOTH: 2 * min(greater, less)}[tail]
    return Evidence(method=method, n=n, clusters=clusters, tail=tail, statistic=t, p=p)
