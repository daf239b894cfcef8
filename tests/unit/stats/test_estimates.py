from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shadowbench.stats.estimates import Estimate, Refused, around, exponential, within
from shadowbench.stats.methods import Method


def made(value: float, se: float, df: float | None = None) -> Estimate:
    return around(value, se, method=Method.CLUSTER_T, level=0.95, n=9, clusters=9, df=df)


def test_around_a_value_by_z_and_by_t() -> None:
    assert made(1.0, 0.5).half_width == pytest.approx(0.5 * stats.norm.ppf(0.975))
    assert made(1.0, 0.5, df=4).half_width == pytest.approx(0.5 * stats.t.ppf(0.975, 4))


def test_nothing_is_excluded_where_there_is_no_interval() -> None:
    refused = Estimate(method=Method.CLUSTER_T, level=0.95, n=1, clusters=1, value=5.0, reason=Refused.TOO_FEW)
    assert not refused.excludes(0) and refused.half_width is None
    assert (within(refused, 0, 1).value, within(refused, 0, 1).low) == (1.0, None)
    assert exponential(refused).high is None


@given(st.floats(-5, 5), st.floats(0.01, 3))
def test_intervals_end_where_they_exclude(value: float, se: float) -> None:
    found = made(value, se)
    assert found.low is not None and found.high is not None
    assert not found.excludes(value) and not found.excludes(found.low) and not found.excludes(found.high)
    assert found.excludes(found.low - 1e-9) and found.excludes(found.high + 1e-9)
    grown = exponential(found)
    assert grown.low == pytest.approx(math.exp(found.low)) and grown.se == se


def test_an_interval_is_cut_where_nothing_can_be() -> None:
    found = within(made(0.9, 0.2), 0.0, 1.0)
    assert (found.value, found.high) == (0.9, 1.0)
    assert found.low == made(0.9, 0.2).low


def test_what_no_float_holds_is_without_end() -> None:
    wide = Estimate(method=Method.CLUSTER_T, level=0.95, n=2, clusters=2, value=0.0, low=-1000.0, high=1000.0)
    found = exponential(wide)
    assert (found.value, found.low, found.high) == (1.0, 0.0, math.inf)
