from __future__ import annotations

import math

import numpy as np
import pytest

from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.contrasts import (
    MeanContrast,
    QuantileDifference,
    QuantileLevel,
    contrast_of,
    level_of,
    leveled,
    quantile_contrast_of,
)
from shadowbench.report.analysis.sorted_sides import SortedPairs
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.policy import Statistic
from shadowbench.scores import Direction
from shadowbench.stats.clusters import mean
from shadowbench.stats.distributions import t_quantile
from shadowbench.stats.methods import Method
from shadowbench.stats.ratios import geometric_ratio, ratio_of_means
from tests.unit.report.analysis.invented import ERROR, LIKENESS, PREFERENCE, a_subject, an_arm, values_of

LATENCY = a_subject("latency", high=None, direction=Direction.LOWER)
RNG = np.random.default_rng(1)


def arm(n: int = 80) -> Arm:
    return an_arm(n, clusters=np.arange(n) // 2, weights=RNG.choice([1.0, 2.0], n))


def of(
    *values: object,
    subject: object = None,
    statistic: Statistic = Statistic.MEAN,
    relative: bool = False,
    **arm_is: object,
) -> MeanContrast:
    mine = an_arm(len(values[0]), **arm_is) if arm_is else arm(len(values[0]))  # type: ignore[arg-type]
    paired = values_of(mine, subject or a_subject(), *values)  # type: ignore[arg-type]
    return contrast_of(paired, statistic, relative=relative, level=0.95)


def test_a_mean_difference_is_the_clustered_and_weighted_one() -> None:
    ours, theirs, mine = RNG.random(80), RNG.random(80), arm()
    found = contrast_of(values_of(mine, a_subject(), ours, theirs), Statistic.MEAN, relative=False, level=0.9)
    assert found.base == mean(ours - theirs, clusters=mine.clusters, weights=mine.weights, level=0.9)
    assert (found.scale, found.null, found.bounds) == (Scale.DIFFERENCE, 0.0, (-1.0, 1.0))


def test_preferences_and_likenesses_are_means_of_the_pair() -> None:
    assert (of(RNG.random(80), subject=PREFERENCE).scale, of(RNG.random(80), subject=PREFERENCE).null) == (
        Scale.PREFERENCE, 0.5,
    )  # fmt: skip
    assert (of(RNG.random(80), subject=LIKENESS).scale, of(RNG.random(80), subject=LIKENESS).null) == (
        Scale.LEVEL,
        None,
    )


def test_relative_times_are_geometric_and_shown_as_ratios() -> None:
    ours, theirs = RNG.lognormal(size=(2, 80))
    found = of(ours, theirs, subject=LATENCY, relative=True, clusters=np.arange(80) // 4)
    expected = geometric_ratio(ours, theirs, clusters=an_arm(80, clusters=np.arange(80) // 4).clusters)
    assert found.on_logarithms
    assert found.shown(found.base) == expected


def test_with_zeros_and_of_scores_relative_means_ratio_of_means() -> None:
    ours, theirs = RNG.random(80), RNG.random(80)
    zero = np.where(np.arange(80) == 3, 0.0, ours)
    for values, subject in ((zero, LATENCY), (ours, a_subject())):
        found = of(values, theirs, subject=subject, relative=True, clusters=np.arange(80))
        assert found.base == ratio_of_means(values, theirs)
        assert (found.scale, found.null, found.on_logarithms) == (Scale.RATIO, 1.0, False)


def test_totals_are_always_a_ratio() -> None:
    found = of(RNG.random(80), RNG.random(80), statistic=Statistic.TOTAL)
    assert (found.scale, found.base.method) == (Scale.RATIO, Method.RATIO_OF_MEANS)


def test_methods_for_independent_pairs_are_for_those_alone() -> None:
    yes, no = RNG.random(80) < 0.5, RNG.random(80) < 0.5
    assert of(yes, no, clusters=np.arange(80)).yes_no is not None
    assert of(yes, no, clusters=np.arange(80) // 2).yes_no is None
    assert of(yes, no, weights=RNG.random(80)).yes_no is None
    assert of(yes * 0.5, no, clusters=np.arange(80)).yes_no is None


def test_few_clusters_are_told() -> None:
    assert of(RNG.random(80), RNG.random(80), clusters=np.arange(80) // 3).few is not None
    assert of(RNG.random(80), RNG.random(80), clusters=np.arange(80) // 2).few is None
    assert of(RNG.random(20), subject=LIKENESS, clusters=np.arange(20)).few is None


def test_the_unit_is_what_one_cluster_can_move() -> None:
    even = of(RNG.random(80), RNG.random(80), clusters=np.arange(80) // 4)
    assert even.unit == pytest.approx(1 / 20)
    doubled = a_subject(high=2.0)
    assert of(RNG.random(80), RNG.random(80), subject=doubled, clusters=np.arange(80) // 4).unit == pytest.approx(0.1)


def test_what_decides_has_a_steadier_error() -> None:
    alike = of(np.ones(80), np.ones(80), clusters=np.arange(80))
    assert alike.base.method is Method.ALL_ALIKE
    assert alike.steady_at(0.95).se == pytest.approx(math.sqrt(3) / 80)
    some = of(RNG.random(80), RNG.random(80), clusters=np.arange(80))
    assert some.steady_at(0.95).se == pytest.approx(math.hypot(some.base.se or 0, math.sqrt(3) / 80))
    logarithms = of(RNG.random(80) + 1, RNG.random(80) + 1, subject=LATENCY, relative=True, clusters=np.arange(80))
    assert logarithms.steady_at(0.95).se == pytest.approx(
        math.hypot(logarithms.base.se or 0, math.sqrt(3) * math.log(10) / 80)
    )


def test_the_interval_of_a_single_look_goes_by_what_clusters_are_worth() -> None:
    weights = np.where(np.arange(80) < 4, 50.0, 1.0)
    found = contrast_of(
        values_of(an_arm(80, weights=weights), a_subject(low=None, high=None), RNG.random(80), RNG.random(80)),
        Statistic.MEAN, relative=False, level=0.95,
    )  # fmt: skip
    assert found.base.se is not None
    assert found.worth is not None
    assert found.worth < 8
    assert found.at(0.95).half_width == pytest.approx(t_quantile(0.975, found.worth - 1) * found.base.se)


def test_what_is_shown_lies_within_its_bounds() -> None:
    found = of(np.r_[np.zeros(78), 1, 1], np.zeros(80), clusters=np.arange(80))
    wide = found.shown(leveled(found.base, 1 - 1e-12))
    assert wide.low is not None
    assert wide.low >= -1
    rate = level_of(values_of(arm(), ERROR, np.r_[np.zeros(78), 1, 1]), level=0.95)
    assert rate.shown(leveled(rate.base, 1 - 1e-12)).low == 0.0


@pytest.mark.parametrize("level", [0.5, 0.99, 0.999])
def test_another_level_is_the_estimate_made_at_that_level(level: float) -> None:
    values, mine = RNG.random(80), arm()
    for column in (values, np.zeros(80)):
        first, other = (
            mean(column, clusters=mine.clusters, weights=mine.weights, level=each, bounds=(-1, 1))
            for each in (0.95, level)
        )
        found = leveled(first, level)
        assert (found.low, found.high, found.level) == (pytest.approx(other.low), pytest.approx(other.high), level)


def test_quantiles_are_contrasts_of_both_sides_or_levels_of_one() -> None:
    mine = arm()
    both = SortedPairs.of(RNG.random(80), RNG.random(80), mine.weights, mine.clusters).whole
    one = SortedPairs.of(RNG.random(80), None, mine.weights, mine.clusters).whole
    difference, ratio = (quantile_contrast_of(both, 0.5, relative=relative) for relative in (False, True))
    assert isinstance(difference, QuantileDifference)
    assert (difference.scale, ratio.scale, ratio.on_logarithms) == (Scale.DIFFERENCE, Scale.RATIO, True)
    assert isinstance(quantile_contrast_of(one, 0.5, relative=False), QuantileLevel)
