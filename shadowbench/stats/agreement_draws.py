"""Bootstrap draws of units that hang together: a cluster comes whole, or not at all. Pure; chance is an argument."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.proportions import Interval

DRAWS = 2000


def draws(clusters: Clusters, chance: np.random.Generator, count: int = DRAWS) -> Iterator[NDArray[np.int64]]:
    """How often each unit is in a draw of as many clusters as there are, with replacement; one array per draw."""
    for _ in range(count):
        drawn = chance.integers(clusters.count, size=clusters.count)
        yield np.bincount(drawn, minlength=clusters.count)[clusters.codes]


def percentile_interval(values: Sequence[float | None], *, confidence: float = 0.95) -> Interval | None:
    """What the middle of the draws spans. None: one draw in ten or more has no value, so that the rest would flatter."""
    there = [value for value in values if value is not None]
    if not there or len(there) <= 0.9 * len(values):
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(there, [tail, 1 - tail])
    return Interval(float(low), float(high))
