"""Numbers that are out of all range are none, and those next to nothing are nothing."""

from __future__ import annotations

import numpy as np
import pytest

from shadowbench.report.analysis.computable import LARGEST, OUT_OF_RANGE, SMALLEST, bound_in_range, computable, in_range
from tests.unit.report.analysis.invented import coded

NAN = np.nan


def test_what_is_larger_than_can_be_computed_with_is_missing_for_that_reason() -> None:
    values, why = computable(np.array([1.0, 1e308, -1e200, NAN]), coded([None, None, None, "late"]))
    np.testing.assert_equal(values, [1.0, NAN, NAN, NAN])
    assert [why.texts[code] if code >= 0 else None for code in why.codes] == [None, OUT_OF_RANGE, OUT_OF_RANGE, "late"]


def test_traces_are_zero() -> None:
    values, why = computable(np.array([1e-320, -1e-51, SMALLEST, LARGEST]), coded([None] * 4))
    assert values.tolist() == [0.0, 0.0, SMALLEST, LARGEST]
    assert why.texts == ()


def test_ordinary_numbers_are_left_as_they_are() -> None:
    given, words = np.array([0.0, 1.0, -3.5, NAN]), coded([None, None, None, "late"])
    values, why = computable(given, words)
    assert values is given
    assert why is words
    assert in_range(given) is given


def test_where_nobody_asks_why() -> None:
    np.testing.assert_equal(in_range(np.array([1e-300, 2.0, 1e300])), [0.0, 2.0, NAN])


@pytest.mark.parametrize(("bound", "found"), [(None, None), (1.0, 1.0), (1e308, None), (-1e308, None)])
def test_a_bound_out_of_range_is_none(bound: float | None, found: float | None) -> None:
    assert bound_in_range(bound) == found
