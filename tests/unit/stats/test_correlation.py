from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shadowbench.stats.bootstrap import whole
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.correlation import RankCorrelation, pearson, spearman
from shadowbench.stats.estimates import Refused

X = np.arange(10.0)
Y = [1, 3, 2, 5, 4, 7, 8, 6, 9, 10]


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_reference_of_fishers_interval() -> None:
    found = pearson(X, Y)
    assert found.value == pytest.approx(0.939394, abs=1e-6)
    assert (found.low, found.high) == pytest.approx((0.758244, 0.985895), abs=1e-6)
    theirs = stats.pearsonr(X, Y).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=12, max_size=40))
def test_ranks_go_together_as_scipy_says(rows: list[tuple[int, int]]) -> None:
    x, y = np.array(rows, dtype=float).T
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert spearman(x, y, rng(), resamples=20).reason is Refused.NO_VARIATION
        return
    found = spearman(x, y, rng(), resamples=50)
    assert found.value == pytest.approx(stats.spearmanr(x, y).statistic)
    backwards = spearman(x, -y, rng(), resamples=50)
    assert (backwards.low, backwards.value) == pytest.approx((-(found.high or 0), -(found.value or 0)), abs=0.05)


def test_counts_and_weights_are_repetitions() -> None:
    x, y = rng(2).normal(size=12).round(1), rng(3).normal(size=12).round(1)
    times = np.arange(12) % 4 + 1
    statistic = RankCorrelation(x, y, np.ones(12), np.arange(12), 12)
    expected = stats.spearmanr(np.repeat(x, times), np.repeat(y, times)).statistic
    assert statistic(times[None, :].astype(float))[0] == pytest.approx(expected)
    assert whole(RankCorrelation(x, y, times.astype(float), np.arange(12), 12)) == pytest.approx(expected)
    weighted = pearson(x, y, weights=times)
    assert weighted.value == pytest.approx(np.corrcoef(np.repeat(x, times), np.repeat(y, times))[0, 1])


def test_few_values_no_number() -> None:
    assert (pearson(X[:7], Y[:7]).value, pearson(X[:7], Y[:7]).reason) == (None, Refused.TOO_FEW)
    assert spearman(X[:7], Y[:7], rng()).reason is Refused.TOO_FEW
    assert spearman([], [], rng()).reason is Refused.TOO_FEW
    assert pearson(X, np.ones(10)).reason is Refused.NO_VARIATION
    assert (pearson(X, -X).value, pearson(X, -X).reason) == (-1.0, Refused.NO_VARIATION)
    users = Clusters.of(np.arange(90) // 13)
    assert pearson(rng().normal(size=90), rng(2).normal(size=90), clusters=users).reason is Refused.TOO_FEW


def test_clusters_of_copies_count_once() -> None:
    x = rng(4).normal(size=60)
    y = x + 0.7 * rng(5).normal(size=60)
    copies = Clusters.of(np.repeat(np.arange(60), 5))
    once, many = pearson(x, y), pearson(np.repeat(x, 5), np.repeat(y, 5), clusters=copies)
    assert many.value == pytest.approx(once.value)
    assert many.half_width == pytest.approx(once.half_width, rel=0.15)
    assert pearson(np.repeat(x, 5), np.repeat(y, 5)).half_width == pytest.approx(
        (once.half_width or 0) / 5**0.5, rel=0.1
    )


def test_many_clusters_in_little_bags_agree_with_whole_resamples() -> None:
    x = rng(6).normal(size=20_001)
    y = x + rng(7).normal(size=20_001)
    many, fewer = spearman(x, y, rng()), spearman(x[:20_000], y[:20_000], rng(), resamples=60)
    assert many.half_width == pytest.approx(fewer.half_width, rel=0.3)


def pairs(chance: np.random.Generator, groups: Clusters) -> tuple[FloatArray, FloatArray]:
    """Correlated 0.5, between clusters and within."""
    both = []
    for n in (groups.count, groups.n):
        shared = chance.normal(size=n)
        both.append([shared * math.sqrt(0.5) + chance.normal(size=n) * math.sqrt(0.5) for _ in range(2)])
    x, y = (between[groups.codes] + within for between, within in zip(*both, strict=True))
    return x, y


def test_intervals_cover_what_they_promise() -> None:
    chance, runs, plain, clustered, ranked = rng(8), 300, 0, 0, 0
    groups = Clusters.of(np.arange(200) // 4)
    of_ranks = 6 / math.pi * math.asin(0.25)  # Spearman's of normal variables with Pearson's ½
    for _ in range(runs):
        x, y = pairs(chance, groups)
        clustered += not pearson(x, y, clusters=groups).excludes(0.5)
        plain += not pearson(x[::4], y[::4]).excludes(0.5)
        ranked += not spearman(x, y, chance, clusters=groups, resamples=200).excludes(of_ranks)
    slack = 2 * math.sqrt(0.95 * 0.05 / runs)
    assert plain / runs == pytest.approx(0.95, abs=slack)
    assert clustered / runs == pytest.approx(0.95, abs=0.015 + slack)
    assert ranked / runs == pytest.approx(0.95, abs=0.02 + slack)
