from __future__ import annotations

import numpy as np

from shadowbench.report.analysis.measuring import Measured, measured, measures_of
from shadowbench.report.analysis.values import OF_THE_LOG, Values
from shadowbench.report.policy import Statistic
from shadowbench.scores import Direction
from tests.unit.report.analysis.invented import a_log, a_subject, an_arm, of_sides, scored
from tests.unit.report.analysis.measures import values_over


def test_the_logs_own_come_first_and_scores_of_the_same_name_give_way() -> None:
    own, other = of_sides("latency"), of_sides("quality")
    log = a_log(1, scores={own: scored([1.0], [1.0]), other: scored([1.0], [1.0])})
    assert measures_of(log) == [*OF_THE_LOG, "quality"]


def test_values_are_asked_for_once_and_let_go() -> None:
    arm, asked = an_arm(3, failed=[True, False, False]), []
    subject = a_subject("slowness", high=None, direction=Direction.LOWER)

    def load() -> Values:
        asked.append(1)
        return values_over(arm, subject, [np.nan, 2, 3], [1, 1, 1], why=["fault_timed_out", None, None])

    one = Measured(arm, load)
    assert not asked
    assert one.ready_for(Statistic.MEAN) is one.ready_for(Statistic.TOTAL)
    assert one.ready_for(Statistic.P95) is one.for_quantiles
    assert len(asked) == 2
    assert one.for_quantiles.ranked is one.for_quantiles.ranked
    assert one.for_quantiles.answered.tolist() == [False, True, True]
    assert one.for_quantiles.ranked_answered.candidate.values.tolist() == [2, 3]
    assert one.for_quantiles.paired_answered.candidate.tolist() == [2, 3]
    one.forget()
    assert one.for_means.paired.n == 2
    assert len(asked) == 3


def test_scores_are_those_of_the_newest_configuration() -> None:
    measure = of_sides("quality", direction=Direction.HIGHER)
    log = a_log(2, scores={measure: scored([0.25, 0.5], [0.0, 0.0])})
    assert measured(log, an_arm(2), "quality").for_means.paired.candidate.tolist() == [0.25, 0.5]
