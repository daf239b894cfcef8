"""The mean of each slice with its clustered interval, for many measures and properties of a million pairs.

Only totals of (slice, cluster) are needed. For each property pairs are put in the order of its slices: what is summed lies
together then, near enough for the processor's cache. A pair that a measure does not have weighs nothing. A cluster that is in
several slices is one in each of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from shadowbench.report.analysis.arms import clusters_from
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import FloatArray, IntArray
from shadowbench.stats.estimates import Estimate, Refused, around
from shadowbench.stats.methods import Method

MOST_SLICES = 255
"""Of one property: numbers of eight bits are sorted in a hundredth of the time."""

_ROUNDING = 1e-9
"""A standard error below this share of the values' size is none: it may be what sums in another order leave."""


@dataclass(frozen=True, slots=True)
class Slices:
    """Pairs in the order of their slices; a cell is what a slice has of a cluster."""

    order: IntArray  # (n,): places in the arm
    cell: IntArray  # (n,): of each pair, in this order; those of a slice lie together
    pair_ends: IntArray  # (slices + 1,): where in the order each slice begins, and the last one ends
    cell_ends: IntArray  # (slices + 1,): the same of cells

    @classmethod
    def of(cls, slices: IntArray, count: int, clusters: Clusters) -> Self:
        """Of slices 0 … count − 1, shape (n,), by the clusters of the same pairs."""
        assert count <= MOST_SLICES
        numbers = slices.astype(np.uint8)
        order = np.argsort(numbers, kind="stable")
        sizes = np.bincount(numbers, minlength=count)
        pair_ends = np.append(0, np.cumsum(sizes))
        cell, cell_ends = np.empty(len(order), np.int64), np.zeros(count + 1, np.int64)
        for place, (begin, end) in enumerate(_ranges(pair_ends)):
            inside = clusters_from(clusters.codes[order[begin:end]])
            cell[begin:end] = inside.codes + cell_ends[place]
            cell_ends[place + 1] = cell_ends[place] + inside.count
        return cls(order, cell, pair_ends, cell_ends)

    @property
    def count(self) -> int:
        """How many slices, with those that nobody is in."""
        return len(self.pair_ends) - 1

    def totals(self, values: FloatArray) -> FloatArray:
        """Sums by cell, of values of shape (n,) in the arm's order."""
        return np.bincount(self.cell, values[self.order], int(self.cell_ends[-1])).astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What is the same for all measures of the same pairs: by cell, and by slice."""

    slices: Slices
    cell_weight: FloatArray  # (cells,)
    weight: FloatArray  # (slices,)
    n: IntArray  # (slices,)
    clusters: IntArray  # (slices,)
    effective_n: FloatArray  # (slices,)

    @classmethod
    def of(cls, slices: Slices, weights: FloatArray) -> Self:
        """`weights`, shape (n,), are in the arm's order; 0: the pair does not count."""
        ordered, by_cell = weights[slices.order], slices.totals(weights)
        pairs = [ordered[begin:end] for begin, end in _ranges(slices.pair_ends)]
        cells = [by_cell[begin:end] for begin, end in _ranges(slices.cell_ends)]
        weight = np.array([float(each.sum()) for each in cells])
        squares = np.array([float(np.square(each).sum()) for each in pairs])
        return cls(
            slices=slices,
            cell_weight=by_cell,
            weight=weight,
            n=np.array([np.count_nonzero(each) for each in pairs]),
            clusters=np.array([np.count_nonzero(each) for each in cells]),
            effective_n=np.divide(weight**2, squares, out=np.zeros(slices.count), where=squares > 0),
        )


def means_of(weighted: FloatArray, weighed: Weighed, *, size: float, level: float) -> Sequence[Estimate]:
    """One estimate for each slice, as `stats.clusters.mean` makes it of the slice's pairs alone, without bounds.

    `weighted`: weight · value, shape (n,), in the arm's order; `size`: of the largest value.
    """
    totals = weighed.slices.totals(weighted)
    found = []
    for place, (begin, end) in enumerate(_ranges(weighed.slices.cell_ends)):
        weight = float(weighed.weight[place])
        if not weight:
            found.append(Estimate(method=Method.CLUSTER_T, level=level, n=0, clusters=0, reason=Refused.TOO_FEW))
            continue
        value = float(totals[begin:end].sum()) / weight
        influence = (totals[begin:end] - value * weighed.cell_weight[begin:end]) / weight
        found.append(_estimate(value, float(np.square(influence).sum()), weighed, place, size, level))
    return found


def _ranges(ends: IntArray) -> Sequence[tuple[int, int]]:
    return list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))


def _estimate(value: float, squares: float, weighed: Weighed, place: int, size: float, level: float) -> Estimate:
    n, clusters = int(weighed.n[place]), int(weighed.clusters[place])
    found = Estimate(
        method=Method.CLUSTER_T, level=level, n=n, clusters=clusters, value=value,
        effective_n=float(weighed.effective_n[place]), reason=Refused.TOO_FEW,
    )  # fmt: skip
    if clusters < 2:
        return found
    se = math.sqrt(clusters / (clusters - 1) * squares)
    if se <= _ROUNDING * size:
        return replace(found, reason=Refused.NO_VARIATION)
    told = around(value, se, df=clusters - 1, method=found.method, level=level, n=n, clusters=clusters)
    return replace(told, effective_n=found.effective_n)
