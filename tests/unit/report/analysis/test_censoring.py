from __future__ import annotations

import numpy as np
import pytest

from shadowbench.report.analysis.censoring import censored, of_times
from shadowbench.report.analysis.conditions import condition
from shadowbench.report.analysis.timing import Timed
from shadowbench.report.analysis.values import intended
from shadowbench.report.document.comparisons import Role
from shadowbench.report.document.verdicts import Met
from shadowbench.report.policy import Claim, Looks, Policy, Statistic, Watching
from shadowbench.scores import Direction, Shape
from tests.unit.report.analysis.invented import a_subject, an_arm
from tests.unit.report.analysis.measures import a_measure_of, compared, values_over

NAN = np.nan
GAIN = a_subject("gain", low=None, high=None)
SLOWNESS = a_subject("slowness", low=0.0, high=None, direction=Direction.LOWER)


def test_a_failure_is_beyond_every_bound_and_other_gaps_are_missing() -> None:
    arm = an_arm(4, failed=[True, False, False, False])
    why = ["fault_timed_out", None, "no_timing", None]
    found = censored(values_over(arm, SLOWNESS, [NAN, 2, NAN, 4], [1, 1, 1, 1], why=why), arm)
    assert found.candidate.tolist() == [np.inf, 2, 4]
    assert found.places.tolist() == [0, 1, 3]
    assert found.imputed.tolist() == [True, False, False]
    assert found.missing.candidate == {"no_timing": 1}  # the failure is there


def test_what_has_a_worst_value_has_it_here_too() -> None:
    arm = an_arm(2, failed=[True, False])
    values = values_over(arm, a_subject(), [NAN, 0.4], [0.5, 0.5], why=["fault_timed_out", None])
    assert censored(values, arm).candidate.tolist() == [0.0, 0.4] == intended(values, arm).candidate.tolist()


def test_where_higher_is_better_and_there_is_no_least_value_a_failure_is_below_everything() -> None:
    arm = an_arm(2, failed=[True, False])
    found = censored(values_over(arm, GAIN, [NAN, 7], [5, 5], why=["fault_timed_out", None]), arm)
    assert (found.candidate.tolist(), found.imputed.tolist()) == ([-np.inf, 7], [True, False])


def test_where_neither_is_better_a_failure_is_missing() -> None:
    arm = an_arm(2, failed=[True, False])
    subject = a_subject(low=None, high=None, direction=Direction.NEITHER)
    found = censored(values_over(arm, subject, [NAN, 7], [5, 5], why=["fault_timed_out", None]), arm)
    assert found.candidate.tolist() == [7]


def test_of_a_likeness_the_candidates_failure_is_the_worst() -> None:
    arm = an_arm(2, failed=[True, False])
    subject = a_subject(low=None, high=None, shape=Shape.PAIR)
    assert censored(values_over(arm, subject, [NAN, 7], why=["fault_timed_out", None]), arm).candidate.tolist() == [
        -np.inf,
        7,
    ]


def test_a_failure_of_a_request_that_the_measure_is_not_for_is_no_value() -> None:
    arm = an_arm(2, failed=[True, False])
    values = values_over(
        arm, SLOWNESS, [NAN, 2], [NAN, 1], why=["fault_timed_out", None], why_production=["no_schema", None]
    )
    assert censored(values, arm).candidate.tolist() == [2]


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("looks", list(Looks))
@pytest.mark.parametrize(
    ("failing", "met", "reason"), [(0.0, Met.SHOWN, None), (0.3, Met.REFUTED, None), (0.6, Met.OPEN, "censored")]
)
def test_a_quantile_counts_failures_where_higher_is_better(
    failing: float, met: Met, reason: str | None, looks: Looks, relative: bool
) -> None:
    rng = np.random.default_rng(23)
    theirs = rng.normal(100, 5, 3000)
    fails = rng.random(3000) < failing
    ours = np.where(fails, NAN, theirs + rng.normal(0, 0.5, 3000))
    claim = Claim(measure="gain", statistic=Statistic.P50, relative=relative, margin=0.01 if relative else 1.0)
    policy = Policy(primary=(claim,), watching=Watching(looks=looks, clusters=3000))
    why = ["fault_timed_out" if each else None for each in fails]
    comparison = compared(a_measure_of(GAIN, ours, theirs, failed=fails, why=why), policy, claim, role=Role.PRIMARY)
    assert (comparison.n, comparison.imputed) == (3000, int(fails.sum()))
    found = condition(claim, Role.PRIMARY, comparison, policy, calibrated=frozenset())
    assert (found.met, found.reason) == (met, reason)


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
