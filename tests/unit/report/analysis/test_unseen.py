from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from shadowbench.report.analysis.contrasts import contrast_of
from shadowbench.report.analysis.unseen import AHEAD, unit_of_logarithms, unit_of_mean, unit_of_ratio, worth
from shadowbench.report.analysis.watching import Looking
from shadowbench.report.document.comparisons import Comparison, Origin
from shadowbench.report.policy import Against, Claim, Looks, Policy, Statistic, Watching
from shadowbench.scores import Direction
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.estimates import Refused
from tests.unit.report.analysis.invented import ERROR, a_subject, an_arm, values_of
from tests.unit.report.analysis.measures import a_measure_of, compared

COST = a_subject("cost", origin=Origin.LOG, high=None, direction=Direction.LOWER, unit="USD")
COUNT = a_subject("pii_leaked", high=None, direction=Direction.LOWER)
FEW_ERRORS = Claim(measure="error_class", against=Against.BOUND, bound=0.02)


def test_clusters_count_as_what_their_weights_leave_of_them() -> None:
    even = values_of(an_arm(80, clusters=np.arange(80) // 4), ERROR, np.zeros(80), np.zeros(80))
    assert worth(even) == 20
    uneven = values_of(an_arm(100, weights=np.r_[np.ones(95), np.full(5, 100.0)]), ERROR, np.zeros(100), np.zeros(100))
    assert worth(uneven) == pytest.approx(595**2 / (95 + 50_000))
    assert unit_of_mean(uneven, uneven.difference) == pytest.approx(1 / worth(uneven))


def test_without_bounds_the_next_cluster_strays_as_far_as_the_farthest_so_far() -> None:
    drawn = np.r_[np.zeros(98), 1.0, 4.0]
    paired = values_of(an_arm(100), a_subject(low=None, high=None), drawn, np.zeros(100))
    assert unit_of_mean(paired, paired.difference) == pytest.approx((4 - 0.05) / 100)


def test_without_an_upper_bound_it_is_twice_the_farthest_of_either_side() -> None:
    times = np.r_[np.full(98, 0.5), 1.0, 4.0]
    paired = values_of(an_arm(100), COUNT, np.full(100, 0.25), times)
    assert unit_of_mean(paired, paired.difference) == pytest.approx(AHEAD * 4 / 100)
    assert unit_of_mean(paired, paired.candidate) == pytest.approx(AHEAD * 0.25 / 100)


def test_a_ratio_not_seen_yet_is_tenfold_at_least() -> None:
    near, far = np.full(100, 0.1), np.r_[np.zeros(99), 5.0]
    paired = values_of(an_arm(100), COST, np.ones(100), np.ones(100))
    assert unit_of_logarithms(paired, near) == pytest.approx(np.log(10) / 100)
    assert unit_of_logarithms(paired, far) == pytest.approx((5 - 0.05) / 100)


def test_ratios_that_rarely_are_huge_are_waited_for() -> None:
    """One in fifty takes 117 times as long, which is a tenth more. By the standard error alone it would be one in eight."""
    rng, runs, passed = np.random.default_rng(9), 150, 0
    for _ in range(runs):
        ours = np.exp(rng.normal(0, 0.2, 600)) * np.where(rng.random(600) < 0.02, 117.0, 1.0)
        passed += any(ratio(ours[:n]) < 1.1 for n in range(100, 601, 50))
    assert passed <= 8


def ratio(ours: FloatArray) -> float:
    """The upper end of the typical ratio to a production that always takes a second."""
    n = len(ours)
    contrast = contrast_of(values_of(an_arm(n), COST, ours, np.ones(n)), Statistic.MEAN, relative=True, level=0.95)
    looking = Looking(watching=Watching(), clusters=n)
    end = looking.deciding(contrast, 0.95, np.random.default_rng(0)).high
    return float("inf") if end is None else end


def test_counts_of_which_nothing_came_may_find_one_next() -> None:
    paired = values_of(an_arm(200), COUNT, np.zeros(200), np.zeros(200))
    assert unit_of_mean(paired, paired.difference) == pytest.approx(1 / 200)
    claim = Claim(measure="pii_leaked", margin=0.02)
    found = compared(a_measure_of(COUNT, np.zeros(2000), np.zeros(2000)), policy(claim), claim)
    assert found.effect.deciding.high is not None  # there was none, and a clean candidate never passed
    assert 0.002 < found.effect.deciding.high < 0.02


def test_the_next_cluster_costs_twice_as_much_as_the_dearest_so_far() -> None:
    theirs = np.r_[np.ones(99), 5.0]
    paired = values_of(an_arm(100), COST, 2 * theirs, theirs)
    assert unit_of_ratio(paired) == pytest.approx(AHEAD * 10 / 104)


@pytest.mark.parametrize("unit", [worth, unit_of_ratio, lambda paired: unit_of_mean(paired, paired.difference)])
def test_of_nothing_there_is_nothing_to_tell(unit: Callable[[object], float]) -> None:
    assert unit(values_of(an_arm(0), COST, np.zeros(0), np.zeros(0))) == 0.0


def policy(claim: Claim, looks: Looks = Looks.ANY) -> Policy:
    return Policy(primary=(claim,), watching=Watching(looks=looks))


def high(found: Comparison) -> float:
    end = found.effect.deciding.high
    return float("inf") if end is None else end


def in_heavy_ones(rng: np.random.Generator, n: int, rate: float) -> tuple[FloatArray, FloatArray]:
    """Failures among the twentieth of pairs that weigh a hundred times as much as the others: five sixths of everything."""
    heavy = rng.random(n) < 0.05
    return np.where(heavy & (rng.random(n) < rate * 5.95 / 5), 1.0, 0.0), np.where(heavy, 100.0, 1.0)


def test_failures_of_the_few_that_weigh_nearly_everything_are_waited_for() -> None:
    """By their number a thousand clusters, by their worth seventy. By number it would be one in five."""
    rng, runs, passed = np.random.default_rng(1), 60, 0
    for _ in range(runs):
        failed, weights = in_heavy_ones(rng, 2000, 0.02)
        looks = (a_measure_of(ERROR, failed[:n], np.zeros(n), weights=weights[:n]) for n in range(400, 2001, 400))
        passed += any(high(compared(each, policy(FEW_ERRORS), FEW_ERRORS)) < 0.02 for each in looks)
    assert passed <= 3


def test_at_a_single_look_failures_of_large_clusters_are_waited_for_though_small_ones_fail() -> None:
    """One in twenty has forty pairs, and fails as a whole. By Wilson's interval alone it would be one in ten."""
    rng, runs, passed = np.random.default_rng(7), 100, 0
    for _ in range(runs):
        large = rng.random(1000) < 0.05
        fails = rng.random(1000) < np.where(large, 0.035, 0.003)
        codes = np.repeat(np.arange(1000), np.where(large, 40, 1))
        found = a_measure_of(ERROR, fails[codes], np.zeros(len(codes)), clusters=codes)
        passed += high(compared(found, policy(FEW_ERRORS, Looks.ONCE), FEW_ERRORS)) < 0.02
    assert passed <= 5


def test_no_interval_comes_before_clusters_are_worth_the_first_look() -> None:
    failed, weights = in_heavy_ones(np.random.default_rng(2), 1000, 0.5)
    found = compared(a_measure_of(ERROR, failed, np.zeros(1000), weights=weights), policy(FEW_ERRORS), FEW_ERRORS)
    assert found.effect.deciding.reason is Refused.TOO_FEW
    assert found.effect.deciding.worth < 100 < found.clusters


def test_where_one_cluster_is_nearly_everything_nothing_is_decided() -> None:
    weights = np.r_[1e6, np.ones(199)]
    sides = np.random.default_rng(3).random((2, 200))
    claim = Claim(measure="quality", margin=0.5)
    found = compared(a_measure_of(a_subject(), *sides, weights=weights), policy(claim, Looks.ONCE), claim)
    assert found.effect.deciding.reason is Refused.TOO_FEW
    assert found.effect.deciding.low is None


def costs(rng: np.random.Generator, n: int, rare: float, times: float) -> tuple[FloatArray, FloatArray]:
    """Both sides cost about the same, but that rarely the candidate costs so many times as much."""
    theirs = rng.lognormal(0, 1, n)
    return theirs * rng.lognormal(-0.005, 0.1, n) * np.where(rng.random(n) < rare, times, 1.0), theirs


def dearest(ours: FloatArray, theirs: FloatArray, looks: Looks) -> float:
    """The upper end of the ratio of totals."""
    n = len(ours)
    contrast = contrast_of(values_of(an_arm(n), COST, ours, theirs), Statistic.TOTAL, relative=True, level=0.95)
    looking = Looking(watching=Watching(looks=looks), clusters=n)
    end = looking.deciding(contrast, 0.95, np.random.default_rng(0)).high
    assert end is not None
    return end


@pytest.mark.parametrize(("rare", "times"), [(0.01, 11), (0.002, 60)])
def test_a_few_dear_requests_that_break_the_margin_are_waited_for(rare: float, times: float) -> None:
    """By the standard error alone it would be one in three, and two in three."""
    rng, runs, passed = np.random.default_rng(4), 40, 0
    for _ in range(runs):
        ours, theirs = costs(rng, 2000, rare, times)
        passed += any(dearest(ours[:n], theirs[:n], Looks.ANY) < 1.1 for n in range(300, 2001, 200))
    assert passed <= 4


@pytest.mark.parametrize("looks", Looks)
def test_a_few_slow_requests_that_break_a_margin_in_seconds_are_waited_for(looks: Looks) -> None:
    """Two in a thousand take sixty times as long. By the farthest so far alone it would be one in four."""
    rng, runs, passed = np.random.default_rng(8), 80, 0
    margin = 0.002 * 59 * float(np.exp(0.5))
    for _ in range(runs):
        theirs, ours = rng.lognormal(0, 1, (2, 2000))
        ours *= np.where(rng.random(2000) < 0.002, 60.0, 1.0)
        some = [2000] if looks is Looks.ONCE else range(400, 2001, 400)
        passed += any(slowest(ours[:n], theirs[:n], looks) < margin for n in some)
    assert passed <= 6


def slowest(ours: FloatArray, theirs: FloatArray, looks: Looks) -> float:
    """The upper end of the difference of means."""
    n = len(ours)
    contrast = contrast_of(values_of(an_arm(n), COST, ours, theirs), Statistic.MEAN, relative=False, level=0.95)
    found = Looking(watching=Watching(looks=looks, clusters=2000), clusters=n)
    end = found.deciding(contrast, 0.95, np.random.default_rng(0)).high
    return float("inf") if end is None else end


def test_resamples_that_know_of_no_dear_request_do_not_decide_alone() -> None:
    rng, runs = np.random.default_rng(5), 25
    assert sum(dearest(*costs(rng, 1000, 0.002, 60), Looks.ONCE) < 1.1 for _ in range(runs)) <= 2


def test_as_dear_a_candidate_passes_all_the_same_with_clusters_enough() -> None:
    ours, theirs = costs(np.random.default_rng(6), 5000, 0.0, 1.0)
    assert dearest(ours, theirs, Looks.ANY) < 1.1
