from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from shadowbench.stats import bootstrap
from shadowbench.stats.bootstrap import (
    OfTotals,
    acceleration,
    bca,
    little_bootstraps,
    percentile,
    ratio_of_totals,
    replicates,
    whole,
)
from shadowbench.stats.clusters import Clusters, mean
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.correlation import RankCorrelation
from shadowbench.stats.estimates import Refused
from shadowbench.stats.methods import Method

# Efron and Tibshirani's spatial data (An Introduction to the Bootstrap, table 14.1).
SPATIAL = [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41]


def variance_of(values: list[int]) -> OfTotals:
    x = np.array(values, dtype=float)

    def variance(totals: FloatArray) -> FloatArray:
        return totals[..., 2] / totals[..., 0] - (totals[..., 1] / totals[..., 0]) ** 2

    return OfTotals(np.stack([np.ones_like(x), x, x * x], axis=1), variance, len(x))


def mean_of(values: FloatArray, clusters: Clusters | None = None) -> OfTotals:
    groups = clusters or Clusters.each(len(values))
    return bootstrap.ratio_of_totals(groups.totals(values), groups.totals(np.ones(len(values))), len(values))


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_spatial_data_of_the_textbook() -> None:
    statistic = variance_of(SPATIAL)
    assert whole(statistic) == pytest.approx(171.534, abs=1e-3)
    assert acceleration(statistic.left_out()) == pytest.approx(0.061240, abs=1e-6)
    found = bca(statistic, rng(), level=0.9, resamples=50_000)
    assert (found.low, found.high) == pytest.approx((115.2, 261.1), abs=1.5)
    plain = percentile(statistic, rng(), level=0.9, resamples=50_000)
    assert (plain.low, plain.high) == pytest.approx((97.8, 235.9), abs=1.0)


def test_bca_agrees_with_scipy() -> None:
    values = rng(2).lognormal(size=60)
    ours = bca(mean_of(values), rng(), resamples=20_000)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="BCa", rng=rng(3)).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=0.01)


def test_the_same_seed_gives_the_same_interval_and_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    statistic = mean_of(rng().normal(size=50))
    once = bca(statistic, rng(5))
    monkeypatch.setattr(bootstrap, "BLOCK", 997)
    assert bca(statistic, rng(5)) == once


def test_memory_is_bounded_by_blocks() -> None:
    seen: list[int] = []

    def function(totals: FloatArray) -> FloatArray:
        seen.append(totals.shape[0])
        return totals[..., 0]

    replicates(OfTotals(np.ones((20_000, 1)), function, 20_000), rng(), 250)
    assert seen == [100, 100, 50]


def test_the_standard_error_is_that_of_the_mean() -> None:
    values = rng(6).normal(size=200)
    assert bca(mean_of(values), rng(), resamples=8000).se == pytest.approx(mean(values).se, rel=0.03)
    assert percentile(mean_of(values), rng(7), resamples=3).se == pytest.approx(
        replicates(mean_of(values), rng(7), 3).std(ddof=1)
    )


def test_a_resample_without_a_denominator_has_no_interval() -> None:
    """Two of three hundred requests were paid for: one resample in seven has none of them."""
    paid = np.where(np.arange(300) < 2, 1.0, 0.0)
    found = bca(ratio_of_totals(2 * paid + 0.01, paid, 300), np.random.default_rng(1))
    assert (found.low, found.reason) == (None, Refused.NEAR_ZERO)


def test_nothing_to_draw_from() -> None:
    assert (bca(mean_of(np.array([])), rng()).value, bca(mean_of(np.array([])), rng()).reason) == (
        None,
        Refused.TOO_FEW,
    )


def test_clusters_are_drawn_whole() -> None:
    """Copies of a value within its cluster add nothing: the interval is that of the values once."""
    values = rng(4).normal(size=40)
    copies = Clusters.of(np.repeat(np.arange(40), 6))
    assert bca(mean_of(np.repeat(values, 6), copies), rng(9)).low == pytest.approx(bca(mean_of(values), rng(9)).low)


@pytest.mark.parametrize("method", [bca, percentile, little_bootstraps])
def test_too_few_clusters_have_a_value_and_no_interval(method: object) -> None:
    found = method(mean_of(np.arange(9.0)), rng())  # type: ignore[operator]
    assert (found.value, found.low, found.reason) == (4.0, None, Refused.TOO_FEW)


def test_values_all_alike_are_refused() -> None:
    assert bca(mean_of(np.ones(20)), rng()).reason is Refused.NO_VARIATION


def test_many_clusters_come_in_little_bags() -> None:
    few, many = mean_of(rng().normal(size=20_000)), mean_of(rng().normal(size=20_001))
    assert bootstrap.resampled(few, rng(), resamples=50).method is Method.PERCENTILE_BOOTSTRAP
    assert bootstrap.resampled(many, rng()).method is Method.LITTLE_BOOTSTRAPS


def test_many_values_of_few_clusters_are_resampled_less_often() -> None:
    """A bag of few clusters would tell nothing."""
    x, calls = rng().normal(size=30_000), []

    class Counted(RankCorrelation):
        def __call__(self, counts: FloatArray) -> FloatArray:
            calls.append(len(counts))
            return np.zeros(len(counts))

    few = Counted(x, x, np.ones(30_000), np.arange(30_000) % 1000, 1000)
    assert bootstrap.resampled(few, rng()).method is Method.PERCENTILE_BOOTSTRAP
    assert sum(calls) == 1 + 500  # the whole itself, too


def test_resamples_are_as_many_as_half_a_second_allows() -> None:
    assert [bootstrap.affordable(2000, width) for width in (0, 5000, 10_000, 20_000, 10**6)] == [
        2000,
        2000,
        1000,
        500,
        500,
    ]
    assert bootstrap.affordable(50, 10**6) == 50


def test_values_within_clusters_cost_no_memory() -> None:
    """Sums of clusters are all that is looked at."""
    groups = Clusters.of(np.arange(100_000) % 50)
    assert mean_of(np.zeros(100_000), groups).width == 50


def test_little_bags_agree_with_whole_resamples_and_with_t() -> None:
    values = rng(11).lognormal(size=15_000)
    whole_width = percentile(mean_of(values), rng(1), resamples=600).half_width
    little = little_bootstraps(mean_of(values), rng(2))
    assert little.half_width == pytest.approx(whole_width, rel=0.1)
    assert little.half_width == pytest.approx(mean(values).half_width, rel=0.1)
    assert little.value == pytest.approx(values.mean())


def test_bca_covers_a_skewed_mean() -> None:
    chance, runs, covered = rng(21), 400, 0
    for _ in range(runs):
        values = chance.exponential(size=40)
        covered += not bca(mean_of(values), chance, resamples=600).excludes(1.0)
    assert covered / runs == pytest.approx(0.95, abs=0.015 + 2 * math.sqrt(0.95 * 0.05 / runs))


def test_little_bags_cover_what_they_promise() -> None:
    chance, runs, covered = rng(22), 120, 0
    for _ in range(runs):
        values = chance.exponential(size=3000)
        covered += not little_bootstraps(mean_of(values), chance, bags=5).excludes(1.0)
    assert covered / runs == pytest.approx(0.95, abs=0.01 + 2 * math.sqrt(0.95 * 0.05 / runs))
