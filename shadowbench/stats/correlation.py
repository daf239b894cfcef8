"""How far two numbers go together, with as many values as there really are: within requests, not across three models."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.bootstrap import RESAMPLES, resampled
from shadowbench.stats.clusters import Clusters, clusters_of, robust_se
from shadowbench.stats.columns import FloatArray, IntArray, column, effective_n, same_length, weights_of
from shadowbench.stats.estimates import Estimate, Refused, around, within
from shadowbench.stats.methods import Method

LEAST_N = 8  # clusters; with fewer show the points and no number


def pearson(
    x: ArrayLike,
    y: ArrayLike,
    *,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """r with Fisher's interval tanh(artanh r ± z/√(n − 3)) (1921); for clustered or weighted values the standard error of
    artanh r comes from the clusters' influences, with t. Refused below LEAST_N clusters, without variation, and at ±1."""
    a, b = _columns(x, y)
    w, groups = weights_of(weights, len(a)), clusters_of(clusters, len(a))
    found = Estimate(
        method=Method.PEARSON_FISHER, level=level, n=len(a), clusters=groups.count, effective_n=effective_n(w)
    )
    if groups.count < LEAST_N:
        return replace(found, reason=Refused.TOO_FEW)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return replace(found, reason=Refused.NO_VARIATION)
    one, other, share = _standardised(a, w), _standardised(b, w), w / w.sum()
    r = float(share @ (one * other))
    if abs(r) > 1 - 1e-12:
        return replace(found, value=math.copysign(1.0, r), reason=Refused.NO_VARIATION)
    if groups.alone and np.ptp(w) == 0:
        se, df = 1 / math.sqrt(len(a) - 3), None
    else:
        influence = groups.totals(share * (one * other - r / 2 * (one**2 + other**2)))
        se, df = robust_se(influence) / (1 - r * r), groups.count - 1
    fisher = around(math.atanh(r), se, df=df, method=found.method, level=level, n=found.n, clusters=found.clusters)
    return replace(_hyperbolic(fisher), effective_n=found.effective_n)


def spearman(
    x: ArrayLike,
    y: ArrayLike,
    rng: np.random.Generator,
    *,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Correlation of ranks (Spearman 1904), ties sharing theirs; interval by resampling clusters, ranked anew each time.
    Refused as the bootstrap is, and without variation."""
    a, b = _columns(x, y)
    w, groups = weights_of(weights, len(a)), clusters_of(clusters, len(a))
    found = Estimate(
        method=Method.SPEARMAN_BOOTSTRAP, level=level, n=len(a), clusters=groups.count, effective_n=effective_n(w)
    )
    if len(a) and (np.ptp(a) == 0 or np.ptp(b) == 0):
        return replace(found, reason=Refused.NO_VARIATION)
    if groups.count < LEAST_N:
        return replace(found, reason=Refused.TOO_FEW)
    told = resampled(RankCorrelation(a, b, w, groups.codes, groups.count), rng, level=level, resamples=resamples)
    return within(replace(told, method=found.method, effective_n=found.effective_n), -1.0, 1.0)


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Spearman's, of clusters drawn so and so often. A bootstrap.Statistic."""

    x: FloatArray
    y: FloatArray
    weights: FloatArray
    codes: IntArray
    clusters: int

    @property
    def n(self) -> int:
        """How many values."""
        return len(self.x)

    @property
    def width(self) -> int:
        """Every value is looked at."""
        return len(self.x)

    def __call__(self, counts: FloatArray) -> FloatArray:
        """For each row of counts; 0 where one of both does not vary in it."""
        mass = counts[:, self.codes] * self.weights
        total = mass.sum(axis=1, keepdims=True)
        one, other = _ridits(self.x, mass) / total - 0.5, _ridits(self.y, mass) / total - 0.5
        both = (mass * one * other).sum(axis=1)
        spread = np.sqrt((mass * one**2).sum(axis=1) * (mass * other**2).sum(axis=1))
        return np.asarray(np.divide(both, spread, out=np.zeros_like(both), where=spread > 0))

    def among(self, chosen: IntArray) -> RankCorrelation:
        """Of these clusters alone."""
        fresh = np.full(self.clusters, -1, dtype=np.int64)
        fresh[chosen] = np.arange(len(chosen))
        codes = fresh[self.codes]
        kept = codes >= 0
        return RankCorrelation(self.x[kept], self.y[kept], self.weights[kept], codes[kept], len(chosen))


def _ridits(values: FloatArray, mass: FloatArray) -> FloatArray:
    """How much mass lies below each value, with half of what is equal: weighted midranks, (B, n)."""
    order = np.argsort(values, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(values[order]) > 0), len(values) - 1)  # of runs of equal values
    upto = np.cumsum(mass[:, order], axis=1)[:, ends]
    middle = (upto + np.concatenate([np.zeros((len(mass), 1)), upto[:, :-1]], axis=1)) / 2
    ranks = np.empty_like(mass)
    ranks[:, order] = np.repeat(middle, np.diff(ends, prepend=-1), axis=1)
    return ranks


def _columns(x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
    a, b = column(x, name="x"), column(y, name="y")
    same_length(b, len(a), name="y")
    return a, b


def _standardised(values: FloatArray, weights: FloatArray) -> FloatArray:
    centred = values - np.average(values, weights=weights)
    return np.asarray(centred / math.sqrt(np.average(centred**2, weights=weights)))


def _hyperbolic(estimate: Estimate) -> Estimate:
    """r from artanh r; `se` stays that of artanh r."""

    def tanh(x: float | None) -> float | None:
        return None if x is None else math.tanh(x)

    return replace(estimate, value=tanh(estimate.value), low=tanh(estimate.low), high=tanh(estimate.high))
