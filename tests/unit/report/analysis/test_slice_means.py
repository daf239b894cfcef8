"""Slices' means by totals, against each slice's pairs taken by themselves."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.analysis.arms import clusters_from
from shadowbench.report.analysis.slice_means import Cells, Weighed, means_of
from shadowbench.stats.clusters import mean
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.methods import Method


def numbers(estimate: Estimate) -> list[float]:
    found = (
        estimate.value,
        estimate.low,
        estimate.high,
        estimate.se,
        estimate.effective_n,
        estimate.n,
        estimate.clusters,
    )
    return [np.nan if number is None else number for number in found]


@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 3), st.integers(0, 9), st.integers(-4, 4), st.sampled_from([1.0, 2.0, 10.0]), st.booleans()
        ),
        min_size=1,
        max_size=60,
    )
)
def test_each_slice_is_as_if_there_were_no_others(rows: list[tuple[int, int, int, float, bool]]) -> None:
    slices, clusters, values, weights, counts = (np.array(column) for column in zip(*rows, strict=True))
    places = np.flatnonzero(counts)
    cells = Cells.among(slices, 4, clusters_from(clusters))
    x, w = values[places].astype(float), weights[places]
    found = means_of(x, Weighed.of(cells, places, w), level=0.9, bounds=(-4, 4))
    for place, estimate in enumerate(found):
        inside = slices[places] == place
        if not inside.any():
            assert (estimate.n, estimate.value, estimate.reason) == (0, None, Refused.TOO_FEW)
            continue
        alone = mean(
            x[inside], clusters=clusters_from(clusters[places][inside]), weights=w[inside], level=0.9, bounds=(-4, 4)
        )
        if alone.clusters < 2:
            assert estimate.reason is Refused.TOO_FEW
            assert estimate.value == pytest.approx(alone.value)
            continue
        assert (estimate.method, estimate.reason) == (alone.method, alone.reason)
        assert numbers(estimate) == pytest.approx(numbers(alone), nan_ok=True, abs=1e-12)


def test_pairs_that_are_clusters_by_themselves_take_a_shorter_way_to_the_same() -> None:
    chance = np.random.default_rng(1)
    slices, values = chance.integers(0, 3, 50), chance.normal(size=50)
    order = chance.permutation(50)  # codes of clusters in any order
    short = means_of(
        values, Weighed.of(Cells.among(slices, 3, clusters_from(order)), np.arange(50), np.ones(50)), level=0.95
    )
    for place in range(3):
        assert numbers(short[place]) == pytest.approx(numbers(mean(values[slices == place])))


def test_a_slice_where_nothing_fails_has_the_rule_of_three() -> None:
    cells = Cells.among(np.array([0] * 40 + [1] * 40), 2, clusters_from(np.arange(80)))
    values = np.r_[np.zeros(40), np.tile([0.0, 1.0], 20)]
    quiet, loud = means_of(values, Weighed.of(cells, np.arange(80), np.ones(80)), level=0.95, bounds=(-1, 1))
    assert (quiet.method, quiet.value) == (Method.ALL_ALIKE, 0.0)
    assert quiet.high == pytest.approx(1 - 0.05 ** (1 / 40))
    assert loud.method is Method.CLUSTER_T


def test_rounding_is_no_variation() -> None:
    values = np.full(300, 0.1) + 0.2
    cells = Cells.among(np.zeros(300, np.int64), 1, clusters_from(np.arange(300) // 3))
    (found,) = means_of(values, Weighed.of(cells, np.arange(300), np.full(300, 1 / 3)), level=0.95)
    assert found.reason is Refused.NO_VARIATION
    assert astuple(found)[0] is Method.CLUSTER_T
