"""Some of the clusters."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.analysis.arms import clusters_from
from shadowbench.report.analysis.subsampling import some_clusters


@given(codes=st.lists(st.integers(0, 8), min_size=1, max_size=60), most=st.integers(1, 70), seed=st.integers(0, 5))
def test_whole_clusters_are_drawn_and_not_more_values_than_wanted(codes: list[int], most: int, seed: int) -> None:
    clusters = clusters_from(np.array(codes))
    some = some_clusters(clusters, most, seed)
    if some is None:
        assert len(codes) <= most
        return
    drawn = np.unique(clusters.codes[some])
    assert some.tolist() == np.flatnonzero(np.isin(clusters.codes, drawn)).tolist()
    assert len(some) <= most or len(drawn) == 1
    assert some.tolist() == some_clusters(clusters, most, seed).tolist()  # type: ignore[union-attr]


def test_every_cluster_has_the_same_chance() -> None:
    clusters = clusters_from(np.repeat(np.arange(10), 4))
    drawn = np.zeros(10)
    for seed in range(500):
        drawn[np.unique(clusters.codes[some_clusters(clusters, 20, seed)])] += 1
    assert (abs(drawn - 250) < 60).all()
