"""How many it takes: published values, and what more looks cost."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.report.policy import Looks, Watching
from shadowbench.report.sizing import (
    Design,
    Least,
    OutOfReachError,
    Unseen,
    Variation,
    amount,
    detectable,
    expected,
    of_yes_or_no,
)
from shadowbench.stats.clusters import mean
from shadowbench.stats.looks import at_look, obrien_fleming
from shadowbench.stats.power import mcnemar_pairs
from shadowbench.stats.sequences import FIRST_LOOK, asymptotic, critical_value, multiplier, rho

ONCE = Design(watching=Watching(looks=Looks.ONCE))
designs = st.builds(
    Design,
    alpha=st.sampled_from([0.01, 0.05, 0.1]),
    power=st.sampled_from([0.8, 0.9]),
    watching=st.builds(
        Watching, looks=st.sampled_from(list(Looks)), clusters=st.sampled_from([100, 1000, 10_000]), planned=st.just(3)
    ),
)


def test_a_single_look_takes_what_millers_example_says() -> None:
    assert amount(expected(math.sqrt(1 / 9)), 0.03, ONCE).pairs == 969


@pytest.mark.parametrize(("discordant", "difference", "pairs"), [(0.3, 0.05, 940), (0.2, 0.05, 626), (0.1, 0.02, 1960)])
def test_yes_or_no_takes_what_connor_says(discordant: float, difference: float, pairs: int) -> None:
    sd, at_null = of_yes_or_no(discordant, difference)
    found = amount(expected(sd, sd_at_null=at_null), difference, ONCE).pairs
    assert found == math.ceil(mcnemar_pairs(discordant, difference)) == pytest.approx(pairs, abs=1)


def test_yes_or_no_watched_allows_for_what_has_not_come() -> None:
    """As what decides does (`sequences.steadied`): three clusters that differ by all that they can."""
    sd, at_null = of_yes_or_no(0.01, 0.0)
    design = Design(watching=Watching(looks=Looks.ANY))
    found = amount(expected(sd, sd_at_null=at_null, unseen=Unseen.of_yes_or_no()), 0.01, design).clusters
    times = critical_value(found, tuned_for=1000, level=0.95)
    assert times * math.sqrt(0.01 / found + 3 / found**2) + 0.8416 * 0.1 / math.sqrt(found) == pytest.approx(
        0.01, rel=2e-3
    )
    assert found > 1.05 * amount(expected(sd, sd_at_null=at_null), 0.01, design).clusters
    once = [amount(expected(sd, unseen=each), 0.01, ONCE).clusters for each in (None, Unseen.of_yes_or_no())]
    assert once[0] == pytest.approx(once[1], abs=1)


def test_the_dearest_of_more_clusters_is_dearer_as_of_lognormal_values() -> None:
    rng = np.random.default_rng(6)
    largest = {n: float(np.median([rng.lognormal(-0.5, 1, n).max() for _ in range(400)])) for n in (300, 3000)}
    unseen = Unseen(any_time=1.0, planned=1.5, once=1.5, clusters=300, dearest=largest[300])
    assert unseen.reach(3000, Looks.ANY) == pytest.approx(largest[3000] / largest[300], rel=0.2)
    assert unseen.reach(200, Looks.ONCE) == 1.5
    assert replace(unseen, dearest=None).reach(3000, Looks.ANY) == 1.0


def test_looks_that_a_policy_planned_are_its_own() -> None:
    """For as many as it takes, five looks take 3 % more; where the last is declared at a thousand, an early one takes more."""
    planned = Design(watching=Watching(looks=Looks.PLANNED, clusters=1000), is_declared=True)
    early, late, beyond = (amount(expected(1.0), distance, planned) for distance in (0.14, 0.0915, 0.05))
    assert early.times_once > 1.3
    assert late.clusters == pytest.approx(1000, rel=0.05)
    assert beyond.times_once > 1.8  # what holds at any look takes over
    shown = detectable(expected(1.0), early.clusters, planned)
    assert shown == pytest.approx(0.14, rel=0.02)


@pytest.mark.parametrize("discordant", [0.01, 1.1])
def test_pairs_that_differ_are_at_least_as_many_as_the_difference(discordant: float) -> None:
    with pytest.raises(ValueError, match="needs at least as large a share"):
        of_yes_or_no(discordant, 0.05)


def test_five_planned_looks_take_three_percent_more() -> None:
    planned = Design(watching=Watching(looks=Looks.PLANNED, planned=5))
    assert amount(expected(1.0), 0.1, planned).times_once == pytest.approx(1.028, abs=5e-4)


def test_looking_at_any_time_takes_what_the_sequence_costs() -> None:
    design = Design(watching=Watching(looks=Looks.ANY, clusters=1000))
    found = amount(expected(0.25), 0.05, design)
    information = found.clusters * rho(1000, alpha=0.05) ** 2
    times = float(multiplier(information, alpha=0.05))
    assert (times + 0.8416) * 0.25 / math.sqrt(found.clusters) == pytest.approx(0.05, rel=2e-3)
    assert 1.9 < found.times_once < 2.1


def test_a_sequence_begins_at_its_first_look() -> None:
    assert amount(expected(0.1), 1.0, Design()).clusters == FIRST_LOOK
    assert amount(expected(0.1), 1.0, ONCE).clusters < FIRST_LOOK


@pytest.mark.parametrize("looks", list(Looks))
@pytest.mark.parametrize("sd", [0.0, 1e-300, 1e-9])
def test_what_hardly_varies_takes_what_is_asked_for_anyway(looks: Looks, sd: float) -> None:
    design = Design(watching=Watching(looks=looks))
    found = amount(expected(sd, cluster_size=2.0), 0.03, design, Least(pairs=300, clusters=50))
    assert (found.clusters, found.pairs, found.times_once) == (150, 300, 1.0)


def test_no_more_often_looking_takes_a_million_times_the_pairs() -> None:
    assert amount(expected(1e-9), 0.03, Design()).times_once == FIRST_LOOK / 2


@pytest.mark.parametrize("looks", list(Looks))
@pytest.mark.parametrize(("sd", "distance"), [(1e308, 1e-308), (math.inf, 0.1), (1.0, 1e-20)])
def test_what_nobody_could_gather_is_out_of_reach(looks: Looks, sd: float, distance: float) -> None:
    with pytest.raises(OutOfReachError, match="clusters would be needed"):
        amount(expected(sd), distance, Design(watching=Watching(looks=looks)))


def test_clusters_that_are_alike_take_more_pairs() -> None:
    alone = amount(expected(0.3), 0.03, ONCE)
    together = amount(expected(0.3, cluster_size=4, icc=0.5), 0.03, ONCE)
    assert together.pairs == pytest.approx(alone.pairs * 2.5, rel=0.01)
    assert together.clusters == pytest.approx(together.pairs / 4, abs=1)
    assert amount(expected(0.3, cluster_size=4), 0.03, ONCE).pairs == pytest.approx(alone.pairs, abs=4)


def test_nothing_is_not_told_from_nothing() -> None:
    with pytest.raises(ValueError, match="a distance above 0"):
        amount(expected(1.0), 0.0, ONCE)


@settings(deadline=None)
@given(designs, st.floats(0.05, 2.0), st.floats(0.01, 0.5))
def test_what_so_many_clusters_show_is_the_distance_that_takes_so_many(
    design: Design, deviation: float, distance: float
) -> None:
    variation = Variation(deviation=deviation)
    found = amount(variation, distance, design)
    shown = detectable(variation, found.clusters, design)
    assert shown <= distance * (1 + 1e-6)
    if found.clusters > FIRST_LOOK + 1:
        assert detectable(variation, found.clusters - 1, design) > distance * (1 - 1e-6)


@settings(deadline=None)
@given(designs, st.floats(0.05, 2.0), st.floats(0.01, 0.5), st.floats(1.01, 3.0))
def test_a_longer_way_takes_fewer_and_looking_more_often_no_fewer(
    design: Design, deviation: float, distance: float, times: float
) -> None:
    variation = Variation(deviation=deviation)
    found = amount(variation, distance, design)
    assert amount(variation, distance * times, design).clusters <= found.clusters
    assert found.times_once >= 1 - 1e-9


@pytest.mark.parametrize("looks", list(Looks))
def test_the_promised_power_is_there(looks: Looks) -> None:
    design = Design(watching=Watching(looks=looks, planned=2))
    pairs = amount(expected(1.0), 0.2, design).pairs
    rng, found = np.random.default_rng(5), 0
    plan = obrien_fleming(2)
    for _ in range(1500):
        values = rng.normal(0.2, 1.0, pairs)
        if looks is Looks.ONCE:
            found += mean(values).excludes(0.0)
        elif looks is Looks.ANY:  # at this look alone: earlier ones may have ended it
            found += asymptotic(mean(values), tuned_for=design.watching.clusters).excludes(0.0)
        else:
            found += any(at_look(mean(values[: pairs * (k + 1) // 2]), plan, k).excludes(0.0) for k in range(2))
    assert found / 1500 == pytest.approx(0.8, abs=0.03)  # about three standard errors
