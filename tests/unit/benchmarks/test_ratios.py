from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ratios import by_round

positive = st.floats(min_value=1e-3, max_value=1e9)


def test_ratios_are_taken_within_rounds_before_the_median() -> None:
    ratio = by_round([10, 100, 30], [10, 10, 10])
    assert (ratio.middle, ratio.low, ratio.high, ratio.rounds) == (3, 1, 10, 3)


def test_rounds_without_a_counterpart_do_not_count() -> None:
    assert by_round([1, 2, 3], [1]).rounds == 1
    assert by_round([1, 2], [0, 1]).rounds == 1
    assert by_round([math.nan, 2], [1, 1]).middle == 2


def test_nothing_compared_is_not_zero() -> None:
    ratio = by_round([], [])
    assert not ratio.known
    assert str(ratio) == "not measured"


@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=9))
def test_the_median_lies_within_the_range(pairs: list[tuple[float, float]]) -> None:
    ratio = by_round([one for one, _ in pairs], [other for _, other in pairs])
    assert ratio.low <= ratio.middle <= ratio.high
    assert ratio.rounds == len(pairs)
