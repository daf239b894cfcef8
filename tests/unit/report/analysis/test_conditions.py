"""A claim is shown by the deciding interval, refuted by the strict one, and else open; what cannot be trusted is open."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.analysis.conditions import (
    comparison_of,
    condition,
    conditions,
    gain,
    share_unscored,
    trusted,
    within,
)
from shadowbench.report.analysis.omissions import unscored
from shadowbench.report.document.comparisons import Comparison, Missing, Origin, Role, Scale
from shadowbench.report.document.verdicts import Condition, Met
from shadowbench.report.policy import Against, Claim, Needs, Policy, Requirements, Statistic, WhereAbsent
from shadowbench.scores import Direction
from shadowbench.stats.power import StillNeeded
from tests.unit.report.analysis.invented import a_subject
from tests.unit.report.analysis.measures import a_measure_of
from tests.unit.report.analysis.measures import compared as measured
from tests.unit.report.analysis.parts import card, compared, effect, estimate

CLAIM = Claim(measure="rubric", margin=0.05)
BETTER = Claim(measure="rubric", needs=Needs.BETTER)
SLOWER = Claim(measure="latency", margin=0.1, relative=True, statistic=Statistic.P95)
BOUND = Claim(measure="errors", against=Against.BOUND, bound=0.02)


def weighed(claim: Claim, comparison: Comparison | None, **policy: Any) -> Condition:
    """As the only primary claim."""
    given = Policy(primary=(claim,), **policy)
    judges = frozenset({comparison.subject}) if comparison is not None else frozenset()
    return condition(claim, Role.PRIMARY, comparison, given, calibrated=judges)


@pytest.mark.parametrize(
    ("interval", "met"),
    [
        ((-0.04, 0.02), Met.SHOWN),
        ((-0.05, 0.02), Met.OPEN),  # at the margin itself nothing is shown
        ((-0.08, 0.02), Met.OPEN),
        ((-0.08, -0.05), Met.OPEN),
        ((-0.08, -0.06), Met.REFUTED),
        ((0.01, 0.02), Met.SHOWN),
    ],
)
def test_not_worse_by_the_margin(interval: tuple[float, float], met: Met) -> None:
    assert weighed(CLAIM, compared(interval=interval)).met is met


@pytest.mark.parametrize(
    ("interval", "met"),
    [
        ((0.5, 0.9), Met.SHOWN),
        ((0.9, 1.09), Met.SHOWN),
        ((0.9, 1.11), Met.OPEN),
        ((1.11, 1.3), Met.REFUTED),
        ((0.0, 1.05), Met.SHOWN),  # a bound of 0 has no logarithm, and is on the good side
    ],
)
def test_a_ratio_may_be_a_tenth_above_one(interval: tuple[float, float], met: Met) -> None:
    of = compared(
        "latency", interval, scale=Scale.RATIO, direction=Direction.LOWER, statistic=Statistic.P95, relative=True
    )
    assert weighed(SLOWER, of).met is met


def test_where_more_is_better_a_ratio_may_be_one_by_a_tenth_more() -> None:
    claim = Claim(measure="tokens_per_second", margin=0.1, relative=True)
    found = [
        weighed(claim, compared("tokens_per_second", (low, 1.2), scale=Scale.RATIO, relative=True)).met
        for low in (1 / 1.09, 1 / 1.11)
    ]
    assert found == [Met.SHOWN, Met.OPEN]


@pytest.mark.parametrize(
    ("interval", "met"),
    [((0.46, 0.49), Met.SHOWN), ((0.44, 0.56), Met.OPEN), ((0.40, 0.44), Met.REFUTED)],
)
def test_a_preference_has_its_margin_below_one_half(interval: tuple[float, float], met: Met) -> None:
    of = compared(
        interval=interval, scale=Scale.PREFERENCE, direction=Direction.LOWER
    )  # to be preferred is always better
    assert weighed(CLAIM, of).met is met


@pytest.mark.parametrize(
    ("interval", "met"),
    [((0.0, 0.02), Met.SHOWN), ((0.01, 0.03), Met.OPEN), ((0.021, 0.03), Met.REFUTED)],
)
def test_a_bound_may_be_reached_and_not_passed(interval: tuple[float, float], met: Met) -> None:
    of = compared("errors", interval, scale=Scale.LEVEL, direction=Direction.LOWER, against=Against.BOUND)
    assert weighed(BOUND, of).met is met


def test_a_bound_is_for_levels_and_needs_a_number() -> None:
    of = compared("errors", (0.0, 0.01), direction=Direction.LOWER, against=Against.BOUND)
    level = compared("errors", (0.0, 0.01), scale=Scale.LEVEL, direction=Direction.LOWER, against=Against.BOUND)
    nothing = Claim(measure="errors", against=Against.BOUND)
    assert (weighed(BOUND, of).reason, weighed(nothing, level).reason) == ("not_measured", "no_bound")


@pytest.mark.parametrize(
    ("interval", "p", "met", "reason"),
    [
        ((0.01, 0.05), 0.01, Met.SHOWN, None),
        ((0.01, 0.05), 0.20, Met.OPEN, "wide_interval"),  # one of many candidates is ahead by chance
        ((0.01, 0.05), None, Met.OPEN, "no_p"),
        ((-0.01, 0.05), 0.01, Met.OPEN, "wide_interval"),
        ((-0.05, -0.01), 0.01, Met.REFUTED, None),
    ],
)
def test_to_be_better_takes_the_interval_and_holm(
    interval: tuple[float, float], p: float | None, met: Met, reason: str | None
) -> None:
    found = weighed(BETTER, compared(interval=interval, p_adjusted=p))
    assert (found.met, found.reason) == (met, reason)


def test_only_the_strict_interval_refutes() -> None:
    of = compared(interval=(-0.08, -0.06), strict=(-0.09, -0.045))
    assert weighed(CLAIM, of).met is Met.OPEN
    assert weighed(CLAIM, compared(interval=(-0.08, -0.04), strict=(-0.09, -0.06))).met is Met.REFUTED


def test_without_a_strict_interval_only_a_single_claim_can_be_refuted() -> None:
    of = compared(interval=(-0.08, -0.06))
    alone = replace(of, effect=replace(of.effect, strict=None))
    assert weighed(CLAIM, alone).met is Met.REFUTED
    assert weighed(CLAIM, alone, guardrails=(BOUND,)).met is Met.OPEN


@pytest.mark.parametrize(
    ("comparison", "reason"),
    [
        (None, "not_measured"),
        (compared(reason="no_values"), "no_values"),
        (compared(interval=None), "too_few"),
        (compared(scale=Scale.LEVEL), "no_value_of_production"),
        (compared(direction=Direction.NEITHER), "no_direction"),
        (compared(n=99), "too_few"),
        (compared(clusters=49), "too_few"),
        (compared(missing=Missing(candidate={"no_text": 112})), "too_many_unscored"),
        (compared(missing=Missing(pair={"reply_empty": 112})), "too_many_unscored"),
    ],
)
def test_what_cannot_be_trusted_is_open_and_says_why(comparison: Comparison | None, reason: str) -> None:
    found = weighed(CLAIM, comparison)
    assert (found.met, found.reason) == (Met.OPEN, reason)


def test_what_cannot_be_trusted_does_not_refute_either() -> None:
    assert weighed(CLAIM, compared(interval=(-0.9, -0.8), n=99)).met is Met.OPEN


def test_a_judge_that_nobody_compared_with_people_decides_only_where_it_may() -> None:
    of = compared(interval=(0.01, 0.02), origin=Origin.JUDGE)
    careful, careless = (
        Policy(primary=(CLAIM,), requires=Requirements(uncalibrated_judges=may)) for may in (False, True)
    )
    found = [
        conditions((of,), policy, calibrated=trusted((of,), policy, [card("rubric", calibrated=known)]))[0]
        for policy, known in ((careful, False), (careful, True), (careless, False))
    ]
    assert [(each.met, each.reason) for each in found] == [
        (Met.OPEN, "uncalibrated_judge"),
        (Met.SHOWN, None),
        (Met.SHOWN, None),
    ]


def test_the_calibration_of_one_configuration_is_not_that_of_another() -> None:
    of = compared(origin=Origin.JUDGE)
    policy = Policy(primary=(CLAIM,))
    assert trusted((of,), policy, [card("rubric")]) == {of.subject}
    assert not trusted((of,), policy, [replace(card("rubric"), config_hash="another")])


def test_what_does_not_apply_and_what_failed_is_not_unscored() -> None:
    missing = Missing(
        production={"no_tools": 50, "fault_timed_out": 9, "no_text": 3, "late": 1},
        candidate={"no_tools": 50, "not_drawn": 70, "no_text": 5},
    )
    assert unscored(missing) == 5 + 1  # the larger of the two sides for each reason


def test_a_claim_that_says_so_is_skipped_where_nothing_was_measured() -> None:
    claim = Claim(measure="rubric", margin=0.05, where_absent=WhereAbsent.SKIP)
    nothing = compared(n=5, imputed=5, measured=False)
    assert [weighed(claim, each).met for each in (None, nothing, compared())] == [
        Met.SKIPPED,
        Met.SKIPPED,
        Met.SHOWN,
    ]


def test_what_one_side_alone_has_values_of_was_measured() -> None:
    claim = Claim(measure="quality", margin=0.05, where_absent=WhereAbsent.SKIP)
    policy = Policy(primary=(Claim(measure="pairwise"),), guardrails=(claim,))
    fails = np.arange(200) < 40

    def met(production: float, **changes: Any) -> Met:
        measure = a_measure_of(a_subject(), np.full(200, np.nan), np.full(200, production), **changes)
        return condition(
            claim, Role.GUARDRAIL, measured(measure, policy, claim, role=Role.GUARDRAIL), policy, calibrated=frozenset()
        ).met

    assert met(0.8) is Met.OPEN
    assert met(np.nan, failed=fails, production_failed=fails) is Met.SKIPPED
    assert met(0.8, failed=np.ones(200)) is Met.REFUTED  # all that the candidate has are failures


def test_what_still_waits_for_a_scorer_is_not_skipped() -> None:
    claim = Claim(measure="rubric", margin=0.05, where_absent=WhereAbsent.SKIP)
    waiting = compared(n=0, measured=False, missing=Missing(candidate={"no_schema": 90, "not_scored": 10}))
    done = compared(n=0, measured=False, missing=Missing(candidate={"no_schema": 100}))
    assert [weighed(claim, each).met for each in (waiting, done)] == [Met.OPEN, Met.SKIPPED]


def test_a_claim_finds_the_comparison_of_its_own_role_and_statistic() -> None:
    primary, guardrail, other = (
        compared(role=Role.PRIMARY),
        compared(role=Role.GUARDRAIL),
        compared(role=Role.PRIMARY, statistic=Statistic.P95),
    )
    among = (other, guardrail, primary)
    assert comparison_of(CLAIM, Role.PRIMARY, among) is primary
    assert comparison_of(CLAIM, Role.GUARDRAIL, among) is guardrail
    assert comparison_of(CLAIM, Role.PRIMARY, (other, guardrail)) is guardrail  # declared twice, computed once
    assert comparison_of(CLAIM, Role.PRIMARY, (other,)) is None


def test_totals_are_ratios_whether_or_not_the_claim_says_so() -> None:
    claim = Claim(measure="cost", margin=0.1, statistic=Statistic.TOTAL)
    total = compared(
        "cost", (0.9, 1.05), scale=Scale.RATIO, direction=Direction.LOWER, statistic=Statistic.TOTAL, relative=True
    )
    assert weighed(claim, total).met is Met.SHOWN


def test_beside_a_small_lane_what_is_unscored_is_a_share_of_all_pairs() -> None:
    claim = Claim(measure="rubric", margin=0.05, against=Against.AGAIN)
    of = compared(n=150, against=Against.AGAIN, missing=Missing(pair={"no_text": 60}))
    found = conditions((of,), Policy(primary=(claim,)), calibrated=(), pairs=2000)
    assert (share_unscored(of, 2000), found[0].met) == (0.03, Met.SHOWN)
    assert conditions((of,), Policy(primary=(claim,)), calibrated=(), pairs=210)[0].reason == "too_many_unscored"


def test_a_claim_without_a_margin_takes_the_form_it_asked_for_first() -> None:
    ratio, difference = compared(scale=Scale.RATIO, relative=True), compared()
    for relative, wanted in ((True, ratio), (False, difference)):
        claim = Claim(measure="rubric", needs=Needs.BETTER, relative=relative)
        assert comparison_of(claim, Role.SECONDARY, (ratio, difference)) is wanted
        assert comparison_of(claim, Role.SECONDARY, (difference, ratio)) is wanted


def test_a_relative_margin_is_for_ratios_alone() -> None:
    difference = compared("latency", statistic=Statistic.P95)
    assert comparison_of(SLOWER, Role.PRIMARY, (difference,)) is None


@given(st.floats(-5, 5), st.floats(0, 5), st.sampled_from([Direction.HIGHER, Direction.LOWER]))
def test_gains_turn_round_with_the_direction(low: float, width: float, direction: Direction) -> None:
    found = gain(estimate((low, low + width)), Scale.DIFFERENCE, direction)
    assert found is not None
    assert (found.low, found.high) == ((low, low + width) if direction is Direction.HIGHER else (-low - width, -low))


@given(st.floats(0.01, 100), st.floats(1, 5))
def test_a_ratio_and_its_inverse_have_opposite_gains(low: float, factor: float) -> None:
    found = gain(estimate((low, low * factor)), Scale.RATIO, Direction.HIGHER)
    inverse = gain(estimate((1 / (low * factor), 1 / low)), Scale.RATIO, Direction.LOWER)
    assert found is not None
    assert inverse is not None
    assert math.isclose(found.low, inverse.low, abs_tol=1e-9)
    assert math.isclose(found.high, inverse.high, abs_tol=1e-9)


def test_without_an_interval_or_a_better_side_there_is_no_gain() -> None:
    nothing = estimate(None, value=1.0)
    assert gain(nothing, Scale.DIFFERENCE, Direction.HIGHER) is None
    assert gain(effect((0, 1)).deciding, Scale.LEVEL, Direction.HIGHER) is None
    assert gain(effect((0, 1)).deciding, Scale.DIFFERENCE, Direction.NEITHER) is None
    assert within(nothing, 0.5, Direction.LOWER) is None


def test_what_is_required_may_be_met_exactly() -> None:
    requires = Requirements(pairs=90, clusters=40, most_unscored=0.1)
    exact = compared(n=90, clusters=40, missing=Missing(candidate={"no_text": 10}))
    assert share_unscored(exact, 0) == 0.1
    assert weighed(CLAIM, exact, requires=requires).met is Met.SHOWN


def test_margins_are_for_what_must_not_be_worse_than_production() -> None:
    needs_better = Claim(measure="rubric", needs=Needs.BETTER, margin=0.5)
    bounded = Claim(measure="errors", against=Against.BOUND, bound=0.02, margin=0.5)
    with_bound = Claim(measure="rubric", margin=0.05, bound=0.9)  # against production all the same
    level = compared("errors", (0.021, 0.03), scale=Scale.LEVEL, direction=Direction.LOWER, against=Against.BOUND)
    assert weighed(needs_better, compared(interval=(-0.05, -0.01), p_adjusted=0.001)).met is Met.REFUTED
    assert weighed(bounded, level).met is Met.REFUTED
    assert weighed(with_bound, compared(interval=(-0.04, 0.02))).met is Met.SHOWN


def test_what_it_would_take_is_told_of_open_conditions_alone() -> None:
    still = StillNeeded(pairs=9, more=3, days=None)
    found = [weighed(CLAIM, compared(interval=each, still_needed=still)) for each in ((0, 1), (-1, 1), (-1, -0.5))]
    assert [each.still_needed for each in found] == [None, still, None]
