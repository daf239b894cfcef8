"""Ratios: how many times slower or dearer, and what a correct answer costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.bootstrap import OfTotals, ratio_of_totals
from shadowbench.stats.clusters import Clusters, clusters_of, mean, robust, robust_se
from shadowbench.stats.columns import FloatArray, column, same_length, weights_of
from shadowbench.stats.distributions import t_quantile
from shadowbench.stats.estimates import Estimate, Refused, exponential
from shadowbench.stats.methods import Method


def geometric_ratio(
    candidate: ArrayLike,
    production: ArrayLike,
    *,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The typical ratio candidate / production of a pair: e to the mean of the logarithms, with the interval of that mean.
    Raises ValueError for values that are not above zero."""
    ours, theirs = column(candidate, name="candidate"), column(production, name="production")
    same_length(theirs, len(ours), name="production")
    if not ((ours > 0).all() and (theirs > 0).all()):
        raise ValueError(
            "a geometric mean needs values above zero; take the ratio of means, or leave zeros out and say so"
        )
    found = mean(np.log(ours) - np.log(theirs), clusters=clusters, weights=weights, level=level)
    return replace(exponential(found), method=Method.GEOMETRIC_RATIO)


def ratio_of_means(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Mean of one over mean of the other, over the same pairs, by the delta method: candidate's cost over production's, or
    cost over answers that are right (cost per correct answer). Refused where the denominator may be zero."""
    parts = _parts(numerator, denominator, clusters, weights)
    found = Estimate(method=Method.RATIO_OF_MEANS, level=level, n=parts.n, clusters=parts.clusters)
    if refusal := parts.refusal(level):
        return replace(found, value=parts.ratio, reason=refusal)
    assert parts.ratio is not None  # else it was refused
    return robust(
        parts.ratio, parts.influence, method=Method.RATIO_OF_MEANS, level=level, n=parts.n, weights=parts.weights
    )


def fieller(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The same ratio with Fieller's interval (1954): all ratios r for which numerator − r·denominator may be zero on average.
    Not symmetric, and better than the delta method where the denominator is uncertain. Refused where that may be zero: the
    interval would have no end."""
    parts = _parts(numerator, denominator, clusters, weights)
    found = Estimate(method=Method.FIELLER, level=level, n=parts.n, clusters=parts.clusters, value=parts.ratio)
    if refusal := parts.refusal(level):
        return replace(found, reason=refusal)
    assert parts.ratio is not None  # else it was refused
    t = t_quantile((1 + level) / 2, parts.clusters - 1)
    x, y, both = parts.covariance()
    g = t * t * y / parts.below**2
    centre = parts.ratio - g * both / y if y else parts.ratio
    inner = x - 2 * parts.ratio * both + parts.ratio**2 * y - g * (x - both**2 / y if y else x)
    half = t / abs(parts.below) * math.sqrt(max(0.0, inner))
    return replace(found, low=(centre - half) / (1 - g), high=(centre + half) / (1 - g))


def ratio_change(
    candidate: tuple[ArrayLike, ArrayLike],
    production: tuple[ArrayLike, ArrayLike],
    *,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """How many times the candidate's ratio of means is production's, each as (numerator, denominator) over the same pairs:
    cost per correct answer against cost per correct answer. Delta method on the logarithm."""
    ours, theirs = (_parts(top, bottom, clusters, weights) for top, bottom in (candidate, production))
    found = Estimate(method=Method.RATIO_OF_MEANS, level=level, n=ours.n, clusters=ours.clusters)
    if refusal := ours.refusal(level) or theirs.refusal(level):
        return replace(found, reason=refusal)
    if not (ours.ratio and theirs.ratio and ours.ratio > 0 and theirs.ratio > 0):
        return replace(found, reason=Refused.NEAR_ZERO)
    influence = ours.influence / ours.ratio - theirs.influence / theirs.ratio
    change = robust(
        math.log(ours.ratio / theirs.ratio), influence, method=Method.RATIO_OF_MEANS, level=level, n=ours.n,
        weights=ours.weights,
    )  # fmt: skip
    return exponential(change)


def resamplable_ratio(
    numerator: ArrayLike, denominator: ArrayLike, *, clusters: Clusters | None = None, weights: ArrayLike | None = None
) -> OfTotals:
    """The ratio of means as a statistic for `bootstrap.bca`."""
    parts = _parts(numerator, denominator, clusters, weights)
    return ratio_of_totals(parts.numerators, parts.denominators, parts.n)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Σ numerator and Σ denominator, weighted and by cluster, as shares of the whole weight."""

    numerators: FloatArray
    denominators: FloatArray
    exposure: FloatArray  # each cluster's share of the weight
    n: int
    weights: FloatArray

    @property
    def clusters(self) -> int:
        return len(self.numerators)

    @property
    def above(self) -> float:
        return float(self.numerators.sum())

    @property
    def below(self) -> float:
        return float(self.denominators.sum())

    @property
    def ratio(self) -> float | None:
        return self.above / self.below if self.below else None

    @property
    def influence(self) -> FloatArray:
        """Of each cluster on the ratio; sums to zero."""
        return (self.numerators - (self.ratio or 0.0) * self.denominators) / self.below

    def covariance(self) -> tuple[float, float, float]:
        """Variance of the numerator's mean, of the denominator's, and their covariance."""
        x = self.numerators - self.above * self.exposure
        y = self.denominators - self.below * self.exposure
        factor = self.clusters / (self.clusters - 1)
        return factor * float(x @ x), factor * float(y @ y), factor * float(x @ y)

    def refusal(self, level: float) -> Refused | None:
        """Too few clusters, or a denominator whose interval holds zero."""
        if self.clusters < 2:
            return Refused.TOO_FEW
        se = robust_se(self.denominators - self.below * self.exposure)
        bound = t_quantile((1 + level) / 2, self.clusters - 1) * se
        return Refused.NEAR_ZERO if abs(self.below) <= bound else None


def _parts(
    numerator: ArrayLike, denominator: ArrayLike, clusters: Clusters | None, weights: ArrayLike | None
) -> _Parts:
    x, y = column(numerator, name="numerator"), column(denominator, name="denominator")
    same_length(y, len(x), name="denominator")
    groups, w = clusters_of(clusters, len(x)), weights_of(weights, len(x))
    share = w / w.sum() if len(w) else w
    return _Parts(groups.totals(share * x), groups.totals(share * y), groups.totals(share), len(x), w)
