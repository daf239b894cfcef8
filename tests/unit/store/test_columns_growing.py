"""Columns that grow: all that was put, in order, however much was expected."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.store.columns_growing import Growing


@pytest.mark.parametrize("expected", [0, 10, 5000, 100_000])
def test_everything_is_there_in_order(expected: int) -> None:
    column = Growing(np.int64, expected)
    pieces = [np.arange(start, start + 700) for start in range(0, 7000, 700)]
    for piece in pieces:
        column.add(piece)
    np.testing.assert_array_equal(column.all(), np.arange(7000))


def test_a_piece_larger_than_everything_before() -> None:
    column = Growing(np.float64, 0)
    column.add(np.ones(1))
    column.add(np.zeros(50_000))
    assert (len(column.all()), column.all().sum()) == (50_001, 1.0)


def test_nothing_is_nothing() -> None:
    assert len(Growing(np.int32, 7).all()) == 0


_VALUES = st.sampled_from([0.0, -0.0, 1.0, np.nan, np.inf])


@given(pieces=st.lists(st.lists(_VALUES, max_size=5), max_size=8), expected=st.integers(0, 40))
def test_columns_of_few_values_are_kept_bit_by_bit(pieces: list[list[float]], expected: int) -> None:
    column = Growing(np.float64, expected)
    for piece in pieces:
        column.add(np.array(piece, np.float64))
    wanted = np.array([each for piece in pieces for each in piece], np.float64)
    found = column.all()
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(wanted))


def test_a_column_that_is_all_alike_takes_no_memory_until_another_value_comes() -> None:
    column = Growing(np.float64, 10_000)
    for _ in range(3):
        column.add(np.full(1000, np.nan))
    assert column.all().strides == (0,)
    column.add(np.ones(1))
    np.testing.assert_array_equal(column.all(), [*np.full(3000, np.nan), 1.0])
