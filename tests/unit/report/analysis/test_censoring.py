from __future__ import annotations

import numpy as np

from shadowbench.report.analysis.censoring import censored, of_times
from shadowbench.report.analysis.timing import Timed
from shadowbench.report.analysis.values import intended
from shadowbench.scores import Direction
from tests.unit.report.analysis.invented import a_subject, an_arm
from tests.unit.report.analysis.measures import values_over

NAN = np.nan
SLOWNESS = a_subject("slowness", low=0.0, high=None, direction=Direction.LOWER)


def test_a_failure_is_beyond_every_bound_and_other_gaps_are_missing() -> None:
    arm = an_arm(4, failed=[True, False, False, False])
    why = ["fault_timed_out", None, "no_timing", None]
    found = censored(values_over(arm, SLOWNESS, [NAN, 2, NAN, 4], [1, 1, 1, 1], why=why), arm)
    assert found.candidate.tolist() == [np.inf, 2, 4]
    assert found.places.tolist() == [0, 1, 3]
    assert found.imputed.tolist() == [True, False, False]
    assert found.missing.candidate == {"fault_timed_out": 1, "no_timing": 1}


def test_what_has_a_worst_value_has_it_here_too() -> None:
    arm = an_arm(2, failed=[True, False])
    values = values_over(arm, a_subject(), [NAN, 0.4], [0.5, 0.5], why=["fault_timed_out", None])
    assert censored(values, arm).candidate.tolist() == [0.0, 0.4] == intended(values, arm).candidate.tolist()


def test_where_higher_is_better_and_there_is_no_least_value_a_failure_is_missing() -> None:
    arm = an_arm(2, failed=[True, False])
    subject = a_subject(low=None, high=None)
    found = censored(values_over(arm, subject, [NAN, 7], [5, 5], why=["fault_timed_out", None]), arm)
    assert found.candidate.tolist() == [7]


def test_times_are_those_that_timing_compares() -> None:
    arm = an_arm(3, failed=[True, False, False])
    means = intended(values_over(arm, SLOWNESS, [NAN, 2, 3], [1, 1, 1], why=["fault_timed_out", None, None]), arm)
    sample = arm.sample(np.array([True, True, False]))
    times = Timed(
        places=sample.places, production=np.array([1.0, 1]), candidate=np.array([np.inf, 2]),
        answered=np.array([False, True]), weights=sample.weights, clusters=sample.clusters, left_out={"late": 1},
    )  # fmt: skip
    found = of_times(times, means)
    assert (found.n, found.candidate.tolist(), found.imputed.tolist()) == (2, [np.inf, 2], [True, False])
