"""Whether a judge goes by length. Pure.

    points = a + b·x + …,   x = (candidate's length − production's) ÷ (their sum), −1 to 1

b is how much more of the win goes to an answer that is all there is, than to one as long as the other. The line is a linear
one: a judge that always prefers the longer answer has an infinite logistic coefficient, and a b like any other here. Its
interval is the cluster jackknife's (CV3, MacKinnon, Nielsen & Webb 2023), which holds what it promises also for few
clusters and for unequal ones.

Longer answers may be better ones. `controls` are what is known about that, such as what people said about the same pairs;
then b is what length does beyond it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shadowbench.stats.agreement import Coefficient
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.distributions import t_quantile

Floats = NDArray[np.float64]

ENOUGH = 10
"""Clusters, at least: below, one of them decides."""


def relative_difference(candidate: int, production: int) -> float:
    """How much longer the candidate's answer is, −1 to 1; 0 where both are empty."""
    total = candidate + production
    return (candidate - production) / total if total else 0.0


def length_coefficient(
    points: Sequence[float],
    differences: Sequence[float],
    clusters: Clusters,
    *,
    controls: Sequence[float] | None = None,
    confidence: float = 0.95,
) -> Coefficient:
    """b of the line above, or why there is none: too few clusters, or lengths that do not differ."""
    n = len(points)
    if clusters.count < ENOUGH:
        return Coefficient(value=None, n=n, reason="too_few")
    x = np.column_stack([np.ones(n), differences, *([] if controls is None else [controls])]).astype(float)
    y = np.asarray(points, dtype=float)
    squares = np.stack([clusters.totals(x * x[:, [j]]) for j in range(x.shape[1])], axis=1)  # cluster, j, k
    products = clusters.totals(x * y[:, None])
    whole, left_out = squares.sum(axis=0), squares.sum(axis=0) - squares
    if not _is_solvable(whole[None]) or not _is_solvable(left_out):
        return Coefficient(value=None, n=n, reason="no_variation")
    slope = float(np.linalg.solve(whole, products.sum(axis=0))[1])
    without = np.linalg.solve(left_out, (products.sum(axis=0) - products)[:, :, None])[:, 1, 0]
    count = clusters.count
    error = math.sqrt((count - 1) / count * float(((without - slope) ** 2).sum()))
    half = t_quantile((1 + confidence) / 2, count - 1) * error
    return Coefficient(value=slope, n=n, low=slope - half, high=slope + half)


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's: Pearson's of mid-ranks. None where either does not vary."""
    x, y = (_mid_ranks(np.asarray(values, dtype=float)) for values in (one, other))
    if len(one) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def _mid_ranks(values: Floats) -> Floats:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places], dtype=float)


def _is_solvable(squares: Floats) -> bool:
    """Whether every one of these normal matrices has an answer that rounding has not made."""
    return bool((np.linalg.cond(squares) < 1e10).all())
