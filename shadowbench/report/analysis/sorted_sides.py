"""Both sides of the same pairs in ascending order: sorted once for whoever asks for a quantile of them.

Sorting a million values takes longer than anything else that is done with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from shadowbench.report.analysis.arms import clusters_from
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray
from shadowbench.stats.ordering import order_of
from shadowbench.stats.quantiles import QuantileContrast, Sorted


@dataclass(frozen=True, slots=True)
class SortedSide:
    """One side, and which pair each value is of, shape (n,)."""

    values: Sorted
    order: IntArray

    @classmethod
    def of(cls, values: FloatArray, weights: FloatArray, clusters: Clusters) -> Self:
        """Of values in the pairs' order."""
        order = order_of(values)
        return cls(Sorted(values[order], weights[order], clusters.codes[order]), order)

    def among(self, chosen: BoolArray, fresh: IntArray) -> Sorted:
        """The values of the chosen pairs; `fresh`: their clusters' numbers, by pair."""
        there = chosen[self.order]
        order = self.order[there]
        return Sorted(self.values.values[there], self.values.weights[there], fresh[order])


@dataclass(frozen=True, slots=True)
class SortedSides:
    """Both sides. Of one side alone (`production` is None) there is nothing to contrast."""

    candidate: Sorted
    production: Sorted | None
    clusters: int

    def contrast(self, q: float, *, relative: bool) -> QuantileContrast:
        """The q-quantiles of both."""
        assert self.production is not None
        return QuantileContrast(self.candidate, self.production, q, self.clusters, relative)


@dataclass(frozen=True, slots=True)
class SortedPairs:
    """Both sides, with what it takes to leave pairs out."""

    candidate: SortedSide
    production: SortedSide | None
    groups: Clusters

    @classmethod
    def of(cls, candidate: FloatArray, production: FloatArray | None, weights: FloatArray, clusters: Clusters) -> Self:
        """Of values in the pairs' order, shape (n,)."""
        other = None if production is None else SortedSide.of(production, weights, clusters)
        return cls(SortedSide.of(candidate, weights, clusters), other, clusters)

    @property
    def whole(self) -> SortedSides:
        """All of them."""
        other = None if self.production is None else self.production.values
        return SortedSides(self.candidate.values, other, self.groups.count)

    def among(self, chosen: BoolArray) -> SortedSides:
        """The chosen pairs alone, shape (n,)."""
        groups = clusters_from(self.groups.codes[chosen])
        fresh = np.zeros(len(chosen), np.int64)
        fresh[chosen] = groups.codes
        other = None if self.production is None else self.production.among(chosen, fresh)
        return SortedSides(self.candidate.among(chosen, fresh), other, groups.count)
