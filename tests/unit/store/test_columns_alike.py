"""Columns whose values are alike take no memory; all others stay as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from shadowbench.store.columns_alike import in_short


@pytest.mark.parametrize(
    "column",
    [np.full(5000, np.nan), np.ones(2), np.full(5000, -1, np.int32), np.full(1500, 7, np.int16)],
    ids=["nothing", "ones", "no word", "sides"],
)
def test_one_value_stands_for_all_that_are_alike(column: NDArray[Any]) -> None:
    found = in_short(column)
    np.testing.assert_array_equal(found, column)
    assert (found.dtype, found.strides) == (column.dtype, (0,))


@pytest.mark.parametrize(
    "column",
    [np.append(np.ones(5000), np.nan), np.array([0.0, -0.0]), np.arange(5000), np.zeros(0), np.ones(1)],
    ids=["the last differs", "signs of zero", "all differ", "none", "a single one"],
)
def test_another_column_is_left_as_it_is(column: NDArray[Any]) -> None:
    assert in_short(column) is column
