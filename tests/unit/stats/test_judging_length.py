"""The length coefficient against statsmodels, and how often it cries wolf."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from statsmodels.api import OLS, add_constant

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.judging_length import length_coefficient, rank_correlation, relative_difference


def drawn(seed: int, n: int = 200, clusters: int = 60) -> tuple[np.ndarray, Clusters, np.random.Generator]:
    random = np.random.default_rng(seed)
    return random.uniform(-0.6, 0.6, n), Clusters.of(random.integers(clusters, size=n)), random


def test_a_judge_that_prefers_the_longer_answer_is_flagged() -> None:
    x, clusters, _ = drawn(1)
    found = length_coefficient(list((x > 0).astype(float)), list(x), clusters)
    assert found.value is not None and found.low is not None and found.value > 1 and found.low > 0
    assert rank_correlation(list((x > 0).astype(float)), list(x)) == pytest.approx(0.87, abs=0.02)


def test_one_that_prefers_the_shorter_is_flagged_the_other_way() -> None:
    x, clusters, _ = drawn(2)
    found = length_coefficient(list((x < 0).astype(float)), list(x), clusters)
    assert found.high is not None and found.high < 0


@pytest.mark.parametrize(("n", "clusters"), [(80, 20), (200, 60)])
def test_a_judge_that_does_not_look_at_length_is_flagged_in_one_of_twenty(n: int, clusters: int) -> None:
    """Clusters lean together, in length and in verdict, as a user's questions do: plain least squares would cry wolf."""
    runs, alarms = 400, 0
    for seed in range(runs):
        x, groups, random = drawn(seed, n, clusters)
        x = x + random.normal(scale=0.3, size=clusters)[groups.codes]
        quality = random.normal(size=n) + random.normal(scale=0.7, size=clusters)[groups.codes]
        points = np.digitize(quality, [-0.5, 0.5]) / 2
        alarms += not length_coefficient(list(points), list(x), groups).holds(0.0)
    assert 0.02 <= alarms / runs <= 0.08


def test_the_slope_is_least_squares_and_the_error_close_to_the_sandwich() -> None:
    x, clusters, random = drawn(3, 600, 150)
    control = random.normal(size=600)
    y = 0.5 + 0.2 * x + 0.1 * control + random.normal(size=600)
    found = length_coefficient(list(y), list(x), clusters, controls=list(control))
    fit = OLS(y, add_constant(np.column_stack([x, control]))).fit(
        cov_type="cluster", cov_kwds={"groups": clusters.codes}
    )
    assert found.value == pytest.approx(fit.params[1])
    assert found.low is not None and found.value is not None
    assert (found.value - found.low) / 1.976 == pytest.approx(fit.bse[1], rel=0.05)


def test_what_people_say_takes_away_what_length_is_worth() -> None:
    """Longer answers are better here, people say so, and the judge says what people say: no bias is left."""
    x, clusters, random = drawn(4, 300)
    people = (x + random.normal(scale=0.2, size=300) > 0).astype(float)
    judge = np.where(random.random(300) < 0.9, people, 1 - people)
    assert not length_coefficient(list(judge), list(x), clusters).holds(0.0)
    assert length_coefficient(list(judge), list(x), clusters, controls=list(people)).holds(0.0)


def test_without_difference_or_clusters_there_is_no_coefficient() -> None:
    each = Clusters.each(30)
    assert length_coefficient([0.5] * 30, [0.1] * 30, each).reason == "no_variation"
    assert length_coefficient([0.5] * 30, [0.0] * 29 + [0.4], each).reason == "no_variation"  # all of it is one pair's
    assert length_coefficient([0.5] * 9, [0.1 * n for n in range(9)], Clusters.each(9)).reason == "too_few"


def test_relative_difference_is_bounded_and_antisymmetric() -> None:
    assert [relative_difference(*each) for each in [(3, 1), (1, 3), (5, 0), (0, 5), (0, 0)]] == [0.5, -0.5, 1, -1, 0]


def test_rank_correlation_is_spearmans() -> None:
    random = np.random.default_rng(5)
    one, other = random.integers(0, 5, 60).astype(float), random.normal(size=60)
    assert rank_correlation(list(one), list(other)) == pytest.approx(spearmanr(one, other).statistic)
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
    assert rank_correlation([1], [2]) is None
