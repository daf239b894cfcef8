"""Krippendorff's alpha: how far any number of raters agree, where not all of them rated everything. Pure.

Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011). Both disagreements, within units and in all, are sums over
pairs of values of δ², which for numbers is a matter of sums and sums of squares: for intervals of the values, for ordinals
of their mid-ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shadowbench.stats.agreement import Coefficient
from shadowbench.stats.agreement_draws import DRAWS, draws, percentile_interval
from shadowbench.stats.clusters import Clusters

Level = Literal["nominal", "ordinal", "interval"]
Floats = NDArray[np.float64]


def krippendorff_alpha(
    ratings: Sequence[Sequence[float | None]],
    level: Level,
    chance: np.random.Generator,
    *,
    clusters: Clusters | None = None,
    count: int = DRAWS,
    confidence: float = 0.95,
) -> Coefficient:
    """Alpha of `ratings`, one row per rater and one column per unit, with a bootstrap interval over units or clusters of them.

    None is a rating that is not there. The estimate is of the units that two raters or more rated; categories are numbers.
    """
    counts, values, kept = _counted(ratings)
    if not len(counts):
        return Coefficient(value=None, n=0, reason="no_unit_rated_twice")
    alpha = _alpha(counts, values, np.ones(len(counts)), level)
    if alpha is None:
        return Coefficient(value=None, n=len(counts), reason="one_category")
    grouped = Clusters.each(len(kept)) if clusters is None else clusters.among(kept)
    drawn = [_alpha(counts, values, weights.astype(float), level) for weights in draws(grouped, chance, count)]
    interval = percentile_interval(drawn, confidence=confidence)
    low, high = (None, None) if interval is None else interval
    return Coefficient(value=alpha, n=len(counts), low=low, high=high)


def _counted(ratings: Sequence[Sequence[float | None]]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """How many raters gave each unit each value; the values in order; which units are left: those that two rated."""
    values = sorted({value for row in ratings for value in row if value is not None})
    place = {value: number for number, value in enumerate(values)}
    counts = np.zeros((len(ratings[0]) if ratings else 0, len(values)))
    for row in ratings:
        for unit, value in enumerate(row):
            if value is not None:
                counts[unit, place[value]] += 1
    kept = np.flatnonzero(counts.sum(axis=1) >= 2)
    return counts[kept], np.asarray(values, dtype=float), kept


def _alpha(counts: Floats, values: Floats, weights: Floats, level: Level) -> float | None:
    """Alpha of units that count so often each. None: there is one value only."""
    totals = weights @ counts
    if level == "ordinal":
        values = np.cumsum(totals) - totals / 2
    within = (weights * _differences(counts, values, level) / (counts.sum(axis=1) - 1)).sum()
    in_all = float(_differences(totals[None, :], values, level)[0] / (totals.sum() - 1))
    return None if in_all <= 0 else 1 - float(within) / in_all


def _differences(counts: Floats, values: Floats, level: Level) -> Floats:
    """For each row, the sum of δ² over all ordered pairs of its values."""
    size = counts.sum(axis=1)
    if level == "nominal":
        return np.asarray(size**2 - (counts**2).sum(axis=1))
    # Seen from their mean, so that large values that lie close do not cancel out.
    seen = values - (counts.sum(axis=0) @ values) / size.sum()
    return np.asarray(2 * (size * (counts @ seen**2) - (counts @ seen) ** 2))
