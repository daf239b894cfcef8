from __future__ import annotations

import math

import numpy as np
import pytest

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.estimates import Refused
from shadowbench.stats.rates import rate


@pytest.mark.parametrize(
    ("ones", "n", "low", "high"),
    [(81, 263, 0.255289, 0.366210), (15, 148, 0.062386, 0.160487), (0, 20, 0, 0.161125), (1, 29, 0.006113, 0.171755)],
)
def test_newcombes_examples(ones: int, n: int, low: float, high: float) -> None:
    found = rate([1] * ones + [0] * (n - ones))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)
    assert (found.value, found.effective_n) == (pytest.approx(ones / n), n)


def test_copies_count_once_and_order_does_not_matter() -> None:
    flags = np.array([1, 0, 0, 0, 1, 0, 0, 0, 0, 0] * 5)
    copies = Clusters.of(np.repeat(np.arange(50), 4))
    once, many = rate(flags), rate(np.repeat(flags, 4), clusters=copies)
    assert many.value == once.value
    assert many.effective_n == pytest.approx(49)  # p(1 − p)/se² has the factor C/(C − 1)
    assert many.half_width == pytest.approx(once.half_width, rel=0.02)
    backwards = rate(np.repeat(flags, 4)[::-1], clusters=Clusters.of(np.repeat(np.arange(50), 4)[::-1]))
    assert backwards.low == pytest.approx(many.low)


def test_without_any_failure_clusters_are_what_is_known() -> None:
    users = Clusters.of(np.arange(200) // 10)
    assert rate(np.zeros(200), clusters=users).high == pytest.approx(rate(np.zeros(20)).high)
    one_user = rate(np.zeros(200), clusters=Clusters.of(np.zeros(200)))
    assert one_user.effective_n == 1 and one_user.high is not None and one_user.high > 0.7


def test_weights_cost_what_kish_says() -> None:
    flags, weights = np.arange(100) % 5 == 0, np.where(np.arange(100) % 2, 1.0, 9.0)
    assert rate(flags, weights=weights).effective_n == pytest.approx(500**2 / (50 * 82))


def test_other_values_and_no_values() -> None:
    assert rate([]).reason is Refused.TOO_FEW
    with pytest.raises(ValueError, match="zeros and ones"):
        rate([0.5])


def test_rates_near_zero_of_clustered_values_are_covered() -> None:
    chance, runs, covered = np.random.default_rng(3), 500, 0
    groups = Clusters.of(np.arange(400) // 4)
    for _ in range(runs):
        tendency = chance.beta(0.5, 9.5, size=100)[groups.codes]
        covered += not rate(chance.random(400) < tendency, clusters=groups).excludes(0.05)
    assert covered / runs >= 0.94 - 2 * math.sqrt(0.95 * 0.05 / runs)
