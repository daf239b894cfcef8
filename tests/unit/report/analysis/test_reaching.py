from __future__ import annotations

import math
from typing import Any

import pytest

from shadowbench.report.analysis.reaching import detectable, still_needed, working_se
from shadowbench.report.analysis.watching import Looking
from shadowbench.report.policy import Looks, Watching
from shadowbench.stats.estimates import Estimate, around
from shadowbench.stats.methods import Method
from shadowbench.stats.power import still_needed as by_a_single_look


def looking(looks: Looks, clusters: int = 400) -> Looking:
    return Looking(watching=Watching(looks=looks, clusters=1000), clusters=clusters)


def needed(
    looks: Looks, se: float, difference: float, *, n: int = 800, clusters: int = 400, per_day: float = 50.0
) -> Any:
    return still_needed(se, difference, looking(looks), n=n, clusters=clusters, level=0.95, pairs_per_day=per_day)


def test_for_a_single_look_it_is_the_textbooks_number() -> None:
    estimate = around(0.0, 0.02, method=Method.CLUSTER_T, level=0.95, n=80_000, clusters=40_000)
    expected = by_a_single_look(estimate, 0.01, pairs_per_day=50.0)
    found = needed(Looks.ONCE, 0.02, 0.01, n=80_000, clusters=40_000)
    assert expected is not None
    assert found is not None
    assert found.pairs == pytest.approx(expected.pairs, rel=1e-3)
    assert found.days == pytest.approx(found.more / 50.0)


def test_whoever_looks_at_any_time_needs_more() -> None:
    once, planned, always = (needed(looks, 0.02, 0.05) for looks in (Looks.ONCE, Looks.PLANNED, Looks.ANY))
    assert once.pairs < planned.pairs < always.pairs < 4 * once.pairs


def test_what_takes_longer_than_was_planned_takes_as_much_as_looking_at_any_time() -> None:
    assert needed(Looks.PLANNED, 0.02, 0.03).pairs == needed(Looks.ANY, 0.02, 0.03).pairs > 2000


def test_with_so_many_pairs_the_margin_is_what_can_be_detected() -> None:
    eyes = looking(Looks.ANY)
    found = still_needed(0.02, 0.03, eyes, n=800, clusters=400, level=0.95, pairs_per_day=1.0)
    assert found is not None
    grown = found.pairs / 800
    critical = eyes.critical(400, 0.95, grown=grown)
    assert detectable(0.02 / math.sqrt(grown), critical) == pytest.approx(0.03, rel=2e-3)


def test_what_is_there_already_takes_no_more_and_what_never_comes_has_no_days() -> None:
    enough = needed(Looks.ANY, 0.001, 0.2)
    assert (enough.more, enough.days) == (0, 0.0)
    assert needed(Looks.ANY, 0.02, 0.01, per_day=0.0).days is None
    assert needed(Looks.ANY, 0.02, 1e-9) is None


def test_an_interval_without_an_error_tells_it_by_its_width() -> None:
    interval = Estimate(method=Method.WOODRUFF, level=0.95, n=9, clusters=9, value=2.0, low=1.0, high=4.0)
    assert working_se(interval, 0.5, 3.0, on_logarithms=False) == 0.5
    assert working_se(interval, None, 3.0, on_logarithms=False) == pytest.approx(0.5)
    assert working_se(interval, None, 2.0, on_logarithms=True) == pytest.approx(math.log(4) / 4)
    nothing = Estimate(method=Method.WOODRUFF, level=0.95, n=9, clusters=9)
    assert working_se(nothing, None, 3.0, on_logarithms=False) is None
    assert working_se(interval, None, math.inf, on_logarithms=False) is None
