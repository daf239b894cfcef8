"""Yes or no on both sides of the same pair: who is right more often, and by how much.

Only pairs where the sides differ say anything about direction. These methods take every pair as independent; for clustered
or weighted pairs take the mean of the differences (`clusters.mean`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.columns import column, same_length
from shadowbench.stats.distributions import binomial_cdf, normal_cdf
from shadowbench.stats.estimates import Estimate, Evidence, Refused
from shadowbench.stats.methods import Method
from shadowbench.stats.proportions import normal_quantile, sign_test, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """How many pairs were yes on which sides."""

    both: int
    candidate_only: int
    production_only: int
    neither: int

    @property
    def n(self) -> int:
        """All pairs."""
        return self.both + self.candidate_only + self.production_only + self.neither

    @property
    def discordant(self) -> int:
        """Pairs whose sides differ."""
        return self.candidate_only + self.production_only

    @property
    def difference(self) -> float:
        """Share of yes of the candidate, less production's."""
        return (self.candidate_only - self.production_only) / self.n


def count_pairs(candidate: ArrayLike, production: ArrayLike) -> Pairs:
    """From two columns of zeros and ones (or booleans), one entry a pair. Raises ValueError for other values."""
    ours, theirs = column(candidate, name="candidate"), column(production, name="production")
    same_length(theirs, len(ours), name="production")
    if not (np.isin(ours, (0, 1)).all() and np.isin(theirs, (0, 1)).all()):
        raise ValueError("both sides must be 0 or 1 for every pair")
    counts = np.bincount((2 * ours + theirs).astype(np.int64), minlength=4)
    neither, production_only, candidate_only, both = (int(c) for c in counts)
    return Pairs(both=both, candidate_only=candidate_only, production_only=production_only, neither=neither)


def mcnemar(pairs: Pairs, *, mid_p: bool = False) -> Evidence:
    """Whether pairs that differ do so as often one way as the other: exact binomial, two-sided (McNemar 1947), or mid-p,
    which counts half of the observed and is less timid (Fagerland et al. 2013). Refused where no pair differs."""
    method = Method.MCNEMAR_MID_P if mid_p else Method.MCNEMAR_EXACT
    few, differing = min(pairs.candidate_only, pairs.production_only), pairs.discordant
    if not differing:
        return Evidence(method=method, n=pairs.n, clusters=pairs.n, reason=Refused.NO_VARIATION)
    p = sign_test(pairs.candidate_only, pairs.production_only)
    if mid_p:
        below, upto = binomial_cdf(few - 1, differing, 0.5), binomial_cdf(few, differing, 0.5)
        p = min(1.0, below + upto)
    return Evidence(method=method, n=pairs.n, clusters=pairs.n, statistic=float(pairs.candidate_only), p=p)


def newcombe(pairs: Pairs, *, level: float = 0.95) -> Estimate:
    """Interval of the difference by method 10 of Newcombe (1998): the sides' Wilson intervals, squared and added with their
    correlation, corrected for continuity."""
    if not pairs.n:
        return Estimate(method=Method.NEWCOMBE_10, level=level, n=0, clusters=0, reason=Refused.TOO_FEW)
    yes = pairs.both + pairs.candidate_only, pairs.both + pairs.production_only
    ours, theirs = (wilson(y, pairs.n, confidence=level) for y in yes)
    low, high = square_and_add(
        (yes[0] / pairs.n, *ours), (yes[1] / pairs.n, *theirs), correlation=_corrected_phi(pairs)
    )
    return Estimate(
        method=Method.NEWCOMBE_10, level=level, n=pairs.n, clusters=pairs.n, value=pairs.difference, low=low, high=high
    )


def square_and_add(
    one: tuple[float, float, float], other: tuple[float, float, float], *, correlation: float = 0.0
) -> tuple[float, float]:
    """Interval of one − other from (value, low, high) of each (Newcombe 1998; also known as MOVER, Zou & Donner 2008)."""
    value = one[0] - other[0]
    down, up = one[0] - one[1], one[2] - one[0]
    other_down, other_up = other[0] - other[1], other[2] - other[0]
    low = value - math.sqrt(max(0.0, down**2 - 2 * correlation * down * other_up + other_up**2))
    high = value + math.sqrt(max(0.0, up**2 - 2 * correlation * up * other_down + other_down**2))
    return low, high


def tango(pairs: Pairs, *, level: float = 0.95) -> Estimate:
    """Score interval of the difference (Tango 1998): all differences that the score test does not reject. Right for small
    n and for tests against a margin."""
    if not pairs.n:
        return Estimate(method=Method.TANGO, level=level, n=0, clusters=0, reason=Refused.TOO_FEW)
    z, value = normal_quantile((1 + level) / 2), pairs.difference
    low = _crossing(lambda d: tango_score(pairs, d) - z, -1.0, value)
    high = _crossing(lambda d: -z - tango_score(pairs, d), 1.0, value)
    return Estimate(method=Method.TANGO, level=level, n=pairs.n, clusters=pairs.n, value=value, low=low, high=high)


def tango_score(pairs: Pairs, difference: float) -> float:
    """The score statistic against a true difference; standard normal where it is true. Zero for no pairs."""
    n, b, c, d = pairs.n, pairs.candidate_only, pairs.production_only, difference
    linear = -b - c + (2 * n - b + c) * d
    constant = -c * d * (1 - d)
    restricted = (math.sqrt(max(0.0, linear**2 - 8 * n * constant)) - linear) / (4 * n)
    variance = n * (2 * restricted + d * (1 - d))
    distance = b - c - n * d
    if variance <= 0:
        return 0.0 if distance == 0 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def tango_not_worse(pairs: Pairs, margin: float) -> float:
    """One-sided p of the null hypothesis that the candidate is worse by the margin or more."""
    return 1 - normal_cdf(tango_score(pairs, -margin))


def _corrected_phi(pairs: Pairs) -> float:
    """Correlation of the sides; a positive one is shrunk by half a pair (Newcombe's correction). 0 without variation."""
    e, f, g, h = pairs.both, pairs.candidate_only, pairs.production_only, pairs.neither
    product = (e + f) * (g + h) * (e + g) * (f + h)
    if not product:
        return 0.0
    cross = float(e * h - f * g)
    if cross > 0:
        cross = max(cross - pairs.n / 2, 0)
    return cross / math.sqrt(product)


def _crossing(function: Callable[[float], float], outer: float, inner: float) -> float:
    """Where a function that is positive outside crosses zero, by bisection; the outer end where it never does."""
    if function(outer) <= 0:
        return outer
    for _ in range(60):
        middle = (outer + inner) / 2
        if function(middle) > 0:
            outer = middle
        else:
            inner = middle
    return (outer + inner) / 2
