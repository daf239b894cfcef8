from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.quantiles import median, percentile


def test_percentiles_are_values_that_were_measured() -> None:
    values = list(range(1, 101))
    assert [percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1, 50, 99, 100]


def test_none_has_no_percentile_and_no_median() -> None:
    assert math.isnan(percentile([], 0.5))
    assert math.isnan(median([math.nan]))


def test_a_median_leaves_out_what_is_missing() -> None:
    assert median([3, math.nan, 1]) == 2


@given(st.lists(st.integers(), min_size=1), st.floats(0, 1))
def test_at_least_the_share_lies_at_or_below(values: list[int], share: float) -> None:
    ordered = sorted(values)
    found = percentile(ordered, share)
    assert sum(value <= found for value in ordered) >= share * len(ordered) - 1e-6
