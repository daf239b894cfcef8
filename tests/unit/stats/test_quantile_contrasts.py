from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.estimates import Refused
from shadowbench.stats.looks import spending_plan
from shadowbench.stats.methods import Method
from shadowbench.stats.quantile_contrasts import (
    contrast_at_look,
    contrast_between,
    side_at_look,
    watch_contrast,
    watch_side,
)
from shadowbench.stats.quantiles import QuantileContrast, Sorted, compare_quantiles, quantile


def contrast(
    candidate: FloatArray, production: FloatArray, q: float, *, clusters: Clusters | None = None, relative: bool = False
) -> QuantileContrast:
    groups = clusters or Clusters.each(len(candidate))
    sides = (Sorted.of(side, np.ones(len(side)), groups.codes) for side in (candidate, production))
    return QuantileContrast(*sides, q, groups.count, relative)


@pytest.mark.parametrize("relative", [False, True])
def test_of_many_pairs_it_is_what_comparing_quantiles_gives(relative: bool) -> None:
    rng = np.random.default_rng(1)
    candidate, production = rng.lognormal(0.2, size=30_000), rng.lognormal(size=30_000)
    groups = Clusters.of(np.arange(30_000) // 4)
    one = contrast_between(contrast(candidate, production, 0.95, clusters=groups, relative=relative))
    other = compare_quantiles(candidate, production, 0.95, rng, clusters=groups, relative=relative)
    assert one == other


def test_with_all_values_and_the_ordinary_level_woodruff_agrees_with_resampling() -> None:
    rng = np.random.default_rng(2)
    production = rng.lognormal(size=8000)
    candidate = production * rng.lognormal(0.2, 0.4, size=8000)
    for q in (0.5, 0.95):
        one = contrast_between(contrast(candidate, production, q))
        other = compare_quantiles(candidate, production, q, np.random.default_rng(3))
        assert other.method is Method.PERCENTILE_BOOTSTRAP
        assert one.half_width == pytest.approx(other.half_width, rel=0.15)
        assert one.value == other.value


def test_for_every_look_it_is_wider_and_before_the_first_there_is_none() -> None:
    rng = np.random.default_rng(4)
    candidate, production = rng.lognormal(size=2000), rng.lognormal(size=2000)
    once = contrast_between(contrast(candidate, production, 0.5))
    always = watch_contrast(contrast(candidate, production, 0.5), tuned_for=1000)
    assert always.method is Method.WOODRUFF_SEQUENCE
    assert always.level == 0.95
    assert once.half_width is not None
    assert always.half_width is not None
    assert 1.4 < always.half_width / once.half_width < 2.2
    early = watch_contrast(contrast(candidate[:99], production[:99], 0.5), tuned_for=1000)
    assert (early.low, early.reason) == (None, Refused.TOO_FEW)
    assert early.value == pytest.approx(np.sort(candidate[:99])[49] - np.sort(production[:99])[49])


def test_a_last_planned_look_is_a_little_wider_than_a_single_one() -> None:
    rng = np.random.default_rng(5)
    found = contrast(rng.lognormal(size=3000), rng.lognormal(size=3000), 0.5)
    plan = spending_plan([0.5, 1.0])
    early, last, once = (contrast_at_look(found, plan, 0), contrast_at_look(found, plan, 1), contrast_between(found))
    assert early.half_width is not None
    assert last.half_width is not None
    assert once.half_width is not None
    assert once.half_width <= last.half_width < 1.1 * once.half_width < early.half_width
    assert last.method is Method.PLANNED_LOOKS


def test_a_quantile_among_failures_is_censored() -> None:
    rng = np.random.default_rng(6)
    candidate, production = rng.lognormal(size=2000), rng.lognormal(size=2000)
    candidate[:120] = np.inf
    found = contrast_between(contrast(candidate, production, 0.95))
    assert (found.value, found.reason) == (None, Refused.CENSORED)
    assert contrast_between(contrast(candidate, production, 0.5)).reason is None


def test_too_few_for_a_far_quantile_is_refused() -> None:
    rng = np.random.default_rng(7)
    found = contrast_between(contrast(rng.lognormal(size=60), rng.lognormal(size=60), 0.95))
    assert found.reason is Refused.TOO_FEW
    nothing = contrast_between(contrast(np.zeros(0), np.zeros(0), 0.5))
    assert (nothing.n, nothing.reason) == (0, Refused.TOO_FEW)


def test_one_side_alone_is_woodruffs_with_another_factor() -> None:
    rng = np.random.default_rng(8)
    values, codes = rng.lognormal(size=3000), np.arange(3000) // 3
    ordered = Sorted.of(values, np.ones(3000), codes)
    once = quantile(values, 0.9, clusters=Clusters.of(codes))
    always = watch_side(ordered, 1000, 0.9, tuned_for=1000)
    planned = side_at_look(ordered, 1000, 0.9, spending_plan([1.0]), 0)
    assert (planned.low, planned.high) == (once.low, once.high)
    assert always.low is not None
    assert once.low is not None
    assert always.low < once.low
    assert watch_side(ordered, 99, 0.9, tuned_for=1000).reason is Refused.TOO_FEW
    empty = Sorted.of(np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
    assert watch_side(empty, 0, 0.9, tuned_for=1000).reason is Refused.TOO_FEW


def test_clusters_count_as_what_they_are_worth() -> None:
    """A thousand of which fifty stand for five sixths of everything are hardly more than seventy."""
    rng = np.random.default_rng(11)
    weights = np.where(np.arange(1000) < 50, 100.0, 1.0)
    sides = [Sorted.of(rng.lognormal(size=1000), weights, np.arange(1000)) for _ in range(2)]
    found = QuantileContrast(*sides, 0.5, 1000)
    assert 50 < found.worth < 75
    assert watch_contrast(found, tuned_for=1000).reason is Refused.TOO_FEW
    assert watch_side(sides[0], 1000, 0.5, tuned_for=1000).reason is Refused.TOO_FEW
    assert watch_contrast(found, tuned_for=1000).worth == found.worth
    assert contrast_between(found).low is not None
    one = Sorted.of(rng.lognormal(size=1000), np.where(np.arange(1000) < 1, 1e6, 1.0), np.arange(1000))
    for nothing in (
        contrast_between(QuantileContrast(one, one, 0.5, 1000)),
        side_at_look(one, 1000, 0.5, spending_plan([1.0]), 0),
        quantile(one.values, 0.5, weights=one.weights),
    ):
        assert (nothing.low, nothing.reason) == (None, Refused.TOO_FEW)


def test_where_few_clusters_weigh_nearly_everything_the_truth_is_excluded_as_rarely() -> None:
    """A median, of four hundred clusters of which twelve weigh sixty times as much as the others."""
    rng, runs, wrong = np.random.default_rng(12), 400, 0
    weights = np.where(np.arange(400) < 12, 60.0, 1.0)
    for _ in range(runs):
        found = side_at_look(
            Sorted.of(rng.normal(size=400), weights, np.arange(400)), 400, 0.5, spending_plan([1.0]), 0
        )
        wrong += found.excludes(0.0)
    assert wrong / runs <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)


def test_failures_beyond_a_bound_of_one_side_are_told() -> None:
    values = np.concatenate([np.random.default_rng(9).lognormal(size=960), np.full(40, np.inf)])
    ordered = Sorted.of(values, np.ones(1000), np.arange(1000))
    assert watch_side(ordered, 1000, 0.95, tuned_for=1000).reason is Refused.CENSORED
    assert dataclasses.replace(watch_side(ordered, 1000, 0.5, tuned_for=1000)).reason is None


def test_watched_from_a_hundred_clusters_on_it_hardly_ever_excludes_the_truth() -> None:
    """Clustered pairs, sides alike: at every look together at most 5 % and twice the error of counting."""
    rng = np.random.default_rng(10)
    looks = np.unique(np.geomspace(100, 1200, 16).astype(int))
    runs, always, ordinary = 300, 0, 0
    for _ in range(runs):
        common = np.repeat(rng.normal(0, 0.4, 1200), 2)
        production, candidate = (np.exp(common + rng.normal(0, 0.6, 2400)) for _ in range(2))
        wrong = {"always": False, "once": False}
        for look in looks:
            codes = np.arange(2 * look) // 2
            found = contrast(candidate[: 2 * look], production[: 2 * look], 0.5, clusters=Clusters(codes, int(look)))
            wrong["always"] |= watch_contrast(found, tuned_for=500).excludes(0)
            wrong["once"] |= contrast_between(found).excludes(0)
        always += wrong["always"]
        ordinary += wrong["once"]
    assert always / runs <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)
    assert ordinary / runs > 0.15
