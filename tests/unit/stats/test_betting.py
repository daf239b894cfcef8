from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.stats.betting import betting, log_wealth, predictable_stakes
from shadowbench.stats.estimates import Refused

COINS = [1, 0, 1, 1, 0, 1, 1, 0, 1, 0] * 10


@pytest.mark.parametrize(("n", "low", "high"), [(10, 0.205, 0.954), (50, 0.397, 0.806), (100, 0.448, 0.758)])
def test_the_reference_on_its_grid_of_a_thousand(n: int, low: float, high: float) -> None:
    found = betting(COINS[:n], bounds=(0, 1))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-3)
    differences = betting([2 * x - 1 for x in COINS[:n]], bounds=(-1, 1))
    assert (differences.low, differences.high) == pytest.approx((2 * low - 1, 2 * high - 1), abs=2e-3)


def test_ends_are_where_a_gambler_gets_rich() -> None:
    x = np.array(COINS, dtype=float)
    low = betting(x, bounds=(0, 1)).low
    assert low is not None
    assert log_wealth(x, predictable_stakes(x, 0.05), low) == pytest.approx(math.log(2 / 0.05), abs=1e-6)


def test_stakes_know_nothing_of_what_they_bet_on() -> None:
    x = np.array(COINS, dtype=float)
    other = x.copy()
    other[50:] = 1 - other[50:]
    assert predictable_stakes(x, 0.05)[:51].tolist() == predictable_stakes(other, 0.05)[:51].tolist()


def test_nothing_came_nothing_is_said_and_out_of_bounds_is_an_error() -> None:
    assert betting([], bounds=(0, 1)).reason is Refused.TOO_FEW
    with pytest.raises(ValueError, match="between 0 and 1"):
        betting([1.5], bounds=(0, 1))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_the_interval_holds_its_mean_and_mirrors(values: list[float]) -> None:
    found = betting(values, bounds=(0, 1))
    mirrored = betting([1 - v for v in values], bounds=(0, 1))
    assert found.low is not None and found.value is not None and found.high is not None
    assert -1e-9 <= found.low <= found.value + 1e-12 and found.value <= found.high + 1e-12 <= 1 + 1e-9
    assert mirrored.low == pytest.approx(1 - found.high, abs=1e-9)
    surer = betting(values, bounds=(0, 1), level=0.8).half_width
    assert surer is not None and found.half_width is not None and surer <= found.half_width + 1e-9


def test_values_all_alike_have_an_interval_too() -> None:
    found = betting([0.0] * 200, bounds=(-1, 1))
    assert found.low is not None and found.high is not None
    assert -0.1 < found.low < 0 < found.high < 0.1


def test_false_alarms_under_continuous_looking_from_the_first_value_on() -> None:
    """The wealth of both gamblers at the true mean, at every n, for skewed values of many zeros."""
    chance, runs, n = np.random.default_rng(2), 1000, 1000
    x = np.where(chance.random((runs, n)) < 0.1, chance.random((runs, n)), 0.0)
    truth, rich, ruined = 0.05, np.zeros(runs, dtype=bool), 0
    for run in range(runs):
        for values, mean in ((x[run], truth), (1 - x[run], 1 - truth)):
            held = np.minimum(predictable_stakes(values, 0.05), 0.5 / mean)
            wealth = np.cumsum(np.log1p(held * (values - mean)))
            ruined += not np.isfinite(wealth).all()
            rich[run] |= (wealth > math.log(2 / 0.05)).any()
    assert not ruined
    assert rich.mean() <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)
