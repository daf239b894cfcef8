from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.stats.clusters import mean
from shadowbench.stats.estimates import Refused
from shadowbench.stats.looks import (
    Spending,
    at_look,
    conditional_power,
    inflation,
    obrien_fleming,
    power,
    spending_plan,
)


@pytest.mark.parametrize(("looks", "c"), [(1, 1.960), (2, 1.977), (3, 2.004), (4, 2.024), (5, 2.040), (10, 2.087)])
def test_the_constants_of_obrien_and_fleming(looks: int, c: float) -> None:
    """Jennison and Turnbull (2000), table 2.3."""
    plan = obrien_fleming(looks)
    assert plan.bounds[-1] == pytest.approx(c, abs=6e-4)
    assert plan.bounds[0] == pytest.approx(c * math.sqrt(looks), abs=2e-3)
    assert plan.spent[-1] == pytest.approx(0.05, abs=1e-6)


FIVE = [0.2, 0.4, 0.6, 0.8, 1.0]


def test_the_published_bounds_of_alpha_spending() -> None:
    early = spending_plan(FIVE)
    assert early.bounds == pytest.approx((4.877, 3.357, 2.680, 2.290, 2.031), abs=1e-3)
    evenly = spending_plan(FIVE, spending=Spending.POCOCK)
    assert evenly.bounds == pytest.approx((2.438, 2.427, 2.410, 2.397, 2.386), abs=1e-3)
    assert (early.spent[-1], evenly.spent[-1]) == pytest.approx((0.05, 0.05))


def test_one_look_is_an_ordinary_test() -> None:
    assert spending_plan([1.0]).bounds == pytest.approx((1.959964,), abs=1e-6)


@pytest.mark.parametrize("fractions", [[], [0.0, 1.0], [0.5, 0.5], [0.7, 0.3], [0.5, 1.2]])
def test_looks_move_forward(fractions: list[float]) -> None:
    with pytest.raises(ValueError, match="fractions must grow"):
        spending_plan(fractions)


def test_bounds_do_not_depend_on_later_looks() -> None:
    assert spending_plan([0.3, 0.5]).bounds == pytest.approx(spending_plan([0.3, 0.5, 0.9, 1.0]).bounds[:2])


@given(st.lists(st.floats(0.05, 1), min_size=1, max_size=4, unique_by=lambda t: round(t, 2)))
@settings(max_examples=10)
def test_all_looks_together_alarm_as_often_as_promised(fractions: list[float]) -> None:
    times = np.array(sorted(fractions))
    plan = spending_plan(times.tolist())
    steps = np.random.default_rng(1).normal(size=(40_000, len(times))) * np.sqrt(np.diff(times, prepend=0))
    z = np.abs(np.cumsum(steps, axis=1)) / np.sqrt(times)
    found = (z >= np.array(plan.bounds)).any(axis=1).mean()
    assert found == pytest.approx(plan.spent[-1], abs=4 * math.sqrt(0.05 / 40_000))


def test_the_interval_at_a_look_is_as_wide_as_its_bound() -> None:
    plan = obrien_fleming(4)
    many = mean(np.random.default_rng(2).normal(size=20_000))
    found = at_look(many, plan, 1)
    assert (found.level, found.value) == (0.95, many.value)
    assert found.half_width is not None and many.se is not None
    assert found.half_width / many.se == pytest.approx(plan.bounds[1], rel=1e-3)
    few = mean(np.random.default_rng(2).normal(size=12))
    wide = at_look(few, plan, 3)
    assert wide.half_width is not None and few.se is not None
    assert wide.half_width / few.se > plan.bounds[3] * 1.1
    assert at_look(mean([1.0]), plan, 0).reason is Refused.TOO_FEW
    alike = mean([0.0] * 40, bounds=(-1, 1))
    assert at_look(alike, plan, 0) == alike


def test_going_on_may_be_in_vain() -> None:
    plan = obrien_fleming(2)
    assert conditional_power(0.2, 0.5, plan) < 0.1
    assert conditional_power(2.5, 0.5, plan) > 0.9
    shift = 2 * 0.5 * math.sqrt(0.5) / 0.5 * 0.5  # z = 1 at half of the way: where it ends on average is √2
    assert conditional_power(1.0, 0.5, plan) == pytest.approx(
        0.5 * math.erfc((plan.bounds[-1] - 2 * shift) / math.sqrt(0.5) / math.sqrt(2)), abs=1e-9
    )
    with pytest.raises(ValueError, match="fraction"):
        conditional_power(1.0, 1.0, plan)


@pytest.mark.parametrize(
    ("looks", "wanted", "times"),
    [(2, 0.8, 1.008), (3, 0.8, 1.017), (4, 0.8, 1.024), (5, 0.8, 1.028), (2, 0.9, 1.007), (5, 0.9, 1.026)],
)
def test_what_planned_looks_cost_is_as_published(looks: int, wanted: float, times: float) -> None:
    """Jennison & Turnbull 2000, table 2.4: R_B of O'Brien and Fleming's bounds at 5 %."""
    assert inflation(obrien_fleming(looks), power_wanted=wanted) == pytest.approx(times, abs=6e-4)


def test_power_without_a_drift_is_the_chance_of_a_false_alarm() -> None:
    assert power(obrien_fleming(4), 0.0) == pytest.approx(0.05, abs=1e-6)
    assert power(obrien_fleming(1), 1.959964 + 0.841621) == pytest.approx(0.8, abs=1e-5)


def test_power_is_how_often_some_look_finds_it() -> None:
    plan, rng = obrien_fleming(3), np.random.default_rng(3)
    steps = rng.normal(2.5 / 3, math.sqrt(1 / 3), size=(20_000, 3))
    z = np.cumsum(steps, axis=1) / np.sqrt(plan.fractions)
    found = (np.abs(z) >= np.array(plan.bounds)).any(axis=1).mean()
    assert power(plan, 2.5) == pytest.approx(found, abs=0.011)  # three standard errors
