from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.quantiles import median, percentile, typical


def test_percentiles_are_values_that_were_measured() -> None:
    values = list(range(1, 101))
    assert [percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1, 50, 99, 100]


def test_none_has_no_percentile_and_no_median() -> None:
    assert math.isnan(percentile([], 0.5))
    assert math.isnan(median([math.nan]))


def test_a_median_leaves_out_what_is_missing() -> None:
    assert median([3, math.nan, 1]) == 2


def test_a_second_that_somebody_took_away_is_not_the_typical_one() -> None:
    quiet, taken = [1.0] * 98 + [2.0] * 2, [900.0] * 100
    values = [*quiet, *taken, *quiet]
    assert percentile(sorted(values), 0.99) == 900
    assert typical(values, [100, 200, 300], 0.99) == 2


def test_of_a_proxy_that_is_late_in_most_seconds_the_typical_one_is_late() -> None:
    late = [1.0] * 98 + [50.0] * 2
    assert typical([*late, *[1.0] * 100, *late], [100, 200, 300], 0.99) == 50


def test_values_are_taken_in_the_order_of_their_parts_however_they_lie_within() -> None:
    values = [5.0, 1.0, 3.0, 9.0, 7.0]
    assert typical(values, [3, 5], 0.5) == median([3.0, 7.0])
    assert typical(values, [3], 1.0) == 5  # what comes behind the last part is in none


def test_parts_in_which_nothing_came_are_none() -> None:
    assert typical([4.0], [0, 1, 1], 0.99) == 4
    assert math.isnan(typical([], [0, 0], 0.99))


@given(st.lists(st.integers(), min_size=1), st.floats(0, 1))
def test_at_least_the_share_lies_at_or_below(values: list[int], share: float) -> None:
    ordered = sorted(values)
    found = percentile(ordered, share)
    assert sum(value <= found for value in ordered) >= share * len(ordered) - 1e-6
