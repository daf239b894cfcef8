"""How sure: the intervals of a contrast at the looks that the policy declared, and the evidence that goes with them.

    once       the ordinary interval, of totals resampled; p by t, by sign flips below 30 clusters, by McNemar for independent
               yes or no
    any        a confidence sequence on the clustered standard error; p of the mixture ratio (mSPRT), valid at every look;
               quantiles: Woodruff's interval with the sequence's multiplier, as the share below a bound is a mean
    planned    O'Brien and Fleming's spending at the present share of the information; p: the least α that would exclude

A planned look comes when it comes: the present one stands for the planned look that is nearest. Who goes on beyond the last one
looks whenever he likes: from half a look later on, what holds at any look takes over. The last bound would be met once again at
each further look, and all that may be spent is spent.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from shadowbench.report.analysis.contrasts import Contrast, MeanContrast, QuantileLevel
from shadowbench.report.policy import Looks, Watching
from shadowbench.stats.bootstrap import MANY, RESAMPLES, OfTotals, affordable, bca, little_bootstraps
from shadowbench.stats.distributions import normal_cdf, t_cdf, t_quantile
from shadowbench.stats.estimates import Estimate, Evidence, Refused
from shadowbench.stats.looks import Plan, at_look, so_far, spending_plan
from shadowbench.stats.margins import superiority
from shadowbench.stats.methods import Method
from shadowbench.stats.paired_binary import mcnemar, tango
from shadowbench.stats.permutation import sign_flip
from shadowbench.stats.proportions import normal_quantile, wilson
from shadowbench.stats.quantile_contrasts import (
    contrast_at_look,
    contrast_between,
    side_at_look,
    watch_contrast,
    watch_side,
)
from shadowbench.stats.quantiles import compare_quantiles_of, quantile_of
from shadowbench.stats.sequences import asymptotic, critical_value, log_mixture_ratio, msprt, rho

FEW_LOOKS = 1.5
"""How many times as far as in a sequence, where one looks once or a few times: about what sequences are wider by, for what has
not come is as dear to whoever looks seldom."""

_FAR_TAIL = 0.98  # level: beyond, a bag of a hundred resamples has hardly a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Intervals and evidence by the policy's looks. `clusters`: of all of the candidate's pairs, which tell where a planned
    look stands; a measure that is taken of some of them has its own, and about the same share of them at every look."""

    watching: Watching
    clusters: int

    def deciding(self, contrast: Contrast, level: float, chance: np.random.Generator) -> Estimate:
        """The interval that holds at these looks, as it is shown."""
        looks, tuned = self.rule(), self.watching.clusters
        if looks is Looks.ONCE:
            return _for_one_look(contrast, level, chance)
        if looks is Looks.ANY:
            return _always(contrast, level, tuned)
        plan = _plan(self.times(), 1 - level)
        return _at_look(contrast, plan, len(plan.bounds) - 1)

    def critical(self, clusters: float, level: float, *, grown: float = 1.0, worth: float | None = None) -> float:
        """What stands in for z, of a measure with so many clusters, when there are `grown` times as many as now. `worth`:
        how many of equal weight they count as, where that is less."""
        looks = self.rule(grown)
        if looks is Looks.ANY:
            return critical_value(clusters * grown, tuned_for=self.watching.clusters, level=level)
        tail = (
            normal_cdf(-_plan(self.times(grown), 1 - level).bounds[-1]) if looks is Looks.PLANNED else (1 - level) / 2
        )
        counted = (clusters if worth is None else worth) * grown
        return -t_quantile(tail, counted - 1) if counted > 1 else math.inf

    def alike(self, level: float, *, clusters: float, tuned_for: float | None = None) -> float:
        """The level at which an ordinary interval reaches as far as one that holds at these looks: for methods that know of a
        single look, and are about normal. `clusters`: what the estimate rests on; `tuned_for`: how many of them are hoped for,
        None: as many as of all."""
        looks, tuned_for = self.rule(), self.watching.clusters if tuned_for is None else tuned_for
        if looks is Looks.ONCE:
            return level
        if looks is Looks.ANY:
            return 1 - 2 * normal_cdf(-critical_value(clusters, tuned_for=tuned_for, level=level))
        return 1 - 2 * normal_cdf(-_plan(self.times(), 1 - level).bounds[-1])

    def rule(self, grown: float = 1.0) -> Looks:
        """By what is decided now, or when there are `grown` times as many clusters: beyond the plan as at any look."""
        late = self.watching.looks is Looks.PLANNED and self.clusters * grown > self.watching.last
        return Looks.ANY if late else self.watching.looks

    def times(self, grown: float = 1.0) -> tuple[float, ...]:
        """The looks as shares of the information planned for: those planned before the nearest one, and the present."""
        return so_far(self.clusters * grown / self.watching.clusters, self.watching.planned)

    def evidence(
        self, contrast: Contrast, deciding: Estimate, chance: np.random.Generator, level: float
    ) -> Evidence | None:
        """Of no difference; None where there is nothing to differ from."""
        if contrast.null is None:
            return None
        resampled = isinstance(contrast, MeanContrast) and contrast.totals is not None
        if isinstance(contrast, MeanContrast) and not (resampled and self.rule() is Looks.ONCE):
            return self._of_mean(contrast, chance, level)
        return self._of_interval(contrast, deciding, level)

    def _of_mean(self, contrast: MeanContrast, chance: np.random.Generator, level: float) -> Evidence:
        looks, null = self.rule(), contrast.null or 0.0
        if looks is Looks.ANY:
            return msprt(contrast.steady_at(level), tuned_for=self.watching.clusters, null=null)
        base = _farther(contrast).steady_at(level)
        by_t = superiority(replace(base, value=None if base.value is None else base.value - null))
        if looks is Looks.ONCE:
            return _exact(contrast, chance) or by_t
        return self._planned(by_t, None if by_t.p is None else _as_normal(by_t.p))

    def _of_interval(self, contrast: Contrast, interval: Estimate, level: float) -> Evidence:
        """Of an interval without a standard error: by its half that reaches towards no difference."""
        found = Evidence(method=interval.method, n=interval.n, clusters=interval.clusters, reason=interval.reason)
        z = _score(contrast, interval, self.critical(interval.clusters, level, worth=interval.worth))
        if z is None:
            return replace(found, reason=interval.reason or Refused.NO_VARIATION)
        if self.rule() is Looks.ANY:
            information = interval.clusters * rho(self.watching.clusters, alpha=1 - level) ** 2
            log_ratio = float(log_mixture_ratio(z, information))
            return replace(found, statistic=math.exp(min(log_ratio, 700.0)), p=math.exp(min(0.0, -log_ratio)))
        p = 2 * t_cdf(-abs(z), interval.worth - 1)
        if self.rule() is Looks.ONCE:
            return replace(found, statistic=z, p=p)
        return self._planned(replace(found, statistic=z), _as_normal(p))

    def _planned(self, by_t: Evidence, z: float | None) -> Evidence:
        found = replace(by_t, method=Method.PLANNED_LOOKS)
        if z is None:
            return found
        return replace(found, p=_least_alpha(self.times(), z))


def once(contrast: Contrast, level: float, chance: np.random.Generator) -> Estimate:
    """The interval for whoever looks a single time, as it is shown."""
    if isinstance(contrast, MeanContrast):
        if contrast.yes_no is not None:
            return replace(tango(contrast.yes_no, level=level), se=contrast.base.se)
        if contrast.share is not None:
            return _share_at(contrast.share, level)
        if contrast.totals is not None:
            return _resampled(contrast, contrast.totals, level, chance)
        return contrast.shown(contrast.at(level))
    if isinstance(contrast, QuantileLevel):
        return quantile_of(contrast.ordered, contrast.clusters, contrast.q, level=level)
    if contrast.pairs.n > MANY:
        return contrast_between(contrast.pairs, level=level)
    return compare_quantiles_of(contrast.pairs, chance, level=level)


def _resampled(contrast: MeanContrast, totals: OfTotals, level: float, chance: np.random.Generator) -> Estimate:
    """BCa; of more than `MANY` clusters little bootstraps, whose bags are too small for far tails: those, and whatever cannot
    be resampled, have the delta method's."""
    by_delta = contrast.at(level)
    if by_delta.reason is not None or (totals.clusters > MANY and level > _FAR_TAIL):
        return by_delta
    if totals.clusters > MANY:
        found = little_bootstraps(totals, chance, level=level)
    else:
        found = bca(totals, chance, level=level, resamples=affordable(RESAMPLES, totals.width))
    return by_delta if found.reason is not None else replace(found, se=by_delta.se, effective_n=by_delta.effective_n)


def _share_at(share: Estimate, level: float) -> Estimate:
    """Wilson's interval at another level."""
    if share.value is None or not share.effective_n:
        return replace(share, level=level)
    low, high = wilson(share.value * share.effective_n, share.effective_n, confidence=level)
    return replace(share, level=level, low=low, high=high)


def _for_one_look(contrast: Contrast, level: float, chance: np.random.Generator) -> Estimate:
    """As `once`; where that is the t interval, allowing for rare events that have not come. Of totals, and of a share of
    unequal or larger clusters, as far as either says: resamples know nothing of requests that are dearer than all so far, and
    failures of small clusters nothing of those of a large one."""
    if not isinstance(contrast, MeanContrast) or not (contrast.by_t or contrast.totals or _is_clustered(contrast)):
        return once(contrast, level, chance)
    steady = contrast.shown(_farther(contrast).steady_at(level))
    return steady if contrast.by_t else _wider(once(contrast, level, chance), steady)


def _farther(contrast: MeanContrast) -> MeanContrast:
    """For one look or a few, of totals and of means whose values have no upper bound."""
    return replace(contrast, unit=FEW_LOOKS * contrast.unit) if contrast.is_endless else contrast


def _is_clustered(contrast: MeanContrast) -> bool:
    """Whether it is a share of values that count for less than as many."""
    return contrast.share is not None and contrast.worth is not None and contrast.worth < contrast.base.n


def _wider(one: Estimate, other: Estimate) -> Estimate:
    """From the lower of both ends to the higher, with the other's standard error; refused where the other is."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return other
    return replace(
        one, low=min(one.low, other.low), high=max(one.high, other.high), se=other.se,
        effective_clusters=other.effective_clusters,
    )  # fmt: skip


def _always(contrast: Contrast, level: float, tuned_for: int) -> Estimate:
    if isinstance(contrast, MeanContrast):
        return contrast.shown(asymptotic(contrast.steady_at(level), tuned_for=tuned_for))
    if isinstance(contrast, QuantileLevel):
        return watch_side(contrast.ordered, contrast.clusters, contrast.q, tuned_for=tuned_for, level=level)
    return watch_contrast(contrast.pairs, tuned_for=tuned_for, level=level)


def _at_look(contrast: Contrast, plan: Plan, look: int) -> Estimate:
    if isinstance(contrast, MeanContrast):
        return contrast.shown(at_look(_farther(contrast).steady_at(1 - plan.alpha), plan, look))
    if isinstance(contrast, QuantileLevel):
        return side_at_look(contrast.ordered, contrast.clusters, contrast.q, plan, look)
    return contrast_at_look(contrast.pairs, plan, look)


def _exact(contrast: MeanContrast, chance: np.random.Generator) -> Evidence | None:
    """What needs no standard error, where it applies."""
    if contrast.yes_no is not None:
        return mcnemar(contrast.yes_no, mid_p=True)
    if contrast.few is None or contrast.few.n == 0:
        return None
    few = contrast.few
    return sign_flip(few.difference - (contrast.null or 0.0), chance, clusters=few.clusters, weights=few.weights)


def _score(contrast: Contrast, interval: Estimate, critical: float) -> float | None:
    """How many standard errors the value lies from no difference, by the side of its interval that reaches there."""
    shown = (interval.value, interval.low, interval.high)
    if any(x is None for x in shown):
        return None
    value, low, high = ((_logarithm(x) if contrast.on_logarithms else x) for x in shown if x is not None)
    distance = value - (contrast.null or 0.0)
    reach = value - low if distance > 0 else high - value
    if not (math.isfinite(distance) and reach > 0):
        return None
    return (
        distance * critical / reach if math.isfinite(reach) else 0.0
    )  # a bound without end leaves everything possible


def _logarithm(ratio: float) -> float:
    """Of a bound so small that it is told as 0, too."""
    return math.log(ratio) if ratio > 0 else -math.inf


def _as_normal(p: float) -> float:
    """The normal deviate that is as rare, on both sides together."""
    return -normal_quantile(max(p / 2, 1e-300))


@cache
def _plan(times: tuple[float, ...], alpha: float) -> Plan:
    return spending_plan(times, alpha=alpha)


_ALPHAS = (0.99, *(0.8 * 0.5**k for k in range(36)))  # 0.05 is among them


@cache
def _bounds_by_alpha(times: tuple[float, ...]) -> tuple[float, ...]:
    """The present look's bound for each of a row of α, growing."""
    return tuple(_plan(times, alpha).bounds[-1] for alpha in _ALPHAS)


def _least_alpha(times: tuple[float, ...], z: float) -> float:
    """The least α whose plan excludes no difference now: the repeated p-value (Jennison & Turnbull 1989)."""
    bounds = _bounds_by_alpha(times)
    place = bisect_left(bounds, abs(z))
    if place == 0:
        return 1.0
    if place == len(bounds):
        return _ALPHAS[-1]
    share = (abs(z) - bounds[place - 1]) / (bounds[place] - bounds[place - 1])
    low, high = math.log(_ALPHAS[place]), math.log(_ALPHAS[place - 1])
    return float(math.exp(high + share * (low - high)))
