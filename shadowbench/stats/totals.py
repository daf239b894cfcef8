"""What all of the traffic comes to: a total, from a sample whose probabilities are known.

Two things are uncertain: the mean, as everywhere, and how many there were. Their number is Σ1/π, which varies with the luck of
the draw: not at all where everything was drawn, the more the less was. Both are cluster by cluster, so what they have in common
(a cluster that was drawn adds to the number and to the mean) counts once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shadowbench.stats.clusters import Clusters, robust
from shadowbench.stats.columns import FloatArray, column, same_length, weights_of
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.methods import Method


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn, shape (n,): 1/π of each and its cluster. `beside`: the weight of what was drawn and lost afterwards."""

    weights: FloatArray
    clusters: Clusters
    beside: float = 0.0

    @property
    def number(self) -> float:
        """How many there were to draw from (Horvitz & Thompson 1952)."""
        return float(self.weights.sum()) + self.beside

    @property
    def luck(self) -> FloatArray:
        """Each cluster's share in the chance of that number, shape (C,): as if its members had been drawn together, which is
        the worst case. Zero where π = 1."""
        chance = np.sqrt(np.maximum(0.0, 1 - 1 / self.weights))
        kept = float(self.weights.sum())
        return self.clusters.totals(self.weights * chance) * (self.number / kept if kept else 0.0)

    def estimate(self, *, level: float = 0.95) -> Estimate:
        """The number with its interval."""
        return robust(
            self.number, self.luck, method=Method.WEIGHTED_TOTAL, level=level, n=len(self.weights), weights=self.weights
        )


def total(
    values: ArrayLike, drawn: Drawn, *, places: NDArray[np.integer] | None = None, level: float = 0.95
) -> Estimate:
    """N·x̄, with N = Σ1/π over what was drawn and Hájek's mean x̄ of the values. `places`: which of the drawn the values are
    of, where some are not known; those are taken to be like the others. Refused below 2 clusters. Raises ValueError for
    weights below 1."""
    x = column(values)
    at = np.arange(len(drawn.weights)) if places is None else places
    same_length(at, len(x), name="places")
    weights_of(drawn.weights, drawn.clusters.n)
    if (drawn.weights < 1).any():
        raise ValueError("a weight is 1/π, and no probability is above 1")
    if not len(x):
        return Estimate(method=Method.WEIGHTED_TOTAL, level=level, n=0, clusters=0, reason=Refused.TOO_FEW)
    w = drawn.weights[at]
    average = float(w @ x / w.sum())
    apart = np.bincount(drawn.clusters.codes[at], weights=w * (x - average), minlength=drawn.clusters.count)
    influence = drawn.number / w.sum() * apart + average * drawn.luck
    return robust(drawn.number * average, influence, method=Method.WEIGHTED_TOTAL, level=level, n=len(x), weights=w)


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """The estimate of so many times as much; of a negative factor the bounds change places."""

    def times(x: float | None) -> float | None:
        return None if x is None else factor * x

    low, high = times(estimate.low), times(estimate.high)
    if factor < 0:
        low, high = high, low
    se = None if estimate.se is None else abs(factor) * estimate.se
    return replace(estimate, value=times(estimate.value), low=low, high=high, se=se)
