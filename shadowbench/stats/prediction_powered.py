"""A judge's many scores and people's few labels together: an estimate as true as the labels, and sharper.

The judge's mean over everything is corrected by how much it errs where people looked. What is estimated is whatever the
labels say, as a rule the *difference* of candidate and production on a pair; the judge's difference goes beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.clusters import Clusters, clusters_of, mean_influence
from shadowbench.stats.columns import (
    FloatArray,
    IntArray,
    column,
    effective_n,
    from_probabilities,
    same_length,
    weights_of,
)
from shadowbench.stats.estimates import Estimate, Refused, around_each
from shadowbench.stats.methods import Method

LEAST_LABELS = 20  # clusters with labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Powered:
    """The estimate, how far the judge was trusted, and what it saved."""

    estimate: Estimate
    tuning: float  # λ: 0 labels alone, 1 the judge as it is
    labels: int
    labels_saved: float  # as many more labels would have made labels alone as sharp; 0 where the judge was no help


@dataclass(frozen=True, slots=True)
class Rectified:
    """λ·mean(F) + mean(y − λf), and each cluster's influence on it."""

    value: float
    influence: FloatArray  # (clusters,)


def prediction_powered(
    judged: ArrayLike,
    labelled: ArrayLike,
    labels: ArrayLike,
    *,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    label_probabilities: ArrayLike | None = None,
    level: float = 0.95,
    tuning: float | None = None,
) -> Powered:
    """PPI++ (Angelopoulos, Duchi & Zrnic 2023): `judged` of all pairs, shape (m,); `labelled`, the places of those that people
    labelled, shape (n,); their `labels`.

    λ is the best one, cut to [0, 1], unless `tuning` fixes it. `label_probabilities`, shape (n,): how likely each labelled
    pair was to be asked about, where that was not the same for all; the judge's mean is then that of all pairs. Errors
    are clustered, with t of what the labelled clusters are worth (`Estimate.worth`). Refused below LEAST_LABELS of them.
    """
    f, y, at = column(judged, name="judged"), column(labels, name="labels"), _places(labelled, judged)
    same_length(y, len(at), name="labels")
    w, groups = weights_of(weights, len(f)), clusters_of(clusters, len(f))
    found = Estimate(
        method=Method.PREDICTION_POWERED, level=level, n=len(f), clusters=groups.count, effective_n=effective_n(w)
    )
    chances = None if label_probabilities is None else from_probabilities(label_probabilities)
    with_labels = len(np.unique(groups.codes[at]))
    found = replace(found, effective_clusters=labels_worth(w[at], groups.codes[at], chances))
    if found.worth < LEAST_LABELS:
        return Powered(estimate=replace(found, reason=Refused.FEW_LABELS), tuning=0.0, labels=len(y), labels_saved=0.0)
    sides = _Sides.of(f, y, at, w, chances, groups)
    trust = 0.0 if not len(sides.others) else sides.best() if tuning is None else tuning
    best, alone = sides.rectified(trust), sides.rectified(0.0)
    # Labels are what is scarce: their clusters are the sample, whatever number of others the judge saw.
    se = math.sqrt(with_labels / (with_labels - 1) * _squares(best.influence))
    if not se:
        told = replace(found, value=best.value, reason=Refused.NO_VARIATION)
        return Powered(estimate=told, tuning=trust, labels=len(y), labels_saved=0.0)
    [told] = around_each(np.array([best.value]), np.array([se]), found, df=found.worth - 1)
    gain = _squares(alone.influence) / _squares(best.influence)
    return Powered(
        estimate=replace(told, effective_n=found.effective_n, effective_clusters=found.effective_clusters),
        tuning=trust, labels=len(y), labels_saved=len(y) * max(0.0, gain - 1),
    )  # fmt: skip


def labels_worth(weights: FloatArray, codes: IntArray, chances: FloatArray | None = None) -> float:
    """As how many clusters of equal weight those with labels count. `weights` and clusters' `codes` are of the labelled pairs,
    `chances` the weights 1/probability of having been asked about; 0 without labels."""
    if not len(codes):
        return 0.0
    sums = np.bincount(codes, weights=weights if chances is None else weights * chances)
    used = np.asarray(sums[sums > 0], dtype=np.float64)
    return min(float(len(used)), effective_n(used) * (1 + 1e-9))  # rounding


def best_tuning(labels: FloatArray, judged: FloatArray, others: FloatArray) -> float:
    """λ that makes the variance least, before it is cut: Cov(y, f) / ((1 + n/N) Var(f over all)), with n − 1 in both. 0 where
    the judge never varies, or has nothing else to say."""
    everything = np.concatenate([judged, others])
    if not len(others) or len(judged) < 2 or np.ptp(everything) == 0:
        return 0.0
    together = float(np.cov(labels, judged, ddof=1)[0, 1])
    return together / ((1 + len(judged) / len(others)) * float(everything.var(ddof=1)))


@dataclass(frozen=True, slots=True)
class _Sides:
    """The pairs with labels, and those whose judge's scores stand for everything."""

    labels: FloatArray
    judged: FloatArray
    weights: FloatArray
    at: IntArray
    others: FloatArray
    other_weights: FloatArray
    other_at: IntArray
    groups: Clusters

    @classmethod
    def of(
        cls,
        judged: FloatArray,
        labels: FloatArray,
        at: IntArray,
        weights: FloatArray,
        chances: FloatArray | None,
        groups: Clusters,
    ) -> _Sides:
        """Without chances of being labelled, those without labels stand for everything; with them, all do."""
        rest = np.ones(len(judged), dtype=bool)
        if chances is None:
            rest[at] = False
        own = weights[at] if chances is None else weights[at] * chances
        return cls(labels, judged[at], own, at, judged[rest], weights[rest], np.flatnonzero(rest), groups)

    @property
    def plain(self) -> bool:
        """Neither clusters nor weights, and no value on both sides."""
        even = np.ptp(self.weights) == 0 and np.ptp(self.other_weights) == 0
        return self.groups.alone and bool(even) and len(self.at) + len(self.other_at) == self.groups.n

    def best(self) -> float:
        """λ in [0, 1]: by the published formula, or where values are clustered or weighted, what makes the clusters' influences
        least."""
        if self.plain:
            return min(max(best_tuning(self.labels, self.judged, self.others), 0.0), 1.0)
        alone = self.rectified(0.0).influence
        trusted = self.rectified(1.0).influence - alone
        return min(max(-float(alone @ trusted) / max(_squares(trusted), 1e-300), 0.0), 1.0)

    def rectified(self, tuning: float) -> Rectified:
        corrected, influence = self._mean(self.labels - tuning * self.judged, self.weights, self.at)
        if not tuning:
            return Rectified(corrected, influence)
        judged, more = self._mean(tuning * self.others, self.other_weights, self.other_at)
        return Rectified(corrected + judged, influence + more)

    def _mean(self, values: FloatArray, weights: FloatArray, at: IntArray) -> tuple[float, FloatArray]:
        return mean_influence(values, weights, Clusters(self.groups.codes[at], self.groups.count))


def _squares(influence: FloatArray) -> float:
    return float(influence @ influence)


def _places(labelled: ArrayLike, judged: ArrayLike) -> IntArray:
    at = np.asarray(labelled, dtype=np.int64)
    if at.ndim != 1 or len(np.unique(at)) != len(at) or (len(at) and not 0 <= at.min() <= at.max() < np.size(judged)):
        raise ValueError("labelled names places in judged, each once")
    return at
