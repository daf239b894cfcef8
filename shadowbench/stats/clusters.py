"""Clusters, not rows, are what is independent: the mean of clustered, weighted values with its robust interval.

A cluster is whatever varies together: a user, a session, a conversation, copies of one prompt. Any estimator that is
nearly a sum over clusters has an interval from its influence: how much each cluster moved it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.columns import BoolArray, FloatArray, IntArray, column, effective_n, same_length, weights_of
from shadowbench.stats.estimates import Estimate, Refused, around
from shadowbench.stats.methods import Method


@dataclass(frozen=True, slots=True)
class Clusters:
    """Which cluster each value belongs to: codes 0 … count − 1, shape (n,), each of them used."""

    codes: IntArray
    count: int

    @classmethod
    def of(cls, labels: ArrayLike) -> Self:
        """From labels of any kind that can be sorted: equal labels are one cluster."""
        names, codes = np.unique(np.asarray(labels), return_inverse=True)
        return cls(codes.reshape(-1).astype(np.int64), len(names))

    @classmethod
    def each(cls, n: int) -> Self:
        """Every value by itself."""
        return cls(np.arange(n), n)

    @property
    def n(self) -> int:
        """How many values there are."""
        return len(self.codes)

    @property
    def alone(self) -> bool:
        """Whether every value is its own cluster."""
        return self.count == self.n

    def totals(self, values: FloatArray) -> FloatArray:
        """Sums over each cluster: (n,) → (count,), (n, k) → (count, k)."""
        if values.ndim == 1:
            return np.asarray(np.bincount(self.codes, weights=values, minlength=self.count), dtype=np.float64)
        return np.stack([self.totals(values[:, j]) for j in range(values.shape[1])], axis=1)

    def worth(self, weights: FloatArray) -> float:
        """As how many clusters of equal weight they count: (Σs)²/Σs² of their sums of weights s (Kish 1965), at most count.
        Of ten thousand of which fifty stand for nearly everything, hardly more than fifty could have shown a rare event."""
        return min(float(self.count), effective_n(self.totals(weights)))

    def among(self, chosen: IntArray | BoolArray) -> Self:
        """The clusters of the chosen values, numbered anew."""
        return type(self).of(self.codes[chosen])


def clusters_of(given: Clusters | None, n: int) -> Clusters:
    """The clusters given; without any, every value stands for itself. Raises ValueError when they are of another length."""
    if given is None:
        return Clusters.each(n)
    same_length(given.codes, n, name="clusters")
    return given


def robust_se(influence: FloatArray) -> float:
    """√(C/(C−1) Σ e²) of the clusters' influences e, shape (C,), which sum to zero (Liang & Zeger 1986; the factor as in
    statsmodels)."""
    count = len(influence)
    return math.sqrt(count / (count - 1) * float(influence @ influence))


def robust(
    value: float, influence: FloatArray, *, method: Method, level: float, n: int, weights: FloatArray | None = None
) -> Estimate:
    """value ± t_{C−1}·se for any estimator that is nearly a sum over clusters. Refused below 2 clusters, and where all
    clusters are alike."""
    count = len(influence)
    heavy = None if weights is None else effective_n(weights)
    if count < 2:
        return Estimate(
            method=method, level=level, n=n, clusters=count, value=value, effective_n=heavy, reason=Refused.TOO_FEW
        )
    se = robust_se(influence)
    if se <= 1e-12 * max(abs(value), 1e-300):  # nothing but rounding
        return Estimate(
            method=method, level=level, n=n, clusters=count, value=value, effective_n=heavy, reason=Refused.NO_VARIATION
        )
    found = around(value, se, df=count - 1, method=method, level=level, n=n, clusters=count)
    return replace(found, effective_n=heavy)


def mean_influence(values: FloatArray, weights: FloatArray, clusters: Clusters) -> tuple[float, FloatArray]:
    """Hájek's mean Σwx/Σw, and each cluster's influence on it, Σ w(x − mean)/Σw, shape (C,)."""
    total = weights.sum()
    mean = float(weights @ values / total)
    return mean, clusters.totals(weights * (values - mean) / total)


def mean(
    values: ArrayLike,
    *,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
    bounds: tuple[float, float] | None = None,
) -> Estimate:
    """The mean, or of paired differences the mean difference. `bounds`: between what values can lie at all; with them even
    values that are all alike have an interval (`all_alike`)."""
    x = column(values)
    w = weights_of(weights, len(x))
    groups = clusters_of(clusters, len(x))
    if not len(x):
        return Estimate(method=Method.CLUSTER_T, level=level, n=0, clusters=0, reason=Refused.TOO_FEW)
    average, influence = mean_influence(x, w, groups)
    found = robust(average, influence, method=Method.CLUSTER_T, level=level, n=len(x), weights=w)
    if bounds is not None and np.ptp(x) == 0:
        return _all_alike(replace(found, effective_clusters=groups.worth(w)), float(x[0]), bounds)
    return found


def _all_alike(found: Estimate, value: float, bounds: tuple[float, float]) -> Estimate:
    """With C clusters all at one value, a share of others above 1 − α^(1/C) would have shown: the rule of three. At worst
    that share of clusters is at a bound. Of unequal clusters C is what they are worth (`Clusters.worth`)."""
    unseen = 1 - (1 - found.level) ** (1 / found.worth)
    low, high = bounds
    return replace(
        found,
        method=Method.ALL_ALIKE,
        value=value,
        low=value - unseen * (value - low),
        high=value + unseen * (high - value),
        se=None,
        reason=None,
    )


def design_effect(values: ArrayLike, clusters: Clusters) -> float | None:
    """How many times larger clusters make the variance of the mean than independent values would; None below 2 clusters,
    or where values are all alike."""
    x = column(values)
    if clusters.count < 2 or np.ptp(x) == 0:
        return None
    ones = np.ones(len(x))
    clustered = robust_se(mean_influence(x, ones, clusters)[1])
    return (clustered / robust_se(mean_influence(x, ones, Clusters.each(len(x)))[1])) ** 2
