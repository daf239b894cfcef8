from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.stats.bootstrap import bca
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.estimates import Refused
from shadowbench.stats.ratios import fieller, geometric_ratio, ratio_change, ratio_of_means, resamplable_ratio

COSTS = [0.01, 0.02, 0.015, 0.03, 0.012, 0.02]
CORRECT = [1, 1, 0, 1, 1, 0]


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_cost_per_correct_answer() -> None:
    found = ratio_of_means(COSTS, CORRECT)
    assert found.value == pytest.approx(0.02675)
    assert found.se == pytest.approx(0.00940445, abs=1e-8)


def test_with_nothing_right_a_right_answer_has_no_price() -> None:
    assert ratio_of_means(COSTS, [0] * 6).reason is Refused.NEAR_ZERO
    rarely = ratio_of_means(COSTS, [1, 0, 0, 0, 0, 0])
    assert (rarely.value, rarely.reason) == (pytest.approx(0.107), Refused.NEAR_ZERO)
    assert fieller(COSTS, [1, 0, 0, 0, 0, 0]).reason is Refused.NEAR_ZERO
    assert ratio_of_means([1.0], [1.0]).reason is Refused.TOO_FEW


def test_fieller_holds_exactly_the_ratios_that_a_t_test_does_not_reject() -> None:
    x, y = rng().normal(3, 1, size=12), rng(2).normal(5, 2, size=12)
    found = fieller(x, y)
    for end in (found.low, found.high):
        assert end is not None
        left = x - end * y
        t = left.mean() / (left.std(ddof=1) / math.sqrt(12))
        assert abs(t) == pytest.approx(2.200985, abs=1e-5)  # t with 11 degrees of freedom


def test_a_sure_denominator_leaves_the_interval_of_the_mean() -> None:
    found = fieller(COSTS, [2.0] * 6)
    delta = ratio_of_means(COSTS, [2.0] * 6)
    assert (found.low, found.high) == pytest.approx((delta.low, delta.high))


def test_the_delta_method_agrees_with_the_bootstrap() -> None:
    x, y = rng(3).lognormal(size=300), rng(4).integers(0, 2, size=300).astype(float)
    x = np.minimum(x, 4)  # without a long tail, for which bca's interval leans further, and rightly
    delta, resampled = ratio_of_means(x, y), bca(resamplable_ratio(x, y), rng())
    assert resampled.value == pytest.approx(delta.value)
    assert (resampled.low, resampled.high) == pytest.approx((delta.low, delta.high), rel=0.05)


def test_the_geometric_mean_ratio_is_the_typical_one() -> None:
    production = rng(5).lognormal(size=50)
    found = geometric_ratio(production * 1.3, production * np.where(np.arange(50) % 2, 1.1, 1 / 1.1))
    assert found.value == pytest.approx(1.3)
    assert found.low is not None and found.high is not None and found.low < 1.3 < found.high
    assert found.low * found.high == pytest.approx(1.3**2)
    with pytest.raises(ValueError, match="above zero"):
        geometric_ratio([1, 0], [1, 1])


def test_ratios_change_by_their_quotient() -> None:
    x, y = rng(6).lognormal(size=80), rng(7).integers(0, 2, size=80).astype(float)
    changed = ratio_change((x * 0.5, y), (x, y))
    assert (changed.value, changed.reason) == (pytest.approx(0.5), Refused.NO_VARIATION)
    other = ratio_change((x[::-1], y[::-1]), (x, y))
    assert other.value == pytest.approx(1) and not other.excludes(1)
    assert ratio_change((x, 0 * y), (x, y)).reason is Refused.NEAR_ZERO
    assert ratio_change((0 * x, y), (x, y)).reason is Refused.NEAR_ZERO


rows = st.lists(st.tuples(st.floats(0.1, 9), st.floats(0.1, 9)), min_size=3, max_size=20)


@given(rows, st.floats(0.1, 10))
def test_ratios_scale_and_hold_their_estimate(pairs: list[tuple[float, float]], factor: float) -> None:
    x, y = np.array(pairs).T
    for method in (geometric_ratio, ratio_of_means, fieller):
        found, scaled = method(x, y), method(x * factor, y)
        if found.reason or scaled.reason or found.low is None or found.value is None or found.high is None:
            continue
        assert found.low <= found.value * (1 + 1e-9) and found.value <= found.high * (1 + 1e-9)
        assert scaled.value == pytest.approx(found.value * factor)


def test_ratios_of_clusters_and_weights_cover_what_they_promise() -> None:
    chance, runs, delta, exact = rng(8), 400, 0, 0
    groups = Clusters.of(np.repeat(np.arange(40), 4))
    weights = np.where(np.arange(160) % 2, 1.0, 3.0)
    for _ in range(runs):
        user = chance.normal(size=40)[groups.codes]
        x = 2 + user + chance.normal(size=160)
        y = 4 + user + chance.normal(size=160)
        delta += not ratio_of_means(x, y, clusters=groups, weights=weights).excludes(0.5)
        exact += not fieller(x, y, clusters=groups, weights=weights).excludes(0.5)
    assert delta / runs == pytest.approx(0.95, abs=0.01 + 3 * math.sqrt(0.95 * 0.05 / runs))
    assert exact / runs == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / runs))


def test_changes_of_cost_per_correct_answer_cover_what_they_promise() -> None:
    chance, runs, covered = rng(9), 400, 0
    for _ in range(runs):
        cost = chance.lognormal(size=(2, 300))
        right = (chance.random((2, 300)) < [[0.6], [0.5]]).astype(float)
        covered += not ratio_change((2 * cost[0], right[0]), (cost[1], right[1])).excludes(2 * 0.5 / 0.6)
    assert covered / runs == pytest.approx(0.95, abs=0.01 + 2 * math.sqrt(0.95 * 0.05 / runs))
