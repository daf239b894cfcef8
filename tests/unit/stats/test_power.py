from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower

from shadowbench.stats.clusters import mean
from shadowbench.stats.paired_binary import Pairs, mcnemar
from shadowbench.stats.power import (
    design_effect,
    detectable,
    mcnemar_pairs,
    pairs_needed,
    power_of,
    sd_of_repeats,
    still_needed,
)


def test_the_example_of_error_bars() -> None:
    sd = sd_of_repeats(1 / 9)
    assert pairs_needed(sd, 0.03) == pytest.approx(968.998, abs=1e-3)
    for repeats, mde in ((1, 0.1327), (10, 0.0757)):
        assert detectable(sd_of_repeats(1 / 9, 1 / 6, 1 / 6, repeats=repeats), 198) == pytest.approx(mde, abs=5e-5)


@pytest.mark.parametrize(("discordant", "difference", "pairs"), [(0.3, 0.05, 940), (0.2, 0.05, 626), (0.1, 0.02, 1960)])
def test_connors_sample_sizes(discordant: float, difference: float, pairs: int) -> None:
    assert math.ceil(mcnemar_pairs(discordant, difference)) == pairs
    assert mcnemar_pairs(discordant, -difference) == pytest.approx(mcnemar_pairs(discordant, difference))


def test_a_difference_needs_pairs_that_differ() -> None:
    with pytest.raises(ValueError, match="differ"):
        mcnemar_pairs(0.1, 0.2)


def test_power_agrees_with_statsmodels() -> None:
    theirs = NormalIndPower(ddof=0).power(0.2, nobs1=150, alpha=0.05, ratio=0)
    assert power_of(1.0, 150, 0.2) == pytest.approx(theirs)
    assert power_of(2.0, 300, 0.0, one_sided=True) == pytest.approx(0.05)


@given(st.floats(0.1, 5), st.floats(0.001, 1), st.floats(0.55, 0.99))
def test_sample_size_and_detectable_difference_are_inverse(sd: float, difference: float, power: float) -> None:
    pairs = pairs_needed(sd, difference, power=power)
    assert detectable(sd, pairs, power=power) == pytest.approx(difference)
    assert pairs_needed(sd, difference, power=power, one_sided=True) < pairs
    assert power_of(sd, pairs, difference) == pytest.approx(power, abs=0.003)


def test_clusters_cost_pairs() -> None:
    assert design_effect(1, 0.7) == 1
    assert design_effect(11, 0.2) == pytest.approx(3)


def test_what_it_still_takes_at_the_traffic_of_now() -> None:
    values = np.random.default_rng(1).normal(size=400)
    estimate = mean(values)
    found = still_needed(estimate, 0.1, pairs_per_day=50)
    assert found is not None and found.days is not None
    assert found.pairs == math.ceil(pairs_needed(float(values.std(ddof=1)), 0.1))
    assert (found.more, found.days) == (found.pairs - 400, (found.pairs - 400) / 50)
    enough = still_needed(estimate, 0.5, pairs_per_day=0)
    assert enough is not None and (enough.more, enough.days) == (0, 0.0)
    never = still_needed(estimate, 0.1, pairs_per_day=0)
    assert never is not None and never.days is None
    assert still_needed(mean([1.0]), 0.1, pairs_per_day=9) is None


def test_power_at_the_detectable_difference_is_what_was_promised() -> None:
    chance, runs, n = np.random.default_rng(2), 1500, 80
    delta = detectable(1.0, n)
    found = sum(mean(chance.normal(delta, 1, size=n)).excludes(0) for _ in range(runs))
    assert found / runs == pytest.approx(0.8, abs=0.01 + 2 * math.sqrt(0.16 / runs))


def test_power_at_connors_sample_size_is_what_was_promised() -> None:
    runs, n = 600, math.ceil(mcnemar_pairs(0.3, 0.1))
    tables = np.random.default_rng(3).multinomial(n, [0.4, 0.2, 0.1, 0.3], size=runs)
    found = sum(
        (mcnemar(Pairs(both=e, candidate_only=f, production_only=g, neither=h), mid_p=True).p or 0) < 0.05
        for e, f, g, h in tables.tolist()
    )
    assert found / runs == pytest.approx(0.8, abs=0.01 + 2 * math.sqrt(0.16 / runs))
