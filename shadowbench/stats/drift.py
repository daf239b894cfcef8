"""Whether one number's distribution moved between two samples: production's week before and this one, say.

With clusters (sessions, users) p comes from exchanging whole clusters between the samples, of many clusters a random part, as n
and clusters of the result tell; else from limits that are known.
With many values everything differs a little: read the size first, then p.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shadowbench.stats.clusters import Clusters, clusters_of
from shadowbench.stats.columns import FloatArray, column
from shadowbench.stats.distributions import chi2_quantile, chi2_tail, kolmogorov_tail
from shadowbench.stats.estimates import Evidence, Refused, Tail
from shadowbench.stats.methods import Method

MOST_CLUSTERS = 1000  # of each sample: of more, a part is exchanged, drawn at random
LEAST_N = 50  # values in each sample: five in each of ten bins
_BLOCK = 2_000_000  # numbers held at once

OfBoth = tuple[Clusters, Clusters]
"""Clusters of the reference's values, and of those of now."""


def psi(
    reference: ArrayLike, now: ArrayLike, *, bins: int = 10, clusters: OfBoth | None = None,
    rng: np.random.Generator | None = None, resamples: int = 999,
) -> Evidence:  # fmt: skip
    """Population stability index Σ (a − e) ln(a/e) over quantile bins of the reference; an empty bin counts half a value.

    If nothing moved it is χ² with bins − 1 degrees of freedom, times 1/n + 1/m: hence p, and a cut that depends on n
    (`psi_cut`), unlike the customary 0.1 and 0.25. Refused below LEAST_N values in a sample, or where all are alike.
    """
    sides = _Both.of(reference, now, clusters, rng)
    if refusal := sides.refusal():
        return _refused(Method.PSI, sides, refusal)
    edges = np.unique(np.quantile(sides.values[: sides.n], np.arange(1, bins) / bins))
    binned = np.searchsorted(edges, sides.values, side="left")
    used = len(edges) + 1
    if clusters is None:
        value = float(_psi_of(*(np.bincount(part, minlength=used) for part in (binned[: sides.n], binned[sides.n :]))))
        return _evidence(Method.PSI, sides, value, chi2_tail(value / (1 / sides.n + 1 / sides.m), used - 1))
    cells = np.bincount(sides.groups.codes * used + binned, minlength=sides.groups.count * used)
    counts = cells.reshape(sides.groups.count, used).astype(np.float64)

    def index(chosen: FloatArray) -> FloatArray:
        expected = chosen @ counts
        return _psi_of(expected, counts.sum(axis=0) - expected)

    value = float(index(sides.original[None, :])[0])
    return _exchanged(Method.PSI, sides, value, index, _generator(rng), resamples, width=used)


def psi_cut(n: int, m: int, *, bins: int = 10, level: float = 0.95) -> float:
    """Which PSI samples of n and m values stay below with this chance if nothing moved."""
    return chi2_quantile(level, bins - 1) * (1 / n + 1 / m)


def kolmogorov_smirnov(
    reference: ArrayLike, now: ArrayLike, *, clusters: OfBoth | None = None, rng: np.random.Generator | None = None,
    resamples: int = 499,
) -> Evidence:  # fmt: skip
    """The largest distance of both distribution functions, in [0, 1] (Smirnov 1939), p by the limit with Stephens' correction
    (1970). Refused as `psi` is."""
    sides = _Both.of(reference, now, clusters, rng)
    if refusal := sides.refusal():
        return _refused(Method.KOLMOGOROV_SMIRNOV, sides, refusal)
    order = np.argsort(sides.values, kind="stable")
    ordered = sides.values[order]
    ends = np.flatnonzero(np.append(np.diff(ordered) > 0, True))  # of runs of equal values
    codes = sides.groups.codes[order]

    def distance(chosen: FloatArray) -> FloatArray:
        mine = chosen[:, codes]
        before, after = np.cumsum(mine, axis=1)[:, ends], np.cumsum(1 - mine, axis=1)[:, ends]
        return np.asarray(np.abs(before / before[:, -1:] - after / after[:, -1:]).max(axis=1))

    value = float(distance(sides.original[None, :])[0])
    if clusters is not None:
        return _exchanged(
            Method.KOLMOGOROV_SMIRNOV, sides, value, distance, _generator(rng), resamples, width=len(ordered)
        )
    root = math.sqrt(sides.n * sides.m / (sides.n + sides.m))
    return _evidence(Method.KOLMOGOROV_SMIRNOV, sides, value, kolmogorov_tail((root + 0.12 + 0.11 / root) * value))


def jensen_shannon(reference: ArrayLike, now: ArrayLike) -> Evidence:
    """For categories: counts of each in both samples, shape (k,). The distance √JS with logarithms to base 2, in [0, 1] (Lin
    1991); p by the χ² test of homogeneity. Refused below LEAST_N."""
    a, b = column(reference, name="reference"), column(now, name="now")
    seen = (a + b) > 0
    a, b = a[seen], b[seen]
    n, m = int(a.sum()), int(b.sum())
    found = Evidence(method=Method.JENSEN_SHANNON, n=n + m, clusters=n + m, tail=Tail.GREATER, reason=Refused.TOO_FEW)
    if min(n, m) < LEAST_N:
        return found
    middle = (a / n + b / m) / 2
    divergence = (_entropy(middle) - (_entropy(a / n) + _entropy(b / m)) / 2) / math.log(2)
    expected = np.outer([n, m], (a + b) / (n + m))
    chi2 = float(((np.stack([a, b]) - expected) ** 2 / expected).sum())
    return Evidence(
        method=Method.JENSEN_SHANNON, n=n + m, clusters=n + m, tail=Tail.GREATER,
        statistic=math.sqrt(max(0.0, divergence)), p=chi2_tail(chi2, len(a) - 1) if len(a) > 1 else 1.0,
    )  # fmt: skip


def exchanges(rng: np.random.Generator, first: int, count: int, resamples: int, *, width: int) -> Iterator[FloatArray]:
    """Which of `count` clusters are the reference's, if any `first` of them might be: blocks of rows of zeros and ones.
    `width`: how many numbers are made of a row."""
    step = max(1, _BLOCK // max(count, width))
    for start in range(0, resamples, step):
        places = rng.random((min(step, resamples - start), count)).argsort(axis=1).argsort(axis=1)
        yield (places < first).astype(np.float64)


def p_of_exchanges(
    value: float, statistic: Callable[[FloatArray], FloatArray], blocks: Iterator[FloatArray], resamples: int
) -> float:
    """(1 + #)/(1 + B) of the exchanges whose statistic is at least as large."""
    slack = 1e-9 * max(abs(value), 1e-300)
    return (1 + sum(int((statistic(block) >= value - slack).sum()) for block in blocks)) / (1 + resamples)


@dataclass(frozen=True, slots=True)
class _Both:
    """Both samples in one column, the reference first, with clusters that belong to one of them each."""

    values: FloatArray
    groups: Clusters
    first_clusters: int
    n: int

    @classmethod
    def of(
        cls, reference: ArrayLike, now: ArrayLike, clusters: OfBoth | None, rng: np.random.Generator | None
    ) -> _Both:
        a, b = column(reference, name="reference"), column(now, name="now")
        if clusters is not None:
            a, first = _part(a, clusters[0], rng)
            b, second = _part(b, clusters[1], rng)
            clusters = (first, second)
        one, other = (clusters_of(given, len(x)) for given, x in zip(clusters or (None, None), (a, b), strict=True))
        codes = np.concatenate([one.codes, other.codes + one.count])
        return cls(np.concatenate([a, b]), Clusters(codes, one.count + other.count), one.count, len(a))

    @property
    def m(self) -> int:
        return len(self.values) - self.n

    @property
    def original(self) -> FloatArray:
        """Which clusters are the reference's, as they were."""
        return (np.arange(self.groups.count) < self.first_clusters).astype(np.float64)

    def refusal(self) -> Refused | None:
        if min(self.n, self.m) < LEAST_N:
            return Refused.TOO_FEW
        return Refused.NO_VARIATION if np.ptp(self.values) == 0 else None


def _psi_of(expected: NDArray[Any], actual: NDArray[Any]) -> FloatArray:
    """Of counts by bin, (…, bins)."""
    e, a = (np.maximum(c, 0.5) / c.sum(axis=-1, keepdims=True) for c in (expected, actual))
    return np.asarray(((a - e) * np.log(a / e)).sum(axis=-1))


def _entropy(shares: FloatArray) -> float:
    there = shares[shares > 0]
    return float(-(there * np.log(there)).sum())


def _exchanged(
    method: Method, sides: _Both, value: float, statistic: Callable[[FloatArray], FloatArray], rng: np.random.Generator,
    resamples: int, *, width: int,
) -> Evidence:  # fmt: skip
    blocks = exchanges(rng, sides.first_clusters, sides.groups.count, resamples, width=width)
    return _evidence(method, sides, value, p_of_exchanges(value, statistic, blocks, resamples))


def _evidence(method: Method, sides: _Both, value: float, p: float) -> Evidence:
    return Evidence(
        method=method, n=len(sides.values), clusters=sides.groups.count, tail=Tail.GREATER, statistic=value, p=p
    )


def _refused(method: Method, sides: _Both, reason: Refused) -> Evidence:
    return Evidence(method=method, n=len(sides.values), clusters=sides.groups.count, tail=Tail.GREATER, reason=reason)


def _part(values: FloatArray, clusters: Clusters, rng: np.random.Generator | None) -> tuple[FloatArray, Clusters]:
    """At most MOST_CLUSTERS of the clusters, with their values."""
    groups = clusters_of(clusters, len(values))
    if groups.count <= MOST_CLUSTERS:
        return values, groups
    chosen = np.zeros(groups.count, dtype=bool)
    chosen[_generator(rng).choice(groups.count, size=MOST_CLUSTERS, replace=False)] = True
    kept = chosen[groups.codes]
    return values[kept], groups.among(kept)


def _generator(rng: np.random.Generator | None) -> np.random.Generator:
    if rng is None:
        raise ValueError("clusters are exchanged at random: give a Generator, so that the result repeats")
    return rng
