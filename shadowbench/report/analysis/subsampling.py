"""Some of the clusters, where all of them would take long and change nothing that a reader could see."""

from __future__ import annotations

import numpy as np

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import IntArray


def some_clusters(clusters: Clusters, most: int, seed: int) -> IntArray | None:
    """Places of the values of whole clusters, in order, about `most` of them and at least one cluster; None: all will do.

    Clusters are drawn by lot, each with the same chance, so that weights stay what they are.
    """
    if clusters.n <= most:
        return None
    order = np.random.default_rng(seed).permutation(clusters.count)
    sizes = np.bincount(clusters.codes, minlength=clusters.count)
    taken = max(1, int(np.searchsorted(np.cumsum(sizes[order]), most, side="right")))
    drawn = np.zeros(clusters.count, np.bool_)
    drawn[order[:taken]] = True
    return np.flatnonzero(drawn[clusters.codes])
