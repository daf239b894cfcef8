"""Intervals from resampling clusters: BCa where a statistic is smooth, percentiles where it is not, little ones where there
are too many clusters.

A resample is a row of counts: how often each cluster was drawn. A statistic takes a block of rows and returns a value for
each; blocks are small enough that memory stays bounded. Chance is a Generator that is given, so a report repeats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from shadowbench.stats.columns import FloatArray, IntArray
from shadowbench.stats.distributions import normal_cdf
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.methods import Method
from shadowbench.stats.proportions import normal_quantile

RESAMPLES = 2000
MANY = 20_000  # numbers that a resample is made of: above, `little_bootstraps`, for time
LITTLE_FROM = 2000  # clusters: a bag then has about a hundred of them
LEAST_CLUSTERS = 10  # below, resamples repeat each other and intervals are too short
WORK = 10_000_000  # numbers looked at by all resamples together
ENOUGH = 500  # resamples, however many numbers each looks at
BLOCK = 2_000_000  # numbers held at once, by counts and by whatever a statistic makes of them


class Statistic(Protocol):
    """A number that depends on how often each cluster was drawn."""

    @property
    def clusters(self) -> int:
        """How many clusters there are."""

    @property
    def n(self) -> int:
        """How many values there are."""

    @property
    def width(self) -> int:
        """How many numbers are looked at for a resample."""

    def __call__(self, counts: FloatArray) -> FloatArray:
        """Counts of shape (B, clusters) → values of shape (B,)."""

    def among(self, chosen: IntArray) -> Statistic:
        """The same of these clusters alone."""


@dataclass(frozen=True, slots=True)
class OfTotals:
    """A smooth function of sums: of means, ratios, variances. `function` maps (…, k) → (…)."""

    totals: FloatArray  # (clusters, k): each cluster's sums
    function: Callable[[FloatArray], FloatArray]
    n: int

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return len(self.totals)

    @property
    def width(self) -> int:
        """Only clusters' sums are looked at."""
        return len(self.totals)

    def __call__(self, counts: FloatArray) -> FloatArray:
        """Of the sums over what was drawn."""
        return np.asarray(self.function(counts @ self.totals), dtype=np.float64)

    def among(self, chosen: IntArray) -> OfTotals:
        """The same of these clusters alone."""
        return OfTotals(self.totals[chosen], self.function, max(1, round(self.n * len(chosen) / self.clusters)))

    def left_out(self) -> FloatArray:
        """The jackknife: without each cluster in turn, shape (clusters,)."""
        return np.asarray(self.function(self.totals.sum(axis=0) - self.totals), dtype=np.float64)


def ratio_of_totals(numerators: FloatArray, denominators: FloatArray, n: int) -> OfTotals:
    """Σ numerator / Σ denominator of each cluster's sums: a weighted mean, a ratio of means."""
    return OfTotals(np.stack([numerators, denominators], axis=1), _ratio, n)


def _ratio(totals: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):  # whoever asks looks at what is not finite
        return np.asarray(totals[..., 0] / totals[..., 1], dtype=np.float64)


def whole(statistic: Statistic) -> float:
    """The statistic of everything, each cluster once; nan where there is none."""
    return float(statistic(np.ones((1, statistic.clusters)))[0]) if statistic.clusters else math.nan


def bca(statistic: OfTotals, rng: np.random.Generator, *, level: float = 0.95, resamples: int = RESAMPLES) -> Estimate:
    """Bias-corrected and accelerated (Efron 1987), the jackknife over clusters. Not for quantiles: their jackknife says
    nothing. Refused below LEAST_CLUSTERS, where nothing varies, and where a resample's denominator is zero."""
    value = whole(statistic)
    if refusal := _refusal(statistic):
        return _refused(Method.BCA_BOOTSTRAP, statistic, value, level, refusal)
    drawn = replicates(statistic, rng, resamples)
    left_out = statistic.left_out()
    if not (np.isfinite(drawn).all() and np.isfinite(left_out).all()):
        return _refused(Method.BCA_BOOTSTRAP, statistic, value, level, Refused.NEAR_ZERO)
    if np.ptp(drawn) == 0 or np.ptp(left_out) == 0:
        return _refused(Method.BCA_BOOTSTRAP, statistic, value, level, Refused.NO_VARIATION)
    levels = bca_levels(bias_correction(drawn, value), acceleration(left_out), level)
    return _between(Method.BCA_BOOTSTRAP, statistic, value, level, drawn, np.quantile(drawn, levels))


def percentile(
    statistic: Statistic, rng: np.random.Generator, *, level: float = 0.95, resamples: int = RESAMPLES
) -> Estimate:
    """Between the resamples' quantiles: for what is not smooth, above all quantiles and their differences."""
    value = whole(statistic)
    if refusal := _refusal(statistic):
        return _refused(Method.PERCENTILE_BOOTSTRAP, statistic, value, level, refusal)
    drawn = replicates(statistic, rng, resamples)
    if np.isnan(drawn).any():
        return _refused(Method.PERCENTILE_BOOTSTRAP, statistic, value, level, Refused.CENSORED)
    ends = np.quantile(drawn, _tails(level), method="inverted_cdf")
    if not np.isfinite(ends).all():
        return _refused(Method.PERCENTILE_BOOTSTRAP, statistic, value, level, Refused.CENSORED)
    return _between(Method.PERCENTILE_BOOTSTRAP, statistic, value, level, drawn, ends)


def little_bootstraps(
    statistic: Statistic,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    bags: int = 10,
    resamples: int = 100,
    exponent: float = 0.6,
) -> Estimate:
    """The bag of little bootstraps (Kleiner et al. 2014): C^0.6 of the C clusters at a time, each resampled to C. The bags
    tell how far resamples stray from their own value; the average of that is laid around the value of everything."""
    count = statistic.clusters
    value = whole(statistic)
    if refusal := _refusal(statistic):
        return _refused(Method.LITTLE_BOOTSTRAPS, statistic, value, level, refusal)
    size = max(LEAST_CLUSTERS, round(count**exponent))
    strayed = np.empty((bags, resamples))
    for bag in range(bags):
        small = statistic.among(rng.choice(count, size=min(size, count), replace=False))
        strayed[bag] = np.concatenate(list(_strayed(small, rng, count, resamples)))
    if not np.isfinite(strayed).all():
        return _refused(Method.LITTLE_BOOTSTRAPS, statistic, value, level, Refused.CENSORED)
    ends = value + np.quantile(strayed, _tails(level), axis=1).mean(axis=1)
    return _between(Method.LITTLE_BOOTSTRAPS, statistic, value, level, strayed.ravel(), ends)


def resampled(
    statistic: Statistic, rng: np.random.Generator, *, level: float = 0.95, resamples: int = RESAMPLES
) -> Estimate:
    """Percentiles; little bootstraps where that takes long and there are clusters enough; else fewer resamples."""
    if statistic.width > MANY and statistic.clusters >= LITTLE_FROM:
        return little_bootstraps(statistic, rng, level=level)
    return percentile(statistic, rng, level=level, resamples=affordable(resamples, statistic.width))


def affordable(resamples: int, width: int) -> int:
    """How many of the resamples to draw, when each looks at so many numbers: about half a second's worth, and enough."""
    return min(resamples, max(ENOUGH, WORK // max(1, width)))


def replicates(statistic: Statistic, rng: np.random.Generator, resamples: int) -> FloatArray:
    """The statistic of as many resamples, shape (resamples,)."""
    count = statistic.clusters
    return np.concatenate(
        [statistic(_counts(rng, size, count)) for size in _blocks(resamples, max(count, statistic.width))]
    )


def bias_correction(drawn: FloatArray, value: float) -> float:
    """z0: where the value stands among the resamples, as a normal quantile; ties count half."""
    below = float(np.mean(drawn < value) + np.mean(drawn == value) / 2)
    edge = 0.5 / len(drawn)
    return normal_quantile(min(max(below, edge), 1 - edge))


def acceleration(left_out: FloatArray) -> float:
    """How fast the standard error changes with the value: Σ d³ / (6 (Σ d²)^1.5) of the jackknife's distances."""
    distance = left_out.mean() - left_out
    return float((distance**3).sum() / (6 * (distance**2).sum() ** 1.5))


def bca_levels(z0: float, a: float, level: float) -> tuple[float, float]:
    """Which of the resamples' quantiles bound the interval."""

    def corrected(tail: float) -> float:
        z = z0 + normal_quantile(tail)
        return normal_cdf(z0 + z / (1 - a * z))

    low, high = _tails(level)
    return corrected(low), corrected(high)


def _counts(rng: np.random.Generator, size: int, count: int) -> FloatArray:
    """How often each of `count` clusters is drawn, `size` times over."""
    drawn = rng.integers(0, count, size=(size, count)) + np.arange(size)[:, None] * count
    return np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count).astype(np.float64)


def _strayed(small: Statistic, rng: np.random.Generator, count: int, resamples: int) -> Iterator[FloatArray]:
    centre = whole(small)
    even = np.full(small.clusters, 1 / small.clusters)
    for size in _blocks(resamples, max(small.clusters, small.width)):
        yield small(rng.multinomial(count, even, size=size).astype(np.float64)) - centre


def _blocks(resamples: int, width: int) -> Iterator[int]:
    step = max(1, BLOCK // max(1, width))
    for start in range(0, resamples, step):
        yield min(step, resamples - start)


def _tails(level: float) -> tuple[float, float]:
    return (1 - level) / 2, (1 + level) / 2


def _refusal(statistic: Statistic) -> Refused | None:
    return Refused.TOO_FEW if statistic.clusters < LEAST_CLUSTERS else None


def _refused(method: Method, statistic: Statistic, value: float, level: float, reason: Refused) -> Estimate:
    return Estimate(
        method=method, level=level, n=statistic.n, clusters=statistic.clusters, reason=reason,
        value=value if np.isfinite(value) else None,
    )  # fmt: skip


def _between(
    method: Method, statistic: Statistic, value: float, level: float, drawn: FloatArray, ends: FloatArray
) -> Estimate:
    return Estimate(
        method=method, level=level, n=statistic.n, clusters=statistic.clusters, value=value,
        low=float(ends[0]), high=float(ends[1]), se=float(drawn.std(ddof=1)) if np.isfinite(drawn).all() else None,
    )  # fmt: skip
