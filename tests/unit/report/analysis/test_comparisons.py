from __future__ import annotations

import numpy as np
import pytest

from shadowbench.report.analysis.asking import Asked
from shadowbench.report.analysis.comparisons import Comparing, pairs_per_day
from shadowbench.report.analysis.measuring import Measured
from shadowbench.report.document.comparisons import Comparison, Role
from shadowbench.report.policy import Against, Claim, Policy, Requirements, Statistic
from shadowbench.scores import Direction, Shape
from shadowbench.store.testing import a_measure
from tests.unit.report.analysis.invented import LIKENESS, PREFERENCE, a_log, a_subject, an_arm, scored
from tests.unit.report.analysis.measures import a_measure_of, values_over

N = 300
ASKED = Asked(claim=Claim(measure="quality"), role=Role.SECONDARY)


def of(policy: Policy, *asked: Asked, **others: object) -> list[Comparison]:
    sides = np.random.default_rng(1).random((2, N))
    comparing = Comparing(log=a_log(N), arm=an_arm(N), lane=None, policy=policy, seed=1, **others)  # type: ignore[arg-type]
    return list(comparing.of(asked, a_measure_of(a_subject(), *sides)).values())


def test_the_lanes_effect_of_the_same_question_is_the_noise() -> None:
    (plain,) = of(Policy(), ASKED)
    assert plain.noise is None
    relative = Asked(claim=Claim(measure="quality", relative=True), role=Role.SECONDARY)
    absolute, ratio = of(Policy(), ASKED, relative, noise=[plain])
    assert absolute.noise == plain.effect
    assert ratio.noise is None


def test_likeness_to_the_lane_has_the_lanes_own_likeness_as_noise() -> None:
    measure = a_measure(
        "alike", shape=Shape.PAIR, direction=Direction.HIGHER, kind="metric", version=LIKENESS.version,
        config_hash=LIKENESS.config_hash, low=0.0, high=1.0,
    )  # fmt: skip
    values = np.random.default_rng(2).random(N)
    log, lane = a_log(N, scores={measure: scored(values)}), an_arm(N, name="twin", again=True)
    policy = Policy(guardrails=(Claim(measure="alike", against=Against.AGAIN),))
    part = a_measure_of(LIKENESS, values)
    own = Comparing(log=log, arm=lane, lane=None, policy=policy, seed=1)
    (level,) = own.of([Asked(claim=Claim(measure="alike"), role=Role.SECONDARY)], part).values()
    ours = Comparing(log=log, arm=an_arm(N), lane=lane, policy=policy, seed=1, noise=[level])
    (found,) = ours.of([Asked(claim=policy.guardrails[0], role=Role.GUARDRAIL)], part).values()
    assert found.reason is None
    assert found.noise == level.effect


def test_chance_is_each_questions_own() -> None:
    quantile = Asked(claim=Claim(measure="quality", statistic=Statistic.P50), role=Role.SECONDARY)
    alone, (_, beside) = of(Policy(), quantile)[0], of(Policy(), ASKED, quantile)
    assert alone == beside


def test_days_are_those_of_the_pairs_that_a_judge_was_asked_about_and_that_the_lane_has() -> None:
    n = 4000
    drawn = np.random.default_rng(3).random(n) < 0.1
    values = np.where(drawn, np.random.default_rng(4).choice([0.0, 0.5, 1.0], n), np.nan)
    arm = an_arm(n, started_at=np.linspace(0, 4 * 86_400, n))
    part = Measured(arm, lambda: values_over(arm, PREFERENCE, values, why=[None if d else "not_drawn" for d in drawn]))
    policy = Policy(primary=(Claim(measure="judge", margin=0.02),), requires=Requirements(uncalibrated_judges=True))
    comparing = Comparing(log=a_log(n), arm=arm, lane=None, policy=policy, seed=1)
    (found,) = comparing.of([Asked(claim=policy.primary[0], role=Role.PRIMARY)], part).values()
    assert found.still_needed is not None
    assert found.still_needed.days == pytest.approx(found.still_needed.more / (drawn.sum() / 4))


def test_beside_a_lane_of_a_tenth_days_are_ten_times_as_many() -> None:
    n = 3000
    measure = a_measure(
        "alike", shape=Shape.PAIR, direction=Direction.HIGHER, kind="metric", version=LIKENESS.version,
        config_hash=LIKENESS.config_hash, low=0.0, high=1.0,
    )  # fmt: skip
    values = np.random.default_rng(2).random(n)
    arm = an_arm(n, started_at=np.linspace(0, 4 * 86_400, n))
    lane = an_arm(300, name="twin", again=True, exchange=np.arange(1, n + 1, 10))
    policy = Policy(guardrails=(Claim(measure="alike", against=Against.AGAIN, margin=0.01),))
    part = Measured(arm, lambda: values_over(arm, LIKENESS, values))
    ours = Comparing(log=a_log(n, scores={measure: scored(values)}), arm=arm, lane=lane, policy=policy, seed=1)
    (found,) = ours.of([Asked(claim=policy.guardrails[0], role=Role.GUARDRAIL)], part).values()
    assert (found.n, found.still_needed is not None) == (300, True)
    assert found.still_needed is not None
    assert found.still_needed.days == pytest.approx(found.still_needed.more / 75)


def test_traffic_is_pairs_by_the_time_between_the_first_and_the_last() -> None:
    hourly = an_arm(25, started_at=np.arange(25) * 3600.0)
    assert pairs_per_day(hourly, 25) == pytest.approx(25)
    assert pairs_per_day(hourly, 5) == pytest.approx(5)  # as of a judge who is asked about a fifth
    assert pairs_per_day(an_arm(1), 1) == 0.0
    assert pairs_per_day(an_arm(0), 0) == 0.0
