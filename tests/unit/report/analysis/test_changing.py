"""Primary claims whose measure changed over the period: what is told, and what is held up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shadowbench.report.analysis.changing import as_of_late, changes, marked, notes
from shadowbench.report.analysis.deciding import decide
from shadowbench.report.analysis.timeline import Courses
from shadowbench.report.document.comparisons import Comparison, Origin, Role, Scale
from shadowbench.report.document.times import Change, Point, Series
from shadowbench.report.document.verdicts import OF_VERDICTS, Condition, Decision, Met
from shadowbench.report.policy import Against, Claim, Needs, Policy, Statistic
from shadowbench.report.words import sentence
from shadowbench.stats.estimates import Estimate, Refused
from tests.unit.report.analysis.invented import PREFERENCE, Arm, an_arm, values_of
from tests.unit.report.analysis.parts import Interval, candidate, compared, counts, estimate
from tests.unit.report.analysis.traffic import DAY

CLAIM = Claim(measure="judge", margin=0.05)
POLICY = Policy(primary=(CLAIM,))
OF = compared("judge", (0.55, 0.62), role=Role.PRIMARY, scale=Scale.PREFERENCE, origin=Origin.JUDGE)
WHOLE = replace(OF, subject=replace(OF.subject, high=1.0))
SHOWN = Condition(claim=CLAIM, role=Role.PRIMARY, met=Met.SHOWN)


def over_days(n: int) -> Arm:
    return an_arm(n, started_at=np.linspace(0, 10 * DAY, n))


def point(at: float, window: Estimate) -> Point:
    return Point(from_at=at, to_at=at + DAY, n=window.n, clusters=window.clusters, window=window, running=window)


def changed(last: Interval | Estimate, *, scale: Scale = Scale.PREFERENCE, measure: str = "judge") -> Change:
    window = last if isinstance(last, Estimate) else estimate(last, clusters=60)
    return Change(
        measure=measure, scale=scale, stretches=10, first=point(0, estimate((0.9, 0.98))), last=point(9 * DAY, window)
    )


def test_a_judge_who_turned_away_has_changed_and_one_who_wavers_by_chance_has_not() -> None:
    arm, rng = over_days(2000), np.random.default_rng(1)
    turned = np.where(np.arange(2000) < 1200, rng.random(2000) < 0.95, rng.random(2000) < 0.09)
    (found,) = changes([values_of(arm, PREFERENCE, turned)], Courses(arm, POLICY))
    assert (found.measure, found.scale) == ("judge", Scale.PREFERENCE)
    assert found.stretches > 2
    assert found.first.window.value == pytest.approx(0.95, abs=0.06)
    assert found.last.window.value == pytest.approx(0.09, abs=0.09)
    assert changes([values_of(arm, PREFERENCE, rng.random(2000) < 0.5)], Courses(arm, POLICY)) == ()
    assert changes([values_of(arm, PREFERENCE, np.full(2000, 0.5))], Courses(arm, POLICY)) == ()


@pytest.mark.parametrize(
    ("last", "held_up"),
    [((0.04, 0.13), True), ((0.30, 0.449), True), ((0.30, 0.451), False), ((0.6, 0.8), False)],
)
def test_a_last_stretch_beyond_the_margin_leaves_the_claim_open(last: Interval, held_up: bool) -> None:
    found = as_of_late(SHOWN, WHOLE, [changed(last)])
    assert found == (replace(SHOWN, met=Met.OPEN, reason="worse_of_late") if held_up else SHOWN)


def test_a_last_stretch_without_variation_is_beyond_it_where_it_is_far_enough() -> None:
    alike = Estimate(
        method=estimate((0, 1)).method, level=0.95, n=60, clusters=60, value=0.0, reason=Refused.NO_VARIATION
    )
    assert as_of_late(SHOWN, WHOLE, [changed(alike)]).met is Met.OPEN
    assert as_of_late(SHOWN, WHOLE, [changed(replace(alike, clusters=5))]) == SHOWN  # three of five may not have come
    assert as_of_late(SHOWN, WHOLE, [changed(replace(alike, value=1.0))]) == SHOWN


@pytest.mark.parametrize(
    ("condition", "comparison", "change"),
    [
        (replace(SHOWN, met=Met.REFUTED), WHOLE, changed((0.0, 0.1))),
        (replace(SHOWN, met=Met.OPEN, reason="uncalibrated_judge"), WHOLE, changed((0.0, 0.1))),
        (replace(SHOWN, role=Role.GUARDRAIL), WHOLE, changed((0.0, 0.1))),
        (SHOWN, WHOLE, changed((0.0, 0.1), measure="another")),
        (SHOWN, WHOLE, changed((-0.4, -0.3), scale=Scale.DIFFERENCE)),
        (SHOWN, replace(WHOLE, statistic=Statistic.P95), changed((0.0, 0.1))),
        (SHOWN, replace(WHOLE, against=Against.AGAIN), changed((0.0, 0.1))),
        (SHOWN, None, changed((0.0, 0.1))),
    ],
)
def test_nothing_else_is_held_up(condition: Condition, comparison: Comparison | None, change: Change) -> None:
    assert as_of_late(condition, comparison, [change]) == condition


def test_who_must_be_better_is_held_up_by_a_stretch_that_is_worse() -> None:
    better = replace(SHOWN, claim=Claim(measure="judge", needs=Needs.BETTER))
    assert as_of_late(better, WHOLE, [changed((0.4, 0.49))]).reason == "worse_of_late"
    assert as_of_late(better, WHOLE, [changed((0.4, 0.51))]) == better


def test_a_series_does_not_deny_a_change_that_verdicts_know_of() -> None:
    calm = [Series(measure=name, scale=Scale.PREFERENCE, points=()) for name in ("judge", "other")]
    assert [each.changed for each in marked(calm, [changed((0.0, 0.1))])] == [True, False]
    assert [each.changed for each in marked([replace(calm[1], changed=True)], [])] == [True]


def test_a_verdict_waits_where_the_last_stretch_is_bad() -> None:
    policy = Policy(primary=(CLAIM,), requires=replace(POLICY.requires, uncalibrated_judges=True))
    verdicts = [decide([WHOLE], counts(), policy, changed=found) for found in ((), [changed((0.0, 0.1))])]
    assert [verdict.decision for verdict in verdicts] == [Decision.MAY, Decision.INCONCLUSIVE]


def test_a_change_is_told_with_the_first_and_the_last_stretch() -> None:
    (note,) = notes([candidate("small", [WHOLE], changes=(changed((0.04, 0.13)),))])
    assert note.code in OF_VERDICTS
    assert sentence(note) == (
        "small: judge changed by more than chance over the period: until 1970-01-02T00:00:00Z preferred in 94 % [90 %, 98 %], "
        "ties half, since 1970-01-10T00:00:00Z preferred in 8 % [4 %, 13 %], ties half. The whole is a mean of all of it; what "
        "moves now meets the last."
    )
