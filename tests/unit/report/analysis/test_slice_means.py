"""Slices' means by totals, against each slice's pairs taken by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.report.analysis.arms import clusters_from
from shadowbench.report.analysis.slice_means import Slices, Weighed, means_of
from shadowbench.stats.clusters import mean
from shadowbench.stats.estimates import Estimate, Refused


def sliced(slices: Any, count: int, clusters: Any, values: Any, weights: Any, places: Any = None) -> Sequence[Estimate]:
    """Means of each slice, of the pairs in `places`."""
    at = np.arange(len(slices)) if places is None else places
    weight, weighted = np.zeros(len(slices)), np.zeros(len(slices))
    weight[at], weighted[at] = weights, weights * values
    weighed = Weighed.of(Slices.of(np.asarray(slices), count, clusters_from(np.asarray(clusters))), weight)
    return means_of(weighted, weighed, size=float(np.abs(values).max(initial=0)), level=0.9)


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


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 3), st.integers(0, 9), st.integers(-4, 4), st.sampled_from([1.0, 2.0, 10.0]), st.booleans()
        ),
        max_size=60,
    )
)
def test_each_slice_is_as_if_there_were_no_others(rows: list[tuple[int, int, int, float, bool]]) -> None:
    columns = np.array(rows, float).reshape(-1, 5).T
    slices, clusters, values, weights, counts = columns
    slices, clusters, places = slices.astype(np.int64), clusters.astype(np.int64), np.flatnonzero(counts)
    x, w = values[places], weights[places]
    for place, estimate in enumerate(sliced(slices, 5, clusters, x, w, places)):
        inside = slices[places] == place
        if not inside.any():
            assert (estimate.n, estimate.value, estimate.reason) == (0, None, Refused.TOO_FEW)
            continue
        alone = mean(x[inside], clusters=clusters_from(clusters[places][inside]), weights=w[inside], level=0.9)
        assert (estimate.method, estimate.reason) == (alone.method, alone.reason)
        assert numbers(estimate) == pytest.approx(numbers(alone), nan_ok=True, abs=1e-12)


def test_rounding_is_no_variation() -> None:
    (found,) = sliced(np.zeros(300, np.int64), 1, np.arange(300) // 3, np.full(300, 0.1) + 0.2, np.full(300, 1 / 3))
    assert found.reason is Refused.NO_VARIATION
    assert found.value == pytest.approx(0.3)
