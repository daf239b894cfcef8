"""What so many pairs show, and how many more a claim takes: one number for reports and plans."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from shadowbench.report.analysis.reaching import distance_of, still_needed, variation_of, working_se
from shadowbench.report.document.comparisons import Comparison, Scale
from shadowbench.report.policy import Against, Claim, Looks, Needs, Policy, Requirements, Watching
from shadowbench.report.sizing import Design, amount, detectable
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.methods import Method
from shadowbench.stats.power import StillNeeded
from tests.unit.report.analysis.invented import a_subject
from tests.unit.report.analysis.measures import a_measure_of, compared

CLAIM = Claim(measure="quality", margin=0.05)
N = 800


def policy(looks: Looks, claim: Claim = CLAIM, *, pairs: int = 10) -> Policy:
    requires = Requirements(pairs=pairs, clusters=10)
    return Policy(primary=(claim,), watching=Watching(looks=looks, clusters=1000), requires=requires)


def found_in(looks: Looks, claim: Claim = CLAIM, n: int = N) -> Comparison:
    rng = np.random.default_rng(3)
    sides = rng.normal(0.5, 0.2, (2, n)).clip(0, 1)
    return compared(a_measure_of(a_subject(), *sides, clusters=np.arange(n) // 2), policy(looks, claim), claim)


def needed(looks: Looks, margin: float, *, per_day: float = 50.0, pairs: int = 10) -> StillNeeded:
    claim = replace(CLAIM, margin=margin)
    found = still_needed(claim, found_in(looks, claim), policy(looks, claim, pairs=pairs), per_day)
    assert found is not None
    return found


def test_it_is_what_sizing_says() -> None:
    comparison = found_in(Looks.ANY)
    variation = variation_of(comparison)
    assert variation is not None
    design = Design(watching=Watching(looks=Looks.ANY, clusters=1000), is_declared=True)
    found = needed(Looks.ANY, 0.02)
    assert found.pairs == amount(variation, 0.02, design).pairs > N
    assert found.more == found.pairs - N
    assert found.days == pytest.approx(found.more / 50.0)
    assert detectable(variation, found.pairs // 2 + 1, design) == pytest.approx(0.02, rel=2e-2)


def test_a_comparison_has_it_where_it_was_declared() -> None:
    assert found_in(Looks.ANY, replace(CLAIM, margin=0.02)).still_needed == needed(Looks.ANY, 0.02, per_day=100.0)


def test_whoever_looks_at_any_time_needs_more() -> None:
    once, planned, always = (needed(looks, 0.02).pairs for looks in (Looks.ONCE, Looks.PLANNED, Looks.ANY))
    assert once < planned <= always < 4 * once


def test_what_is_there_already_takes_no_more_and_what_never_comes_has_no_days() -> None:
    assert (needed(Looks.ANY, 0.4).more, needed(Looks.ANY, 0.4).days) == (0, 0.0)
    assert needed(Looks.ANY, 0.01, per_day=0.0).days is None


def test_it_takes_as_many_as_the_policy_asks_for() -> None:
    assert needed(Looks.ONCE, 0.4, pairs=2000).pairs == 2000


def test_so_little_that_nobody_could_gather_it_is_out_of_reach() -> None:
    claim = replace(CLAIM, margin=1e-300)
    assert still_needed(claim, found_in(Looks.ANY, claim), policy(Looks.ANY, claim), 50.0) is None


def test_nothing_is_told_of_what_has_no_distance() -> None:
    comparison = found_in(Looks.ANY)
    assert distance_of(Claim(measure="quality"), comparison) == "no_margin"
    assert distance_of(Claim(measure="quality", needs=Needs.BETTER), comparison) == "no_difference"
    bound = Claim(measure="quality", against=Against.BOUND, bound=0.9)
    assert distance_of(bound, comparison) == "beyond_the_bound"
    together = replace(comparison, effect=replace(comparison.effect, scale=Scale.LEVEL))
    assert distance_of(CLAIM, together) == "no_value_of_production"
    assert still_needed(Claim(measure="quality"), comparison, policy(Looks.ANY), 50.0) is None


def test_an_interval_without_an_error_tells_it_by_its_width() -> None:
    interval = Estimate(method=Method.WOODRUFF, level=0.95, n=9, clusters=9, value=2.0, low=1.0, high=4.0)
    assert working_se(interval, 0.5, 3.0, on_logarithms=False) == 0.5
    assert working_se(interval, None, 3.0, on_logarithms=False) == pytest.approx(0.5)
    assert working_se(interval, None, 2.0, on_logarithms=True) == pytest.approx(math.log(4) / 4)
    nothing = Estimate(method=Method.WOODRUFF, level=0.95, n=9, clusters=9)
    assert working_se(nothing, None, 3.0, on_logarithms=False) is None
    assert working_se(interval, None, math.inf, on_logarithms=False) is None
    endless = replace(interval, low=0.0, high=math.inf)
    assert working_se(endless, None, 3.0, on_logarithms=True) is None
