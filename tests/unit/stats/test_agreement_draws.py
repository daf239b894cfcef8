"""Draws take clusters whole, and intervals that few draws carry are none."""

import numpy as np
import pytest

from shadowbench.stats.agreement_draws import draws, percentile_interval
from shadowbench.stats.clusters import Clusters


def test_a_cluster_comes_whole_or_not_at_all() -> None:
    clusters = Clusters.of(["a", "b", "a", "c", "b"])
    for counts in draws(clusters, np.random.default_rng(1), 50):
        assert counts[0] == counts[2] and counts[1] == counts[4]
        assert counts[0] + counts[1] + counts[3] == 3


def test_the_same_seed_draws_the_same() -> None:
    one, other = ([d.tolist() for d in draws(Clusters.each(6), np.random.default_rng(4), 5)] for _ in range(2))
    assert one == other and len(one) == 5


def test_an_interval_is_the_middle_of_the_draws() -> None:
    assert percentile_interval(list(range(101)), confidence=0.9) == pytest.approx((5, 95))
    assert percentile_interval([None, *range(1, 101)]) is not None
    assert percentile_interval([None, 1.0, 2.0]) is None
    assert percentile_interval([]) is None
