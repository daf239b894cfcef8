"""What comes out: an estimate with its interval, or the evidence of a test; or why there is none.

`method` is a key of `methods.ABOUT` and a section of docs/statistics.md. Where `reason` is given there is no interval (or
no p), though there may be a value; else everything is there. n counts values (pairs), clusters what is independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from shadowbench.stats.columns import FloatArray
from shadowbench.stats.distributions import t_quantile
from shadowbench.stats.methods import Method
from shadowbench.stats.proportions import normal_quantile


class Refused(StrEnum):
    """Why there is no interval, or no p."""

    TOO_FEW = "too_few"  # values or clusters: below the method's least n
    NO_VARIATION = "no_variation"  # all are alike: how much they vary cannot be told from them
    CENSORED = "censored"  # the bound lies beyond what was waited for
    NEAR_ZERO = "near_zero"  # a ratio whose denominator may be zero
    NO_OVERLAP = "no_overlap"  # the sides differ so much in length or style that no pairs tell them apart
    NOT_CONNECTED = "not_connected"  # somebody never won or never lost against the others: the distance has no bound
    FEW_LABELS = "few_labels"  # too few answers labelled by people
    WEAK_JUDGE = "weak_judge"  # not shown to be better than chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its interval at `level`."""

    method: Method
    level: float
    n: int
    clusters: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    se: float | None = None  # of a ratio: its logarithm's, where the method works on logarithms
    effective_n: float | None = None  # below n where weights differ
    effective_clusters: float | None = None  # below clusters where their weights differ; None: as many as clusters
    reason: Refused | None = None

    @property
    def worth(self) -> float:
        """As how many clusters of equal weight the clusters count."""
        return self.clusters if self.effective_clusters is None else self.effective_clusters

    @property
    def half_width(self) -> float | None:
        """Half of the interval's width."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    def excludes(self, value: float) -> bool:
        """Whether the value lies outside; nothing is excluded where there is no interval."""
        return self.low is not None and self.high is not None and not self.low <= value <= self.high


class Tail(StrEnum):
    """What would speak against the null hypothesis."""

    BOTH = "both"
    GREATER = "greater"
    LESS = "less"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a test says."""

    method: Method
    n: int
    clusters: int
    tail: Tail = Tail.BOTH
    statistic: float | None = None
    p: float | None = None
    reason: Refused | None = None


def around(
    value: float, se: float, *, method: Method, level: float, n: int, clusters: int, df: float | None = None
) -> Estimate:
    """value ± t_df·se; without `df` ± z·se."""
    tail = (1 + level) / 2
    half = se * (normal_quantile(tail) if df is None else t_quantile(tail, df))
    return Estimate(
        method=method, level=level, n=n, clusters=clusters, value=value, low=value - half, high=value + half, se=se
    )


def around_each(values: FloatArray, errors: FloatArray, like: Estimate, *, df: float) -> list[Estimate]:
    """value ± t_df·se for each of several values, as of the same method, level and n."""
    return [
        around(float(v), float(e), method=like.method, level=like.level, n=like.n, clusters=like.clusters, df=df)
        for v, e in zip(values, errors, strict=True)
    ]


def within(estimate: Estimate, least: float, most: float) -> Estimate:
    """The estimate and its interval, cut where nothing can be."""

    def cut(x: float | None) -> float | None:
        return None if x is None else min(max(x, least), most)

    return replace(estimate, value=cut(estimate.value), low=cut(estimate.low), high=cut(estimate.high))


_LARGEST_LOGARITHM = 709.0  # of what a float holds


def exponential(estimate: Estimate) -> Estimate:
    """The estimate of e^x from that of x; `se` stays x's."""

    def exp(x: float | None) -> float | None:
        return None if x is None else math.exp(x) if x < _LARGEST_LOGARITHM else math.inf

    return replace(estimate, value=exp(estimate.value), low=exp(estimate.low), high=exp(estimate.high))
