"""Columns that grow: all that was put, in order, however much was expected."""

from __future__ import annotations

import numpy as np
import pytest

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
