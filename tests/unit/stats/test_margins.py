from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.weightstats import ttost_paired

from shadowbench.scores import Direction
from shadowbench.stats.clusters import mean
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.margins import Finding, Standing, equivalence, non_inferiority, stand, superiority
from shadowbench.stats.methods import Method
from shadowbench.stats.sequences import asymptotic

DIFFERENCES = [0.02, -0.01, 0.03, 0, -0.02, 0.01, 0.04, -0.03, 0.02, 0.01]
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def between(low: float, high: float) -> Estimate:
    return Estimate(
        method=Method.CLUSTER_T, level=0.95, n=9, clusters=9, value=(low + high) / 2, low=low, high=high, se=1.0
    )


def test_the_reference_of_non_inferiority() -> None:
    found = non_inferiority(mean(DIFFERENCES), 0.02)
    assert found.statistic == pytest.approx(3.857143, abs=1e-6)
    assert found.p == pytest.approx(0.00193195, abs=1e-8)
    assert mean(DIFFERENCES, level=0.9).low == pytest.approx(-0.00583179, abs=1e-8)
    assert equivalence(mean(DIFFERENCES), 0.02).p == pytest.approx(0.0481252, abs=1e-7)


def test_statsmodels_says_the_same() -> None:
    values = np.array(DIFFERENCES)
    theirs, above, _ = ttost_paired(values, 0 * values, -0.02, 0.02)
    assert equivalence(mean(values), 0.02).p == pytest.approx(theirs)
    assert non_inferiority(mean(values), 0.02).p == pytest.approx(above[1])
    assert superiority(mean(DARWIN)).p == pytest.approx(0.0497029, abs=1e-7)


@pytest.mark.parametrize(
    ("low", "high", "standing", "worse", "equivalent"),
    [
        (0.01, 0.20, Standing.BETTER, False, False),
        (0.01, 0.04, Standing.BETTER, False, True),
        (-0.04, 0.20, Standing.NON_INFERIOR, False, False),
        (-0.04, 0.04, Standing.NON_INFERIOR, False, True),
        (-0.04, -0.01, Standing.NON_INFERIOR, True, True),
        (-0.06, -0.01, Standing.INCONCLUSIVE, True, False),
        (-0.06, 0.20, Standing.INCONCLUSIVE, False, False),
        (-0.20, -0.06, Standing.INFERIOR, True, False),
    ],
)
def test_what_an_interval_says_against_a_margin(
    low: float, high: float, standing: Standing, worse: bool, equivalent: bool
) -> None:
    said = Finding(standing=standing, worse=worse, equivalent=equivalent)
    assert stand(between(low, high), 0.05, Direction.HIGHER) == said
    assert stand(between(-high, -low), 0.05, Direction.LOWER) == said
    ratio = between(math.exp(-high), math.exp(-low))
    assert stand(ratio, math.expm1(0.05), Direction.LOWER, relative=True) == said


@pytest.mark.parametrize(
    ("low", "high", "standing", "worse", "equivalent"),
    [
        (0.0, 0.2, Standing.NON_INFERIOR, False, False),
        (-0.05, 0.0, Standing.INCONCLUSIVE, False, False),
        (-0.04, 0.05, Standing.NON_INFERIOR, False, False),
        (-0.2, -0.05, Standing.INCONCLUSIVE, True, False),
    ],
)
def test_an_interval_that_only_touches_has_not_passed(
    low: float, high: float, standing: Standing, worse: bool, equivalent: bool
) -> None:
    assert stand(between(low, high), 0.05, Direction.HIGHER) == Finding(
        standing=standing, worse=worse, equivalent=equivalent
    )


def test_without_an_interval_nothing_is_concluded() -> None:
    refused = mean([1.0])
    assert stand(refused, 0.5, Direction.HIGHER) == Finding(standing=Standing.INCONCLUSIVE)
    assert non_inferiority(refused, 0.5).reason is Refused.TOO_FEW
    assert non_inferiority(mean([0.0] * 9, bounds=(-1, 1)), 0.5).reason is Refused.NO_VARIATION


def test_a_margin_needs_a_direction_and_a_size() -> None:
    with pytest.raises(ValueError, match="neither"):
        stand(between(0, 1), 0.1, Direction.NEITHER)
    with pytest.raises(ValueError, match="below zero"):
        stand(between(0, 1), -0.1, Direction.HIGHER)


@given(st.floats(-1, 1), st.floats(0.001, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_wider_margin_never_makes_it_worse(low: float, width: float, margin: float, more: float) -> None:
    order = [Standing.INFERIOR, Standing.INCONCLUSIVE, Standing.NON_INFERIOR, Standing.BETTER]
    narrow, wide = (stand(between(low, low + width), m, Direction.HIGHER) for m in (margin, margin + more))
    assert order.index(wide.standing) >= order.index(narrow.standing)


def test_the_test_and_the_bound_agree_and_hold_their_level() -> None:
    chance, runs, alarms = np.random.default_rng(4), 1500, 0
    for _ in range(runs):
        values = chance.normal(-0.1, 1, size=30)  # exactly at the margin
        estimate = mean(values, level=0.9)
        p = non_inferiority(estimate, 0.1).p
        assert p is not None and estimate.low is not None
        assert (p < 0.05) == (estimate.low > -0.1)
        alarms += p < 0.05
    assert alarms / runs <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)


def test_a_candidate_at_the_margin_does_not_pass_by_being_watched() -> None:
    """Twenty looks through a confidence sequence, as a gate takes them; ordinary intervals let many pass."""
    chance, runs, watched, naive = np.random.default_rng(6), 400, 0, 0
    passes = {Standing.NON_INFERIOR, Standing.BETTER}
    for _ in range(runs):
        values = chance.normal(-0.1, 1, size=2000)
        looks = [mean(values[:n]) for n in range(100, 2001, 100)]
        sequence = [asymptotic(estimate, tuned_for=500) for estimate in looks]
        watched += any(stand(e, 0.1, Direction.HIGHER).standing in passes for e in sequence)
        naive += any(stand(e, 0.1, Direction.HIGHER).standing in passes for e in looks)
    assert watched / runs <= 0.025 + 2 * math.sqrt(0.025 * 0.975 / runs)
    assert naive / runs > 0.08
