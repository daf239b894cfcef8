"""Quantiles, such as the p95 of a latency: where the true one may lie, and how far apart the sides' are.

A value may be infinite: a call that failed took longer than was waited for, or is worth less than anything (−inf). A quantile
is the smallest value with at least a share q of the weight at or below it: one that was really seen. Where too few values lie
beyond a quantile there is no bound, and the answer is a refusal instead of a number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.bootstrap import LEAST_CLUSTERS, MANY, RESAMPLES, affordable, percentile
from shadowbench.stats.clusters import Clusters, clusters_of, robust_se
from shadowbench.stats.columns import FloatArray, IntArray, column, effective_n, same_length, weights_of
from shadowbench.stats.distributions import binomial_quantile, t_quantile
from shadowbench.stats.estimates import Estimate, Refused, exponential
from shadowbench.stats.methods import Method
from shadowbench.stats.ordering import order_of
from shadowbench.stats.paired_binary import square_and_add

_ROUNDING = 1e-9  # of a share: 0.07 × 100 is 7, and not a little more
_WINDOW = 6.0  # standard errors: where quantiles of resamples are looked for
LEAST = 2  # clusters, or what they are worth: with fewer there is no standard error to speak of


def least_n(q: float, *, level: float = 0.95) -> int:
    """How many independent values there must be, so that the q-quantile has a bound on both sides."""
    return math.ceil(math.log((1 - level) / 2) / math.log(max(q, 1 - q)))


@dataclass(frozen=True)  # without slots: what was summed up once is kept
class Sorted:
    """Values in ascending order, with the weights and clusters that belong to them; each (n,). Sort once, ask often."""

    values: FloatArray
    weights: FloatArray
    codes: IntArray  # every cluster has a value

    @classmethod
    def of(cls, values: FloatArray, weights: FloatArray, codes: IntArray) -> Self:
        """From values in any order."""
        order = order_of(values)
        return cls(values[order], weights[order], codes[order])

    @cached_property
    def below(self) -> FloatArray:
        """The weight at or below each value."""
        return np.cumsum(self.weights)

    @cached_property
    def exposure(self) -> FloatArray:
        """Each cluster's weight, shape (clusters,)."""
        return np.asarray(np.bincount(self.codes, weights=self.weights), dtype=np.float64)

    @cached_property
    def worth(self) -> float:
        """As how many clusters of equal weight they count (`Clusters.worth`)."""
        return min(float(len(self.exposure)), effective_n(self.exposure) * (1 + _ROUNDING))

    @cached_property
    def _influences(self) -> dict[float, FloatArray]:
        return {}

    def quantile(self, q: float, counts: FloatArray | None = None) -> FloatArray:
        """The q-quantile; with counts of clusters, shape (B, clusters), one for each row."""
        if counts is None:
            return self.at(np.array([q]))
        targets = (q - _ROUNDING) * (counts @ self.exposure)
        first, last = self._window(q)
        places = first + self._upto(counts, first, last, targets)
        # Hardly ever does a resample's quantile lie outside the window: then all values are looked at.
        out = ((places == first) & (first > 0)) | ((places == last) & (last < len(self.values)))
        if out.any():
            places[out] = self._upto(counts[out], 0, len(self.values), targets[out])
        return np.asarray(self.values[places.clip(max=len(self.values) - 1)])

    def _window(self, q: float) -> tuple[int, int]:
        """Places between which resamples' quantiles lie: values whose share below is within some standard errors of q."""
        if len(self.exposure) < 2:
            return 0, len(self.values)
        far = _WINDOW * robust_se(self.influence_below(q)) * self.below[-1]
        middle = q * self.below[-1]
        first, last = np.searchsorted(self.below, [middle - far, middle + far])
        return max(0, int(first) - 1), min(len(self.values), int(last) + 2)

    def _upto(self, counts: FloatArray, first: int, last: int, targets: FloatArray) -> IntArray:
        """How many values from `first` on, up to `last`, are below each row's target of weight."""
        before = np.bincount(self.codes[:first], weights=self.weights[:first], minlength=len(self.exposure))
        within = slice(first, last)
        below = np.cumsum(counts[:, self.codes[within]] * self.weights[within], axis=1)
        below += (counts @ before)[:, None]
        return np.asarray((below < targets[:, None]).sum(axis=1))

    def at(self, levels: FloatArray) -> FloatArray:
        """The quantiles at these levels."""
        places = np.searchsorted(self.below, (levels - _ROUNDING) * self.below[-1])
        return np.asarray(self.values[places.clip(max=len(self.values) - 1)])

    def influence_below(self, q: float) -> FloatArray:
        """Each cluster's influence on the share below the q-quantile, shape (clusters,). Ties are told apart by their order, so
        that the share is q."""
        if q not in self._influences:
            total = self.below[-1]
            place = int(np.searchsorted(self.below, (q + _ROUNDING) * total, side="right"))
            share = (self.below[place - 1] if place else 0.0) / total
            # What is above tells as much as what is below, and far quantiles have little of it.
            part, sign, of_part = (slice(place), 1, share) if q < 0.5 else (slice(place, None), -1, 1 - share)
            held = np.bincount(self.codes[part], weights=self.weights[part], minlength=len(self.exposure))
            self._influences[q] = sign * (held - of_part * self.exposure) / total
        return self._influences[q]


def logarithm(values: FloatArray) -> FloatArray:
    """Of quantiles above zero; of those that lie among failures, ∓inf, the infinity itself."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.maximum(values, 0.0)))


def quantile(
    values: ArrayLike,
    q: float,
    *,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The q-quantile, 0 < q < 1. Independent values of one weight: between order statistics, exact whatever the distribution
    is. Else Woodruff's interval (1952): between the quantiles at q ± t·se of the share below. Refused below `least_n`
    (effective) values, and where a bound is a value that was never seen whole."""
    x = column(values, infinite=True)
    w, groups = weights_of(weights, len(x)), clusters_of(clusters, len(x))
    return quantile_of(Sorted.of(x, w, groups.codes), groups.count, q, level=level)


def quantile_of(ordered: Sorted, clusters: int, q: float, *, level: float = 0.95) -> Estimate:
    """`quantile` of values that are sorted already."""
    n = len(ordered.values)
    plain = clusters == n and (not n or np.ptp(ordered.weights) == 0)
    method = Method.ORDER_STATISTICS if plain else Method.WOODRUFF
    found = Estimate(method=method, level=level, n=n, clusters=clusters)
    if not n:
        return replace(found, reason=Refused.TOO_FEW)
    found = replace(found, value=_finite(ordered.quantile(q)[0]), effective_clusters=ordered.worth)
    if plain:
        ranks = _ranks(n, q, level)
        ends = None if ranks is None else ordered.values[np.array(ranks) - 1]
    else:
        ends = _woodruff(ordered, clusters, q, level)
    if ends is None:
        return replace(found, reason=Refused.TOO_FEW)
    if not np.isfinite(ends).all():
        return replace(found, reason=Refused.CENSORED)
    return replace(found, low=float(ends[0]), high=float(ends[1]))


@dataclass(frozen=True, slots=True)
class QuantileContrast:
    """Candidate's quantile less production's; or the logarithm of their ratio. A bootstrap.Statistic."""

    candidate: Sorted
    production: Sorted
    q: float
    clusters: int
    relative: bool = False

    @property
    def n(self) -> int:
        """How many pairs."""
        return len(self.candidate.values)

    @property
    def width(self) -> int:
        """Every pair is looked at."""
        return self.n

    @property
    def worth(self) -> float:
        """As how many clusters of equal weight the pairs' clusters count: both sides have the same."""
        return self.candidate.worth

    def __call__(self, counts: FloatArray) -> FloatArray:
        """For each row of counts; nan where both sides' lie beyond what was waited for."""
        ours, theirs = self.candidate.quantile(self.q, counts), self.production.quantile(self.q, counts)
        with np.errstate(invalid="ignore"):
            return logarithm(ours) - logarithm(theirs) if self.relative else np.asarray(ours - theirs)

    def among(self, chosen: IntArray) -> QuantileContrast:
        """Of these clusters alone."""
        fresh = np.full(self.clusters, -1, dtype=np.int64)
        fresh[chosen] = np.arange(len(chosen))
        return QuantileContrast(
            _only(self.candidate, fresh), _only(self.production, fresh), self.q, len(chosen), self.relative
        )


def compare_quantiles(
    candidate: ArrayLike,
    production: ArrayLike,
    q: float,
    rng: np.random.Generator,
    *,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
    relative: bool = False,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Candidate's q-quantile less production's over the same pairs, or their ratio (`relative`, positive values).

    By resampling clusters of pairs: percentiles, which hold better here than the other bootstraps. With many values by
    Woodruff's intervals of both sides, squared and added with the correlation of what lies below them: little bootstraps
    would be too coarse, as their bags have too few values near a far quantile. Refused as `quantile` is.
    """
    ours, theirs = column(candidate, infinite=True), column(production, infinite=True)
    same_length(theirs, len(ours), name="production")
    w, groups = weights_of(weights, len(ours)), clusters_of(clusters, len(ours))
    if relative and not ((ours > 0).all() and (theirs > 0).all()):
        raise ValueError("a ratio needs values above zero")
    sides = [Sorted.of(x, w, groups.codes) for x in (ours, theirs)]
    contrast = QuantileContrast(sides[0], sides[1], q, groups.count, relative)
    return compare_quantiles_of(contrast, rng, level=level, resamples=resamples)


def compare_quantiles_of(
    contrast: QuantileContrast, rng: np.random.Generator, *, level: float = 0.95, resamples: int = RESAMPLES
) -> Estimate:
    """`compare_quantiles` of sides that are sorted already. Ratios are of values above zero."""
    many = contrast.n > MANY
    method = Method.WOODRUFF_CONTRAST if many else Method.PERCENTILE_BOOTSTRAP
    found = Estimate(method=method, level=level, n=contrast.n, clusters=contrast.clusters, reason=Refused.TOO_FEW)
    if not contrast.n:
        return found
    if not _is_enough(contrast, level):
        found = replace(found, value=_finite(contrast(np.ones((1, contrast.clusters)))[0]))
    elif many:
        found = _added(contrast, found)
    else:
        found = percentile(contrast, rng, level=level, resamples=affordable(resamples, contrast.width))
    found = replace(found, effective_clusters=contrast.worth)
    return exponential(found) if contrast.relative else found


def _is_enough(contrast: QuantileContrast, level: float) -> bool:
    """Whether there are clusters enough to resample, by what they are worth, and values enough for bounds on both sides."""
    sides = (contrast.candidate, contrast.production)
    least = min(effective_of(side, contrast.clusters, contrast.q) for side in sides)
    return contrast.worth >= LEAST_CLUSTERS and least >= least_n(contrast.q, level=level)


def effective_of(ordered: Sorted, clusters: int, q: float) -> float:
    """As how many independent values these are, for the share below their q-quantile. At most their number."""
    if clusters < 2:
        return float(clusters)
    se = robust_se(ordered.influence_below(q))
    return min(float(len(ordered.values)), q * (1 - q) / se**2 if se > 0 else 0.0) + _ROUNDING


def _ranks(n: int, q: float, level: float) -> tuple[int, int] | None:
    """Which order statistics, from 1, hold the quantile between them."""
    low = binomial_quantile((1 - level) / 2, n, q)
    high = binomial_quantile((1 + level) / 2, n, q) + 1
    return (low, high) if low >= 1 and high <= n else None


def _woodruff(ordered: Sorted, clusters: int, q: float, level: float) -> FloatArray | None:
    if effective_of(ordered, clusters, q) < least_n(q, level=level):
        return None
    if ordered.worth < LEAST:
        return None
    half = t_quantile((1 + level) / 2, ordered.worth - 1) * robust_se(ordered.influence_below(q))
    if not 0 < q - half < q + half < 1:
        return None
    return np.array([ordered.quantile(q - half)[0], ordered.quantile(q + half)[0]])


def _added(contrast: QuantileContrast, found: Estimate) -> Estimate:
    """The sides' own intervals, squared and added (Newcombe) with the correlation of their shares below."""
    told: list[tuple[float, float, float]] = []
    for side in (contrast.candidate, contrast.production):
        ends = _woodruff(side, contrast.clusters, contrast.q, found.level)
        if ends is None:
            return replace(found, reason=Refused.TOO_FEW)
        three = np.array([side.quantile(contrast.q)[0], *ends])
        if not np.isfinite(three).all():
            return replace(found, reason=Refused.CENSORED)
        value, low, high = np.log(three) if contrast.relative else three
        told.append((float(value), float(low), float(high)))
    one, other = (s.influence_below(contrast.q) for s in (contrast.candidate, contrast.production))
    alike = float(one @ other / np.sqrt((one @ one) * (other @ other)))
    low, high = square_and_add(told[0], told[1], correlation=alike)
    return replace(found, value=told[0][0] - told[1][0], low=low, high=high, reason=None)


def _only(side: Sorted, fresh: IntArray) -> Sorted:
    codes = fresh[side.codes]
    kept = codes >= 0
    return Sorted(side.values[kept], side.weights[kept], codes[kept])


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
