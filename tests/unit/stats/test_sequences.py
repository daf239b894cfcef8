from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.stats.clusters import Clusters, mean
from shadowbench.stats.columns import FloatArray, from_probabilities
from shadowbench.stats.estimates import Refused
from shadowbench.stats.methods import Method
from shadowbench.stats.sequences import (
    FIRST_LOOK,
    PSEUDO,
    always_valid_p,
    asymptotic,
    half_width,
    log_mixture_ratio,
    msprt,
    multiplier,
    rho,
    steadied,
)


@pytest.mark.parametrize(("n", "half"), [(50, 0.250564), (100, 0.158791), (500, 0.066589), (1000, 0.047792)])
def test_the_reference_half_widths(n: int, half: float) -> None:
    tuned = rho(100, alpha=0.05)
    assert tuned == pytest.approx(0.296341, abs=1e-6)
    assert float(half_width(n, 0.24, tuned, alpha=0.05)) == pytest.approx(half, abs=1e-6)


def test_the_interval_is_the_reference_on_the_scale_of_its_standard_error() -> None:
    values = np.random.default_rng(1).normal(0.1, 3, size=400)
    found = asymptotic(mean(values), tuned_for=250)
    assert found.method is Method.ASYMPTOTIC_SEQUENCE
    variance = values.var(ddof=1)
    expected = half_width(400, variance, rho(250 * variance, alpha=0.05), alpha=0.05)
    assert found.half_width == pytest.approx(float(expected))


def test_the_sequence_is_nearly_narrowest_where_it_is_tuned() -> None:
    widths = {tuned: float(multiplier(1000 * rho(tuned, alpha=0.05) ** 2, alpha=0.05)) for tuned in (50, 1000, 20_000)}
    assert min(widths, key=widths.__getitem__) == 1000
    assert 1.96 < widths[1000] < 3.1


def test_before_the_first_look_there_is_nothing_to_see() -> None:
    estimate = mean(np.arange(FIRST_LOOK - 1.0))
    early = asymptotic(estimate, tuned_for=100)
    assert (early.value, early.low, early.reason) == (estimate.value, None, Refused.TOO_FEW)
    assert msprt(estimate, tuned_for=100).reason is Refused.TOO_FEW
    assert asymptotic(estimate, tuned_for=100, first_look=50).reason is None
    assert asymptotic(mean([1.0]), tuned_for=100).reason is Refused.TOO_FEW
    assert msprt(mean([2.0] * 200), tuned_for=100).reason is Refused.NO_VARIATION


@given(st.floats(-3, 3), st.floats(20, 5000))
def test_the_sequence_excludes_what_the_likelihood_ratio_rejects(shift: float, tuned_for: float) -> None:
    values = np.random.default_rng(7).normal(shift / 10, 1, size=300)
    estimate = mean(values)
    p = msprt(estimate, tuned_for=tuned_for).p
    assert p is not None
    assert asymptotic(estimate, tuned_for=tuned_for).excludes(0) == (p < 1 - estimate.level)
    ordinary = estimate.half_width
    wide = asymptotic(estimate, tuned_for=tuned_for).half_width
    assert ordinary is not None and wide is not None and wide > ordinary
    surer = asymptotic(replace(estimate, level=0.99), tuned_for=tuned_for).half_width
    assert surer is not None and surer > wide


def test_the_mixture_is_that_of_the_msprt() -> None:
    n, v, tau2, d = 200, 0.3, 0.02, 0.12
    by_formula = math.sqrt(v / (v + n * tau2)) * math.exp(n**2 * tau2 * d**2 / (2 * v * (v + n * tau2)))
    assert math.exp(float(log_mixture_ratio(d / math.sqrt(v / n), n * tau2 / v))) == pytest.approx(by_formula)
    sure = msprt(mean(1e9 + np.arange(200.0)), tuned_for=100)
    assert sure.p == 0.0 and sure.statistic is not None and math.isfinite(sure.statistic)


def test_what_was_once_found_stays_found() -> None:
    assert always_valid_p([0.5, 4.0, 1.0, 40.0]).tolist() == [1.0, 0.25, 0.25, 0.025]


def test_values_all_alike_may_be_watched_as_they_are() -> None:
    """A rare difference of the worst size: the bound is broken at some look with chance α at most."""
    alike = mean([0.0] * 150, bounds=(-1, 1))
    assert asymptotic(alike, tuned_for=100) == alike
    chance, runs, rare = np.random.default_rng(3), 4000, 0.013
    until_first = chance.geometric(rare, size=runs) - 1  # clusters that were all alike
    broken = [n > 0 and mean(np.zeros(n), bounds=(-1, 1)).excludes(rare) for n in until_first]
    assert np.mean(broken) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)


Factor = Callable[[FloatArray], FloatArray]


def alarms(paths: FloatArray, factor: Factor) -> float:
    """In which share of the paths (runs, n) the interval excludes zero at some look from the first on."""
    n = np.arange(1, paths.shape[1] + 1)
    running = np.cumsum(paths, axis=1) / n
    variance = (np.cumsum(paths**2, axis=1) - n * running**2) / np.maximum(n - 1, 1)
    z = np.abs(running[:, FIRST_LOOK - 1 :]) / np.sqrt(variance[:, FIRST_LOOK - 1 :] / n[FIRST_LOOK - 1 :])
    return float((z > factor(n[FIRST_LOOK - 1 :].astype(float))).any(axis=1).mean())


@pytest.mark.parametrize("kind", ["normal", "scores", "skewed"])
def test_false_alarms_under_continuous_looking(kind: str) -> None:
    """From 100 clusters on. A naive interval alarms in a third of the runs before there are 1000."""
    chance, runs, n = np.random.default_rng(11), 1500, 2000
    paths = {
        "normal": lambda: chance.normal(size=(runs, n)),
        "scores": lambda: chance.choice([-1.0, -0.5, 0, 0.5, 1.0], p=[0.1, 0.15, 0.5, 0.15, 0.1], size=(runs, n)),
        "skewed": lambda: chance.exponential(size=(runs, n)) - 1,
    }[kind]()

    def always(n: FloatArray) -> FloatArray:
        return multiplier(n * rho(500, alpha=0.05) ** 2, alpha=0.05)

    assert alarms(paths, always) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)
    assert alarms(paths[:, :1000], lambda n: np.full_like(n, 1.96)) == pytest.approx(0.32, abs=0.05)
    assert alarms(paths + 0.2, always) > 0.99


def test_clustered_weighted_pairs_watched_from_day_to_day() -> None:
    """The interval as a report asks for it: users come back, routes are sampled at different rates; twenty looks."""
    chance, runs, looks = np.random.default_rng(12), 240, np.linspace(300, 3000, 20).astype(int)
    false = 0
    for _ in range(runs):
        user = chance.integers(0, 600, size=3000)
        rate = np.where(user % 3 == 0, 0.2, 0.9)
        drawn = chance.random(3000) < rate
        values = chance.normal(size=600)[user] * 0.7 + chance.normal(size=3000)
        false += any(
            asymptotic(
                mean(
                    values[:n][drawn[:n]],
                    clusters=Clusters.of(user[:n][drawn[:n]]),
                    weights=from_probabilities(rate[:n][drawn[:n]]),
                ),
                tuned_for=400,
            ).excludes(0)
            for n in looks
        )
    assert false / runs <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)


def test_rare_events_that_have_not_come_are_allowed_for() -> None:
    alike = mean(np.zeros(500), bounds=(-1, 1))
    found = steadied(alike, 1 / 500)
    assert found.method is Method.CLUSTER_T
    assert found.se == pytest.approx(math.sqrt(PSEUDO) / 500)
    assert found.high is not None
    assert found.high == pytest.approx(3 / 500, rel=0.15)  # the rule of three
    values = np.random.default_rng(3).random(500)
    usual = mean(values)
    assert usual.se is not None
    assert steadied(usual, 1 / 500).se == pytest.approx(math.hypot(usual.se, math.sqrt(PSEUDO) / 500))
    assert steadied(usual, 0.0) == usual
    assert steadied(mean([1.0]), 1.0).reason is Refused.TOO_FEW
