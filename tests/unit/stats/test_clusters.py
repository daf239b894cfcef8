from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.stats.clusters import Clusters, design_effect, mean
from shadowbench.stats.columns import effective_n, from_probabilities
from shadowbench.stats.estimates import Refused
from shadowbench.stats.methods import Method

SCORES = [1, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1]
OF_THREE = Clusters.of(np.repeat(np.arange(5), 3))
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def test_the_published_example_of_clustered_errors() -> None:
    found = mean(SCORES, clusters=OF_THREE)
    assert found.value == pytest.approx(0.533333, abs=1e-6)
    assert found.se == pytest.approx(0.169967, abs=1e-6)
    assert (found.low, found.high) == pytest.approx((0.061428, 1.005238), abs=1e-6)
    assert (found.n, found.clusters, found.effective_n) == (15, 5, 15.0)
    assert mean(SCORES).se == pytest.approx(0.133333, abs=1e-6)


def test_the_error_is_that_of_statsmodels_with_its_group_correction() -> None:
    ones = np.ones(len(SCORES))
    options = {"groups": OF_THREE.codes, "use_correction": False}
    fitted = sm.OLS(SCORES, ones).fit(cov_type="cluster", cov_kwds=options)
    assert mean(SCORES, clusters=OF_THREE).se == pytest.approx(fitted.bse[0] * math.sqrt(5 / 4))
    weights = np.linspace(1, 3, len(SCORES))
    weighted = sm.WLS(SCORES, ones, weights=weights).fit(cov_type="cluster", cov_kwds=options)
    found = mean(SCORES, clusters=OF_THREE, weights=weights)
    assert (found.value, found.se) == pytest.approx((weighted.params[0], weighted.bse[0] * math.sqrt(5 / 4)))


def test_darwins_maize() -> None:
    found = mean(DARWIN)
    assert found.value == pytest.approx(20.9333, abs=1e-4)
    assert found.value is not None and found.se is not None
    assert found.value / found.se == pytest.approx(2.147987, abs=1e-6)


def test_one_cluster_has_no_interval_and_no_values_have_no_estimate() -> None:
    alone = mean([1.0, 2.0], clusters=Clusters.of(["a", "a"]))
    assert (alone.value, alone.low, alone.reason) == (1.5, None, Refused.TOO_FEW)
    nothing = mean([])
    assert (nothing.value, nothing.reason) == (None, Refused.TOO_FEW)


def test_values_all_alike_have_an_interval_only_where_their_bounds_are_known() -> None:
    assert mean([0.0] * 30).reason is Refused.NO_VARIATION
    found = mean([0.0] * 30, bounds=(-1, 1))
    assert (found.method, found.reason) == (Method.ALL_ALIKE, None)
    assert (found.low, found.high) == pytest.approx((-(1 - 0.05 ** (1 / 30)), 1 - 0.05 ** (1 / 30)))
    assert mean([1.0] * 30, bounds=(0, 1)).high == 1.0
    aside = mean([0.25] * 30, bounds=(-1, 1))
    unseen = 1 - 0.05 ** (1 / 30)
    assert (aside.low, aside.high) == pytest.approx((0.25 - 1.25 * unseen, 0.25 + 0.75 * unseen))


def test_clusters_are_numbered_anew_among_the_chosen() -> None:
    groups = Clusters.of(["b", "a", "b", "c"])
    assert (groups.codes.tolist(), groups.count, groups.n, groups.alone) == ([1, 0, 1, 2], 3, 4, False)
    chosen = groups.among(np.array([False, True, False, True]))
    assert (chosen.codes.tolist(), chosen.count, chosen.alone) == ([0, 1], 2, True)
    assert groups.totals(np.array([[1.0, 2], [3, 4], [5, 6], [7, 8]])).tolist() == [[3, 4], [6, 8], [7, 8]]
    with pytest.raises(ValueError, match="clusters"):
        mean([1.0, 2.0], clusters=groups)


@pytest.mark.parametrize("values", [[1.0, float("nan")], [[1.0], [2.0]], [float("inf")]])
def test_what_is_no_number_is_an_error_of_whoever_calls(values: list[float]) -> None:
    with pytest.raises(ValueError):
        mean(values)


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, -1.0]])
def test_weights_are_positive_and_one_for_each_value(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        mean([1.0, 2.0], weights=weights)


@pytest.mark.parametrize("probability", [0.0, -0.1, 1.1])
def test_what_could_not_be_drawn_stands_for_nobody(probability: float) -> None:
    with pytest.raises(ValueError, match="drawn"):
        from_probabilities([0.5, probability])


def test_equal_weights_change_nothing_and_effective_n_counts_unequal_ones_less() -> None:
    assert mean(SCORES, weights=[7.0] * 15).se == pytest.approx(mean(SCORES).se)
    assert effective_n(np.array([1.0, 1, 1, 1])) == 4
    assert effective_n(np.array([10.0, 1, 1, 1])) == pytest.approx(169 / 103)


scores = st.lists(st.floats(-10, 10).map(lambda x: round(x, 3)), min_size=2, max_size=30)


@given(scores, st.randoms(use_true_random=False))
def test_order_does_not_matter(values: list[float], chance: object) -> None:
    rng = np.random.default_rng(len(values))
    groups = rng.integers(0, 5, len(values))
    order = rng.permutation(len(values))
    once = mean(values, clusters=Clusters.of(groups))
    again = mean(np.array(values)[order], clusters=Clusters.of(groups[order]))
    assert (once.reason, once.clusters) == (again.reason, again.clusters)
    assert once.value == pytest.approx(again.value)
    if once.reason is None and once.low is not None and once.value is not None and once.high is not None:
        assert once.low <= once.value <= once.high
        assert once.se == pytest.approx(again.se, abs=1e-9)


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 4)), min_size=2, max_size=20))
def test_a_weight_is_as_good_as_a_repetition_within_the_cluster(rows: list[tuple[int, int]]) -> None:
    values = np.array([value for value, _ in rows], dtype=float)
    times = np.array([n for _, n in rows])
    weighted = mean(values, weights=times.astype(float))
    repeated = mean(np.repeat(values, times), clusters=Clusters.of(np.repeat(np.arange(len(rows)), times)))
    assert weighted.value == pytest.approx(repeated.value)
    assert weighted.reason == repeated.reason
    if weighted.reason is None:
        assert weighted.se == pytest.approx(repeated.se)


def test_the_design_effect_is_the_size_of_clusters_of_copies() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=2000)
    copies = np.repeat(values, 5)
    assert design_effect(copies, Clusters.of(np.repeat(np.arange(2000), 5))) == pytest.approx(5, rel=0.01)
    assert design_effect(values, Clusters.each(2000)) == 1
    assert design_effect([1.0, 1.0], Clusters.each(2)) is None


def test_intervals_of_clusters_cover_what_they_promise_where_naive_ones_do_not() -> None:
    rng = np.random.default_rng(7)
    groups = Clusters.of(np.repeat(np.arange(25), 8))
    runs, covered, naive = 600, 0, 0
    for _ in range(runs):
        values = rng.normal(size=25)[groups.codes] + rng.normal(size=200)
        covered += not mean(values, clusters=groups).excludes(0)
        naive += not mean(values).excludes(0)
    assert covered / runs == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / runs))
    assert naive / runs < 0.75


@pytest.mark.parametrize("rare", [0.001, 0.02])
def test_values_that_happen_to_be_all_alike_are_covered_as_well(rare: float) -> None:
    """A candidate that differs rarely: many runs see no difference at all."""
    chance, runs, alike, covered = np.random.default_rng(5), 1500, 0, 0
    for differs in chance.binomial(60, rare, size=runs):
        if differs:
            continue
        alike += 1
        covered += not mean(np.zeros(60), bounds=(-1, 1)).excludes(rare)
    assert alike > 300
    assert (runs - alike + covered) / runs >= 0.95


def test_unequal_sampling_rates_do_not_bias_what_is_weighted() -> None:
    """Two routes, one sampled at 5 % where the candidate is worse, one at 80 % where it is better: truly no difference."""
    rng = np.random.default_rng(3)
    runs, size = 400, 4000
    route = np.arange(size) % 2
    chance = np.where(route == 0, 0.05, 0.8)
    weighted, plain, covered = [], [], 0
    for _ in range(runs):
        drawn = rng.random(size) < chance
        values = (rng.normal(size=size) + np.where(route == 0, -0.5, 0.5))[drawn]
        found = mean(values, weights=from_probabilities(chance[drawn]))
        weighted.append(found.value)
        plain.append(values.mean())
        covered += not found.excludes(0)
    assert np.mean(weighted) == pytest.approx(0, abs=3 * np.std(weighted) / math.sqrt(runs))
    assert np.mean(plain) > 0.35
    assert covered / runs == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / runs))


def test_unequal_clusters_all_alike_say_as_much_as_they_are_worth() -> None:
    """Of 101 clusters one has half of all values: a failure of its own would have shown with the chance of few."""
    groups = Clusters.of(np.r_[np.zeros(100), np.arange(1, 101)])
    assert groups.worth(np.ones(200)) == pytest.approx(200**2 / (100**2 + 100))
    found = mean(np.zeros(200), clusters=groups, bounds=(0, 1))
    assert found.high == pytest.approx(1 - 0.05 ** (1 / groups.worth(np.ones(200))))
    assert found.worth == groups.worth(np.ones(200))
