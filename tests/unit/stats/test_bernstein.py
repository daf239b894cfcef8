from __future__ import annotations

import math

import numpy as np
import pytest

from shadowbench.stats.bernstein import band, bernstein, of_unit
from shadowbench.stats.betting import betting
from shadowbench.stats.estimates import Refused

COINS = np.array([1, 0, 1, 1, 0, 1, 1, 0, 1, 0] * 10, dtype=float)


@pytest.mark.parametrize(("n", "low", "high"), [(50, 0.342094, 0.851870), (100, 0.424963, 0.772894)])
def test_the_reference_values(n: int, low: float, high: float) -> None:
    """They expect the plain mean of the values before, and of the first value the worst: 0 below, 1 above."""
    plain = (np.cumsum(COINS) / np.arange(1, 101))[:-1]
    below, above = (of_unit(COINS, np.concatenate([[first], plain]), alpha=0.05) for first in (0.0, 1.0))
    assert (below.low[n - 1], above.high[n - 1]) == pytest.approx((low, high), abs=1e-6)


def test_a_better_guess_of_the_first_value_is_narrower_and_betting_narrower_still() -> None:
    found, bet = bernstein(COINS, bounds=(0, 1)), betting(COINS, bounds=(0, 1))
    assert found.half_width is not None and bet.half_width is not None
    assert bet.half_width < found.half_width < (0.772894 - 0.424963) / 2


def test_the_band_has_every_look_and_ends_with_the_last() -> None:
    found = band(2 * COINS - 1, bounds=(-1, 1))
    assert found.low.shape == found.high.shape == (100,)
    early = band(2 * COINS[:40] - 1, bounds=(-1, 1))
    assert found.low[:40].tolist() == early.low.tolist()
    last = bernstein(2 * COINS - 1, bounds=(-1, 1))
    assert (last.low, last.high) == (found.low[-1], found.high[-1])
    assert (last.low, last.high) == pytest.approx((2 * 0.431021 - 1, 2 * 0.771619 - 1), abs=1e-5)


def test_nothing_came_nothing_is_said_and_out_of_bounds_is_an_error() -> None:
    assert bernstein([], bounds=(0, 1)).reason is Refused.TOO_FEW
    assert band([], bounds=(0, 1)).low.shape == (0,)
    with pytest.raises(ValueError, match="between 0 and 1"):
        band([-0.1], bounds=(0, 1))


def test_false_alarms_under_continuous_looking() -> None:
    chance, runs, false = np.random.default_rng(1), 800, 0
    for _ in range(runs):
        found = band(np.where(chance.random(800) < 0.1, chance.random(800), 0.0), bounds=(0, 1))
        false += bool(((found.low > 0.05) | (found.high < 0.05)).any())
    assert false / runs <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)
