from __future__ import annotations

import numpy as np
import pytest

from shadowbench.report.analysis.asking import Asked
from shadowbench.report.analysis.comparisons import Comparing, pairs_per_day
from shadowbench.report.document.comparisons import Comparison, Role
from shadowbench.report.policy import Against, Claim, Policy, Statistic
from shadowbench.scores import Direction, Shape
from shadowbench.store.testing import a_measure
from tests.unit.report.analysis.invented import LIKENESS, a_log, a_subject, an_arm, scored
from tests.unit.report.analysis.measures import a_measure_of

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


def test_traffic_is_pairs_by_the_time_between_the_first_and_the_last() -> None:
    hourly = an_arm(25, started_at=np.arange(25) * 3600.0)
    assert pairs_per_day(hourly, 25) == pytest.approx(25)
    assert pairs_per_day(hourly, 5) == pytest.approx(5)  # as of a judge who is asked about a fifth
    assert pairs_per_day(an_arm(1), 1) == 0.0
    assert pairs_per_day(an_arm(0), 0) == 0.0
