from __future__ import annotations

import numpy as np
import pytest

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.estimates import Refused
from shadowbench.stats.quantile_resamples import QuantileContrasts, resampled_contrasts
from shadowbench.stats.quantiles import Sorted, compare_quantiles

LEVELS = (0.5, 0.95, 0.99)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def sides(candidate: FloatArray, production: FloatArray, weights: FloatArray, groups: Clusters) -> QuantileContrasts:
    ours, theirs = (Sorted.of(x, weights, groups.codes) for x in (candidate, production))
    return QuantileContrasts(ours, theirs, LEVELS, groups.count)


def test_each_level_is_what_it_is_alone_with_the_same_chance() -> None:
    chance = rng()
    candidate, production = chance.lognormal(0.2, size=1200), chance.lognormal(size=1200)
    production[:5] = np.inf
    weights, groups = chance.uniform(1, 3, 1200), Clusters.of(np.arange(1200) // 2)
    found = resampled_contrasts(sides(candidate, production, weights, groups), rng(7))
    alone = [compare_quantiles(candidate, production, q, rng(7), clusters=groups, weights=weights) for q in LEVELS]
    assert list(found) == alone
    assert [each.reason for each in found] == [None, None, Refused.CENSORED]


@pytest.mark.parametrize("n", [1, 9, 60, 100])
def test_what_is_too_little_for_one_level_is_refused_for_it_alone(n: int) -> None:
    candidate, production = rng(2).lognormal(size=(2, n))
    ones, groups = np.ones(n), Clusters.each(n)
    found = resampled_contrasts(sides(candidate, production, ones, groups), rng(3))
    assert list(found) == [compare_quantiles(candidate, production, q, rng(3)) for q in LEVELS]
    assert found[2].reason is Refused.TOO_FEW
    assert found[2].value is not None


def test_no_pairs_are_too_few() -> None:
    nothing = np.empty(0)
    found = resampled_contrasts(sides(nothing, nothing, nothing, Clusters.each(0)), rng())
    assert [(each.reason, each.value) for each in found] == [(Refused.TOO_FEW, None)] * 3


def test_it_is_no_statistic_for_little_bootstraps() -> None:
    two = np.ones(2)
    with pytest.raises(NotImplementedError, match="little bootstraps"):
        sides(two, two, two, Clusters.each(2)).among(np.array([0]))
