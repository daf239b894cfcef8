"""Drift of clustered, weighted values by limits that are known, without exchanges: for reports, which ask of many things.

The measures are those of `drift`, of shares by weight. Clusters and weights make shares vary more than n says, and not all
alike: Σ(a − e)²/p, which PSI and χ² nearly are, is then a sum of χ²₁ times the eigenvalues of V/p, V being the clustered
covariance of both samples' shares around what they have together. It is taken as c·χ²_ν with their mean and variance (Rao &
Scott 1981, second order). The largest distance of distribution functions gets as many independent values as those are worth at
the reference's deciles. Clusters that are in both samples, such as users who come back, make p too large, never too small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import FloatArray, IntArray, effective_n
from shadowbench.stats.distributions import chi2_tail, kolmogorov_tail
from shadowbench.stats.drift import LEAST_N
from shadowbench.stats.estimates import Evidence, Refused, Tail
from shadowbench.stats.methods import Method

LEAST_CLUSTERS = 10  # of each sample
_LEAST_EXPECTED = 5  # of a category in a sample: rarer ones are one


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of one sample, shape (n,): finite numbers, or codes of categories from 0."""

    values: FloatArray | IntArray
    weights: FloatArray
    clusters: Clusters


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What both ways of asking say of a number."""

    psi: Evidence
    kolmogorov_smirnov: Evidence


def of_numbers(reference: Sample, now: Sample, *, bins: int = 10) -> Moved:
    """Whether a number's distribution moved: PSI over quantile bins of the reference, and the largest distance of both
    distribution functions. Refused below LEAST_CLUSTERS clusters or LEAST_N independent values in a sample, and where all
    values are alike."""
    if refusal := _refusal(reference, now):
        return _refused(reference, now, refusal)
    before, after = _both(_binned(reference, now, bins), reference, now)
    if min(before.worth, after.worth) < LEAST_N:
        return _refused(reference, now, Refused.TOO_FEW)
    e, a = (np.maximum(shares.own, 0.5 / shares.worth) for shares in (before, after))
    psi = float(((a - e) * np.log(a / e)).sum())
    distance = _distance(reference, now)
    root = math.sqrt(1 / (1 / before.worth_summed + 1 / after.worth_summed))
    p = kolmogorov_tail((root + 0.12 + 0.11 / root) * distance)
    return Moved(
        psi=_evidence(Method.PSI, reference, now, psi, _p(psi, before, after)),
        kolmogorov_smirnov=_evidence(Method.KOLMOGOROV_SMIRNOV, reference, now, distance, p),
    )


def of_categories(reference: Sample, now: Sample) -> Evidence:
    """Whether shares of categories moved: Jensen and Shannon's distance, rare categories taken together. Refused as numbers
    are."""
    if refusal := _refusal(reference, now):
        return _evidence(Method.JENSEN_SHANNON, reference, now, reason=refusal)
    merged, kinds = _without_rare(reference, now)
    if kinds < 2:
        return _evidence(Method.JENSEN_SHANNON, reference, now, reason=Refused.NO_VARIATION)
    before, after = _both([merged[s.values.astype(np.int64)] for s in (reference, now)], reference, now)
    if min(before.worth, after.worth) < LEAST_N:
        return _evidence(Method.JENSEN_SHANNON, reference, now, reason=Refused.TOO_FEW)
    middle = (before.own + after.own) / 2
    divergence = _entropy(middle) - (_entropy(before.own) + _entropy(after.own)) / 2
    squares = float(((after.own - before.own) ** 2 / middle).sum())
    return _evidence(Method.JENSEN_SHANNON, reference, now, math.sqrt(max(0.0, divergence)), _p(squares, before, after))


@dataclass(frozen=True, slots=True)
class _Shares:
    """Shares of k categories in a sample, (k,), all of which are in one of both samples."""

    own: FloatArray
    pooled: FloatArray  # of both samples
    covariance: FloatArray  # (k, k): clustered, of the own ones

    @classmethod
    def of(cls, cells: FloatArray, pooled: FloatArray, kish: float) -> _Shares:
        """From each cluster's share of the weight by category, (C, k). No sample varies less than its weights make it."""
        count = len(cells)
        influence = cells - cells.sum(axis=1)[:, None] * pooled
        found = cls(cells.sum(axis=0), pooled, count / (count - 1) * influence.T @ influence)
        return cls(found.own, pooled, found.covariance * max(1.0, found.worth / kish))

    @property
    def worth(self) -> float:
        """As how many independent values the sample counts: (k − 1)/Σ(vⱼ/pⱼ)."""
        return (len(self.own) - 1) / float((np.diag(self.covariance) / self.pooled).sum())

    @property
    def worth_summed(self) -> float:
        """The same for the shares up to each category: ΣF(1 − F)/Σv."""
        upto = np.cumsum(self.pooled)[:-1]
        spread = np.diag(np.cumsum(np.cumsum(self.covariance, axis=0), axis=1))[:-1]
        return float((upto * (1 - upto)).sum() / spread.sum())


def _both(codes: Sequence[IntArray], reference: Sample, now: Sample) -> tuple[_Shares, _Shares]:
    """From the category of each value of both samples; of two categories or more."""
    kinds = int(max(c.max() for c in codes)) + 1
    cells = [_cells(c, kinds, s) for c, s in zip(codes, (reference, now), strict=True)]
    pooled = (cells[0].sum(axis=0) + cells[1].sum(axis=0)) / 2
    seen = pooled > 0
    before, after = (
        _Shares.of(c[:, seen], pooled[seen], effective_n(s.weights))
        for c, s in zip(cells, (reference, now), strict=True)
    )
    return before, after


def _cells(codes: IntArray, kinds: int, sample: Sample) -> FloatArray:
    """Each cluster's share of the weight by category, (C, kinds)."""
    groups = sample.clusters
    sums = np.bincount(groups.codes * kinds + codes, weights=sample.weights, minlength=groups.count * kinds)
    return np.asarray(sums.reshape(groups.count, kinds) / sample.weights.sum())


def _p(squares: float, before: _Shares, after: _Shares) -> float:
    """Of Σ(a − e)²/p, if nothing moved."""
    scale = 1 / np.sqrt(before.pooled)
    both = (before.covariance + after.covariance) * scale * scale[:, None]
    mean, square = float(np.trace(both)), float((both**2).sum())
    return chi2_tail(squares * mean / square, mean**2 / square)


def _without_rare(reference: Sample, now: Sample) -> tuple[IntArray, int]:
    """A new code for each category, and how many those are; rare categories share the last."""
    codes = [s.values.astype(np.int64) for s in (reference, now)]
    kinds = int(max(c.max() for c in codes)) + 1
    sums = [np.bincount(c, weights=s.weights, minlength=kinds) for c, s in zip(codes, (reference, now), strict=True)]
    pooled = sum(each / each.sum() for each in sums) / 2
    common = pooled * min(effective_n(s.weights) for s in (reference, now)) >= _LEAST_EXPECTED
    merged = np.where(common, np.cumsum(common) - 1, common.sum())
    return merged, int(merged[pooled > 0].max()) + 1


def _binned(reference: Sample, now: Sample, bins: int) -> Sequence[IntArray]:
    """Each value's bin between quantiles of the reference; at least two bins are used."""
    edges = np.unique(_weighted_quantiles(reference, np.arange(1, bins) / bins))
    least = min(s.values.min() for s in (reference, now))
    if all((s.values <= edges[0]).all() for s in (reference, now)):
        edges = np.array([least])  # the reference is all alike, and now there is less
    return [np.searchsorted(edges, s.values) for s in (reference, now)]


def _weighted_quantiles(sample: Sample, levels: FloatArray) -> FloatArray:
    order = np.argsort(sample.values, kind="stable")
    below = np.cumsum(sample.weights[order])
    places = np.searchsorted(below, (levels - 1e-9) * below[-1])
    return np.asarray(sample.values[order][places.clip(max=len(order) - 1)])


def _distance(reference: Sample, now: Sample) -> float:
    """The largest distance of both weighted distribution functions."""
    values = np.concatenate([reference.values, now.values])
    order = np.argsort(values, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(values[order]) > 0, True))  # of runs of equal values
    signed = np.concatenate([reference.weights / reference.weights.sum(), -now.weights / now.weights.sum()])
    return min(1.0, float(np.abs(np.cumsum(signed[order])[ends]).max()))  # rounding


def _entropy(shares: FloatArray) -> float:
    """In bits."""
    there = shares[shares > 0]
    return float(-(there * np.log2(there)).sum())


def _refusal(reference: Sample, now: Sample) -> Refused | None:
    if min(s.clusters.count for s in (reference, now)) < LEAST_CLUSTERS:
        return Refused.TOO_FEW
    first = reference.values[0]
    alike = (reference.values == first).all() and (now.values == first).all()
    return Refused.NO_VARIATION if alike else None


def _refused(reference: Sample, now: Sample, reason: Refused) -> Moved:
    psi, distance = (_evidence(m, reference, now, reason=reason) for m in (Method.PSI, Method.KOLMOGOROV_SMIRNOV))
    return Moved(psi=psi, kolmogorov_smirnov=distance)


def _evidence(
    method: Method,
    reference: Sample,
    now: Sample,
    statistic: float | None = None,
    p: float | None = None,
    reason: Refused | None = None,
) -> Evidence:
    return Evidence(
        method=method, n=len(reference.values) + len(now.values), tail=Tail.GREATER, statistic=statistic, p=p,
        clusters=reference.clusters.count + now.clusters.count, reason=reason,
    )  # fmt: skip
