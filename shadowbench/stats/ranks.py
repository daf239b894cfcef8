"""Ranks: for scores whose steps have an order and no size, such as a rubric's 1 to 5, and for differences with wild outliers.

Wilcoxon's signed ranks with Pratt's zeros, and the shift that fits them best, by Hodges and Lehmann.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.clusters import Clusters, clusters_of
from shadowbench.stats.columns import FloatArray, column
from shadowbench.stats.distributions import normal_cdf
from shadowbench.stats.estimates import Estimate, Evidence, Refused, Tail
from shadowbench.stats.methods import Method
from shadowbench.stats.proportions import normal_quantile

EXACT_UPTO = 200  # values: above, the normal approximation is as good
LISTED_UPTO = 1000  # values whose averages of pairs are listed; above, they are counted and searched
_GUIDE = 300
_CLOSE = 1e-7  # of the range, over √n: far below the standard error
LEAST_N = 6  # below, even the most extreme signs are not rare enough for 95 %


def midranks(values: ArrayLike) -> FloatArray:
    """Ranks from 1; equal values share the mean of theirs."""
    _, codes, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[codes.reshape(-1)], dtype=np.float64)


def signed_ranks(differences: FloatArray) -> FloatArray:
    """Ranks of the absolute differences, zeros among them, with the differences' signs (Pratt 1959)."""
    return np.sign(differences) * midranks(np.abs(differences))


def wilcoxon(differences: ArrayLike, *, clusters: Clusters | None = None, tail: Tail = Tail.BOTH) -> Evidence:
    """Whether differences are symmetric about zero, by their signed ranks (Wilcoxon 1945). Exact, ties included, up to
    EXACT_UPTO values that are independent; else normal with the exact variance, Σ over clusters of (Σ ranks)². `statistic`
    is the sum of the positive ranks. Refused where all differences are zero."""
    d = column(differences)
    groups = clusters_of(clusters, len(d))
    ranks = signed_ranks(d)
    evidence = Evidence(method=Method.WILCOXON_PRATT, n=len(d), clusters=groups.count, tail=tail)
    if not ranks.any():
        return replace(evidence, reason=Refused.NO_VARIATION)
    above = float(ranks[ranks > 0].sum())
    if groups.alone and len(d) <= EXACT_UPTO:
        return replace(evidence, statistic=above, p=_exact_p(ranks[ranks != 0], tail))
    z = float(ranks.sum() / math.sqrt((groups.totals(ranks) ** 2).sum()))
    return replace(evidence, statistic=above, p=_normal_p(z, tail))


def hodges_lehmann(differences: ArrayLike, *, clusters: Clusters | None = None, level: float = 0.95) -> Estimate:
    """The median of the averages of all pairs of differences, and the shifts that the signed-rank test does not reject
    (Hodges & Lehmann 1963). Clusters widen it by the clustered variance of the ranks. Refused below LEAST_N clusters."""
    d = np.sort(column(differences))
    n = len(d)
    groups = clusters_of(clusters, n)
    found = Estimate(method=Method.HODGES_LEHMANN, level=level, n=n, clusters=groups.count)
    if not n:
        return replace(found, reason=Refused.TOO_FEW)
    every = n * (n + 1) // 2
    average = _averages(d)
    value = average((every + 1) // 2)
    if every % 2 == 0:
        value = (value + average(every // 2 + 1)) / 2
    if groups.count < LEAST_N:
        return replace(found, value=value, reason=Refused.TOO_FEW)
    spread = _rank_spread(column(differences) - value, groups)
    cut = max(1, math.floor(every / 2 - normal_quantile((1 + level) / 2) * spread + 0.5))
    if groups.alone and n <= EXACT_UPTO:
        cut = _exact_cut(n, (1 - level) / 2)
    return replace(found, value=value, low=average(cut), high=average(every + 1 - cut))


def _rank_spread(centred: FloatArray, groups: Clusters) -> float:
    """Standard deviation of the sum of positive ranks: independent values have theirs exactly, clusters an estimate."""
    n = len(centred)
    independent = math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    if groups.alone:
        return independent
    clustered = math.sqrt(float((groups.totals(signed_ranks(centred)) ** 2).sum())) / 2
    return max(independent, clustered)


def _distribution(ranks: FloatArray) -> FloatArray:
    """Probability of each sum of the ranks whose sign is +, indexed by twice the sum: midranks are halves."""
    doubled = np.rint(2 * np.abs(ranks)).astype(np.int64)
    chances = np.zeros(int(doubled.sum()) + 1)
    chances[0] = 1.0
    for step in doubled:
        moved = np.zeros_like(chances)
        moved[step:] = chances[: len(chances) - step]
        chances = (chances + moved) / 2
    return chances


def _exact_p(ranks: FloatArray, tail: Tail) -> float:
    chances = _distribution(ranks)
    seen = round(2 * float(ranks[ranks > 0].sum()))
    greater, less = float(chances[seen:].sum()), float(chances[: seen + 1].sum())
    if tail is Tail.BOTH:
        return min(1.0, 2 * min(greater, less))
    return greater if tail is Tail.GREATER else less


def _exact_cut(n: int, alpha: float) -> int:
    """Which average of pairs, counted from below, bounds the interval: P(W ≤ cut − 1) ≤ α."""
    below = np.cumsum(_distribution(np.arange(1.0, n + 1))[::2])
    return max(1, int(np.searchsorted(below, alpha, side="right")))


def _normal_p(z: float, tail: Tail) -> float:
    if tail is Tail.BOTH:
        return 2 * normal_cdf(-abs(z))
    return normal_cdf(-z) if tail is Tail.GREATER else normal_cdf(z)


def _averages(d: FloatArray) -> Callable[[int], float]:
    """The k-th smallest (from 1) of the n(n+1)/2 averages of pairs, each value with itself included; `d` is sorted."""
    n = len(d)
    if n <= LISTED_UPTO:
        listed = _listed(d)
        return lambda k: float(listed[k - 1])
    levels, counts = np.unique(d, return_counts=True)
    below = np.concatenate([[0], np.cumsum(counts)])
    # A few hundred values in even steps of their ranks tell about where to look.
    guide = _listed(d[np.linspace(0, n - 1, _GUIDE).astype(np.int64)])

    def upto(value: float) -> int:
        """How many averages are at most this, counted without listing them: half of all ordered pairs and of the twins."""
        ordered = int(counts @ below[np.searchsorted(levels, 2 * value - levels, side="right")])
        return (ordered + int(below[np.searchsorted(levels, value, side="right")])) // 2

    def search(k: int) -> float:
        place = round(k / (n * (n + 1) / 2) * (len(guide) - 1))
        low, high = _bracket(upto, k, guide, place)
        while high - low > _CLOSE * max(abs(low), abs(high), float(guide[-1] - guide[0])) / math.sqrt(n):
            middle = (low + high) / 2
            low, high = (low, middle) if upto(middle) >= k else (middle, high)
        return high

    return search


def _listed(d: FloatArray) -> FloatArray:
    rows, columns = np.triu_indices(len(d))
    return np.sort((d[rows] + d[columns]) / 2)


def _bracket(upto: Callable[[float], int], k: int, guide: FloatArray, place: int) -> tuple[float, float]:
    """Two values with the k-th average between them, from the guide, going outward in steps that double."""
    step = max(1, len(guide) // 500)
    low, high = place, place
    while low > 0 and upto(float(guide[low])) >= k:
        low, step = max(0, low - step), step * 2
    while high < len(guide) - 1 and upto(float(guide[high])) < k:
        high, step = min(len(guide) - 1, high + step), step * 2
    return float(guide[low]) if low else float(guide[0]) - 1e-9 - abs(float(guide[0])) * 1e-9, float(guide[high])
