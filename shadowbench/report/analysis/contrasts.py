"""How far two sides of the same pairs are apart, by each statistic: what is to be estimated, before anybody says how sure.

    mean, absolute    the mean difference of pairs; of a preference its mean; of a likeness its mean, which differs from nothing
    mean, relative    times and costs: the geometric mean of the pairs' ratios; with zeros, and of scores, ratio of means
    total             ratio of totals, which skewed costs make skewed: for a single look it is resampled
    p50, p95, p99     difference or ratio of quantiles

A contrast knows its estimate on a working scale, on which errors are about normal: logarithms for ratios of pairs and of
quantiles. `watching` makes intervals from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from shadowbench.report.analysis.sorted_sides import SortedSides
from shadowbench.report.analysis.unseen import is_endless, unit_of_logarithms, unit_of_mean, unit_of_ratio, worth
from shadowbench.report.analysis.values import Paired, is_preference
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.policy import Statistic
from shadowbench.stats.bootstrap import OfTotals
from shadowbench.stats.clusters import mean, mean_influence
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.estimates import Estimate, Refused, around, exponential, within
from shadowbench.stats.methods import Method
from shadowbench.stats.paired_binary import Pairs, count_pairs
from shadowbench.stats.quantiles import QuantileContrast, Sorted
from shadowbench.stats.rates import rate
from shadowbench.stats.ratios import ratio_of_means, resamplable_ratio
from shadowbench.stats.sequences import LEAST, steadied


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanContrast:
    """An estimate with a clustered standard error."""

    scale: Scale
    null: float | None  # no difference, on the working scale
    base: Estimate  # on the working scale
    on_logarithms: bool = False
    bounds: tuple[float, float] | None = None  # between which it lies
    worth: float | None = None  # as how many of equal weight the clusters count; None: as many as there are
    unit: float = 0.0  # how far a cluster not seen yet can move it
    is_endless: bool = False  # values have no upper bound: nothing tells how far that is
    yes_no: Pairs | None = None  # independent pairs of one weight, yes or no on both sides
    share: Estimate | None = None  # of one side that is yes or no: its share
    totals: OfTotals | None = None  # of a ratio of totals: what is resampled
    few: Paired | None = None  # so few clusters that p comes from exchanging signs

    @property
    def by_t(self) -> bool:
        """Whether a single look has no method of its own."""
        return self.yes_no is None and self.share is None and self.totals is None

    def at(self, level: float) -> Estimate:
        """The working estimate, its interval at another level, by the t of what clusters are worth."""
        return _by_worth(replace(leveled(self.base, level), effective_clusters=self.worth))

    def steady_at(self, level: float) -> Estimate:
        """The same for who decides by it: rare events come late (`sequences.steadied`), and clusters count as what they are
        worth."""
        base = replace(self.base, effective_clusters=self.worth)
        return _by_worth(steadied(replace(base, level=level), self.unit) if self.unit else leveled(base, level))

    def shown(self, estimate: Estimate) -> Estimate:
        """From the working scale to the one that is shown."""
        if self.on_logarithms:
            return exponential(estimate)
        return estimate if self.bounds is None else within(estimate, *self.bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileDifference:
    """Quantiles of both sides."""

    scale: Scale
    null: float  # on the working scale
    pairs: QuantileContrast

    @property
    def on_logarithms(self) -> bool:
        """Whether it is a ratio."""
        return self.pairs.relative


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileLevel:
    """A quantile of one side, or of pairs."""

    ordered: Sorted
    clusters: int
    q: float
    scale: Scale = Scale.LEVEL
    null: None = None
    on_logarithms: bool = False


Contrast = MeanContrast | QuantileDifference | QuantileLevel

FEW_CLUSTERS = 30
"""Below, the t interval is a little too short where values are skewed, and p comes from sign flips."""


def leveled(estimate: Estimate, level: float) -> Estimate:
    """A `cluster_t` estimate at another level, or one of values that are all alike."""
    if level == estimate.level or estimate.low is None or estimate.high is None or estimate.value is None:
        return replace(estimate, level=level)
    if estimate.se is None:  # all alike: the share of others that would have shown, anew
        wider = _unseen(level, estimate.worth) / _unseen(estimate.level, estimate.worth)
        value = estimate.value
        return replace(
            estimate,
            level=level,
            low=value - wider * (value - estimate.low),
            high=value + wider * (estimate.high - value),
        )
    return _by_t(estimate, estimate.clusters - 1, level)


def _by_worth(estimate: Estimate) -> Estimate:
    """By the t of what the clusters are worth: where a few weigh nearly everything, they alone tell how much varies. Refused
    where that is hardly one."""
    if estimate.value is None or estimate.se is None:
        return estimate
    if estimate.worth < LEAST:
        return replace(estimate, low=None, high=None, reason=Refused.TOO_FEW)
    return _by_t(estimate, estimate.worth - 1, estimate.level)


def _by_t(estimate: Estimate, df: float, level: float) -> Estimate:
    assert estimate.value is not None
    assert estimate.se is not None
    found = around(
        estimate.value,
        estimate.se,
        df=df,
        method=estimate.method,
        level=level,
        n=estimate.n,
        clusters=estimate.clusters,
    )
    return replace(found, effective_n=estimate.effective_n, effective_clusters=estimate.effective_clusters)


def _unseen(level: float, clusters: float) -> float:
    return -float(np.expm1(np.log1p(-level) / clusters))


def contrast_of(paired: Paired, statistic: Statistic, *, relative: bool, level: float) -> MeanContrast:
    """What is compared by means and totals, of pairs with failures at their worst value (`values.intended`)."""
    if paired.production is not None and (relative or statistic is Statistic.TOTAL):
        return _of_ratio(paired, statistic, level)
    return _of_means(paired, level)


def quantile_contrast_of(sides: SortedSides, q: float, *, relative: bool) -> Contrast:
    """What is compared by quantiles, of pairs with failures beyond what anybody waited for (`censoring`)."""
    if sides.production is None:
        return quantile_level_of(sides, q)
    scale = Scale.RATIO if relative else Scale.DIFFERENCE
    return QuantileDifference(scale=scale, null=0.0, pairs=sides.contrast(q, relative=relative))


def level_of(paired: Paired, *, level: float) -> MeanContrast:
    """The candidate's mean alone, for a bound."""
    values, bounds = paired.candidate, _bounds(paired)
    base = mean_of(paired, values, bounds, level)
    share = None
    if bounds == (0.0, 1.0) and paired.n and is_yes_no(values):
        share = rate(values, clusters=paired.clusters, weights=paired.weights, level=level)
    return MeanContrast(
        scale=Scale.LEVEL,
        null=None,
        base=base,
        bounds=bounds,
        worth=worth(paired),
        unit=unit_of_mean(paired, values),
        is_endless=is_endless(paired),
        share=share,
    )


def mean_of(paired: Paired, values: FloatArray, bounds: tuple[float, float] | None, level: float) -> Estimate:
    """The mean of what is known of each pair, with an error that allows for a share in scope that is not known (`scopes`)."""
    found = mean(values, clusters=paired.clusters, weights=paired.weights, level=level, bounds=bounds)
    if paired.shared is None or found.se is None:
        return found
    average, influence = mean_influence(values, paired.weights, paired.clusters)
    untold = np.where(paired.shared.untold, paired.weights, 0.0)
    pull = float(untold @ (values - average) / paired.weights.sum())  # on the mean, of the logarithm of the share
    own, beyond = influence + pull * paired.shared.moved, pull**2 * paired.shared.beyond
    count = found.clusters
    return _by_t(replace(found, se=math.sqrt(count / (count - 1) * (float(own @ own) + beyond))), count - 1, level)


def quantile_level_of(sides: SortedSides, q: float) -> QuantileLevel:
    """The candidate's quantile alone."""
    return QuantileLevel(ordered=sides.candidate, clusters=sides.clusters, q=q)


def _of_means(paired: Paired, level: float) -> MeanContrast:
    bounds = _bounds(paired)
    if bounds is not None and paired.production is not None:
        bounds = bounds[0] - bounds[1], bounds[1] - bounds[0]
    base = mean_of(paired, paired.difference, bounds, level)
    scale, null = _scale(paired)
    few = paired if null is not None and paired.clusters.count < FEW_CLUSTERS else None
    return MeanContrast(
        scale=scale, null=null, base=base, bounds=bounds, worth=worth(paired),
        unit=unit_of_mean(paired, paired.difference), is_endless=is_endless(paired), yes_no=_yes_no(paired), few=few,
    )  # fmt: skip


def _scale(paired: Paired) -> tuple[Scale, float | None]:
    if paired.production is not None:
        return Scale.DIFFERENCE, 0.0
    return (Scale.PREFERENCE, 0.5) if is_preference(paired.subject) else (Scale.LEVEL, None)


def _bounds(paired: Paired) -> tuple[float, float] | None:
    low, high = paired.subject.low, paired.subject.high
    return None if low is None or high is None else (low, high)


def is_yes_no(values: FloatArray) -> bool:
    """Whether all are 0 or 1."""
    return bool(((values == 0) | (values == 1)).all())


def _yes_no(paired: Paired) -> Pairs | None:
    """Pairs by yes and no where the methods for independent pairs hold."""
    if paired.production is None or not paired.n or not paired.clusters.alone or np.ptp(paired.weights) > 0:
        return None
    if not (is_yes_no(paired.candidate) and is_yes_no(paired.production)):
        return None
    return count_pairs(paired.candidate, paired.production)


def _of_ratio(paired: Paired, statistic: Statistic, level: float) -> MeanContrast:
    ours, theirs = paired.candidate, paired.production
    assert theirs is not None  # a ratio is of sides
    unbounded = paired.subject.high is None
    if statistic is Statistic.MEAN and unbounded and paired.n and bool((ours > 0).all() and (theirs > 0).all()):
        logarithms = np.log(ours) - np.log(theirs)
        base = mean(logarithms, clusters=paired.clusters, weights=paired.weights, level=level)
        return MeanContrast(
            scale=Scale.RATIO, null=0.0, base=replace(base, method=Method.GEOMETRIC_RATIO), worth=worth(paired),
            unit=unit_of_logarithms(paired, logarithms), on_logarithms=True,
        )  # fmt: skip
    base = ratio_of_means(ours, theirs, clusters=paired.clusters, weights=paired.weights, level=level)
    totals = resamplable_ratio(ours, theirs, clusters=paired.clusters, weights=paired.weights)
    return MeanContrast(
        scale=Scale.RATIO, null=1.0, base=base, worth=worth(paired), unit=unit_of_ratio(paired), is_endless=True,
        totals=totals,
    )  # fmt: skip
