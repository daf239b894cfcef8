"""The mean of each slice with its clustered interval, of all slices and many measures at once.

Only totals of (slice, cluster) are needed, so no pair is looked at twice: a million pairs take some 10 ms a measure. A cluster
that is in several slices is one in each of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from shadowbench.report.analysis.arms import clusters_from
from shadowbench.stats.clusters import Clusters, mean
from shadowbench.stats.columns import FloatArray, IntArray
from shadowbench.stats.estimates import Estimate, Refused, around
from shadowbench.stats.methods import Method

_ROUNDING = 1e-9
"""A standard error below this share of the values' size is none: it may be what sums in another order leave."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Where each pair belongs by slice and cluster together."""

    of: IntArray  # (n,): the pair's cell
    slices: IntArray  # (cells,): the cell's slice
    count: int  # of slices

    @classmethod
    def among(cls, slices: IntArray, count: int, clusters: Clusters) -> Self:
        """Of slices 0 … count − 1, shape (n,), by the clusters of the same pairs; cells that nobody is in are left out."""
        if clusters.alone:
            return cls(clusters.codes, slices[np.argsort(clusters.codes, kind="stable")], count)
        both = slices * clusters.count + clusters.codes
        used = np.zeros(count * clusters.count, np.bool_)
        used[both] = True
        places = np.cumsum(used, dtype=np.int32) - 1
        return cls(places[both].astype(np.int64), np.flatnonzero(used) // max(1, clusters.count), count)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What is the same for all measures of the same pairs, by slice, shape (slices,)."""

    cells: Cells
    at: IntArray  # (n,): the cell of each pair that counts
    weights: FloatArray  # (n,)
    cell_weight: FloatArray  # (cells,)
    weight: FloatArray
    n: IntArray
    clusters: IntArray
    effective_n: FloatArray

    @classmethod
    def of(cls, cells: Cells, places: IntArray, weights: FloatArray) -> Self:
        """`places`: the pairs that count, of those the cells are of; their weights."""
        at = cells.of if len(places) == len(cells.of) else cells.of[places]
        slices = cells.slices[at]
        cell_weight = np.bincount(at, weights, len(cells.slices))
        weight = np.bincount(cells.slices, cell_weight, cells.count)
        squares = np.bincount(slices, weights * weights, cells.count)
        return cls(
            cells,
            at,
            weights,
            cell_weight,
            weight,
            np.bincount(slices, minlength=cells.count),
            np.bincount(cells.slices[cell_weight > 0], minlength=cells.count),
            np.divide(weight**2, squares, out=np.zeros(cells.count), where=squares > 0),
        )


def means_of(
    values: FloatArray, weighed: Weighed, *, level: float, bounds: tuple[float, float] | None = None
) -> Sequence[Estimate]:
    """One estimate for each slice, as `stats.clusters.mean` makes it of the slice's pairs alone."""
    cells = weighed.cells
    totals = np.bincount(weighed.at, weighed.weights * values, len(cells.slices))
    share = np.divide(1.0, weighed.weight, out=np.zeros(cells.count), where=weighed.weight > 0)
    means = np.bincount(cells.slices, totals, cells.count) * share
    influence = (totals - means[cells.slices] * weighed.cell_weight) * share[cells.slices]
    squares = np.bincount(cells.slices, influence**2, cells.count)
    size = float(np.abs(values).max(initial=0.0))
    found = []
    for place in range(cells.count):
        estimate = _estimate(float(means[place]), float(squares[place]), weighed, place, level)
        if estimate.se is not None and estimate.se <= _ROUNDING * size:
            estimate = _anew(values, weighed, place, level, bounds)
        found.append(estimate)
    return found


def _estimate(value: float, squares: float, weighed: Weighed, place: int, level: float) -> Estimate:
    n, clusters = int(weighed.n[place]), int(weighed.clusters[place])
    heavy = float(weighed.effective_n[place])
    if clusters < 2:
        told = value if clusters else None
        return Estimate(
            method=Method.CLUSTER_T, level=level, n=n, clusters=clusters, value=told, effective_n=heavy,
            reason=Refused.TOO_FEW,
        )  # fmt: skip
    se = math.sqrt(clusters / (clusters - 1) * squares)
    found = around(value, se, df=clusters - 1, method=Method.CLUSTER_T, level=level, n=n, clusters=clusters)
    return replace(found, effective_n=heavy)


def _anew(
    values: FloatArray, weighed: Weighed, place: int, level: float, bounds: tuple[float, float] | None
) -> Estimate:
    """Where all values are alike, or their clusters' means are: only the values themselves tell which."""
    chosen = weighed.cells.slices[weighed.at] == place
    clusters = clusters_from(weighed.at[chosen])  # within a slice, cells are clusters
    return mean(values[chosen], clusters=clusters, weights=weighed.weights[chosen], level=level, bounds=bounds)
