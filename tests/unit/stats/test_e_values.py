from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from shadowbench.stats.e_values import discordant, log_e_value
from shadowbench.stats.estimates import Tail


@pytest.mark.parametrize(
    ("wins", "losses", "e"),
    [(53, 27, 6.5701), (150, 86, 339.94), (40, 20, 3.0664), (10, 2, 4.1006), (60, 40, 0.59607)],
)
def test_the_reference_e_values(wins: int, losses: int, e: float) -> None:
    found = discordant(wins, losses, n=500)
    assert found.statistic == pytest.approx(e, rel=2e-5)
    assert found.p == pytest.approx(min(1, 1 / e), rel=2e-5)
    assert found.n == 500


def test_one_sided_against_another_null_is_the_average_over_what_the_tail_allows() -> None:
    prior = stats.beta(0.5, 0.5)

    def likelihood(p: float) -> float:
        return float((p / 0.4) ** 12 * ((1 - p) / 0.6) ** 7 * prior.pdf(p))

    average = integrate.quad(likelihood, 0.4, 1)[0] / prior.sf(0.4)
    assert math.exp(float(log_e_value(12, 7, tail=Tail.GREATER, null=0.4))) == pytest.approx(average, rel=1e-6)


def test_nothing_that_differs_is_no_evidence_and_much_does_not_overflow() -> None:
    assert discordant(0, 0, n=100).p == 1.0
    sure = discordant(100_000, 0, n=100_000)
    assert sure.p == 0.0 and sure.statistic is not None and math.isfinite(sure.statistic)


counts = st.integers(0, 200)


@given(counts, counts)
def test_sides_are_alike(wins: int, losses: int) -> None:
    assert float(log_e_value(wins, losses)) == pytest.approx(float(log_e_value(losses, wins)))
    greater = float(log_e_value(wins, losses, tail=Tail.GREATER))
    assert greater == pytest.approx(float(log_e_value(losses, wins, tail=Tail.LESS)))
    assert float(log_e_value(wins + 1, losses, tail=Tail.GREATER)) > greater


@pytest.mark.parametrize(("tail", "chance_of_win"), [(Tail.BOTH, 0.5), (Tail.GREATER, 0.5), (Tail.GREATER, 0.42)])
def test_false_alarms_under_continuous_looking(tail: Tail, chance_of_win: float) -> None:
    runs, n = 1500, 600
    coins = np.random.default_rng(4).random((runs, n)) < chance_of_win
    wins = np.cumsum(coins, axis=1)
    e = log_e_value(wins, np.arange(1, n + 1) - wins, tail=tail)
    assert (e.max(axis=1) >= math.log(20)).mean() <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)


def test_a_better_candidate_is_found() -> None:
    coins = np.random.default_rng(5).random((500, 400)) < 0.65
    wins = np.cumsum(coins, axis=1)
    assert (log_e_value(wins, np.arange(1, 401) - wins).max(axis=1) >= math.log(20)).mean() > 0.95
