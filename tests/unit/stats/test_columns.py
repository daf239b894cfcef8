from __future__ import annotations

import math

import numpy as np
import pytest

from shadowbench.stats.columns import column, effective_n, from_probabilities, same_length, weights_of


@pytest.mark.parametrize("values", [[math.nan], [math.inf], [-math.inf], [[1.0]], 3.0])
def test_what_is_no_column_of_numbers_is_refused(values: object) -> None:
    with pytest.raises(ValueError):
        column(values)  # type: ignore[arg-type]


def test_infinity_may_stand_for_longer_than_was_waited_for() -> None:
    assert column([1, math.inf], infinite=True).tolist() == [1.0, math.inf]
    for bad in ([math.nan], [-math.inf]):
        with pytest.raises(ValueError, match="no number"):
            column(bad, infinite=True)


def test_columns_of_any_kind_become_floats() -> None:
    assert column([True, False]).dtype == np.float64
    assert column(np.array([1, 2], dtype=np.int8)).tolist() == [1.0, 2.0]


def test_weights_are_ones_where_none_are_given() -> None:
    assert weights_of(None, 3).tolist() == [1.0, 1.0, 1.0]
    assert weights_of([2, 3], 2).tolist() == [2.0, 3.0]


def test_weights_are_one_over_the_chance_to_be_drawn() -> None:
    assert from_probabilities([0.1, 0.5, 1.0]).tolist() == [10.0, 2.0, 1.0]
    assert effective_n(np.array([])) == 0.0


def test_lengths_that_do_not_fit_are_told_by_name() -> None:
    with pytest.raises(ValueError, match="clusters has 2 entries where there are 3 values"):
        same_length(np.zeros(2), 3, name="clusters")
