"""What a failure counts as: the table of the module, line by line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shadowbench.report.analysis.omissions import unscored
from shadowbench.report.analysis.values import (
    OF_THE_LOG,
    Paired,
    intended,
    is_preference,
    log_values,
    score_values,
    worst_of,
)
from shadowbench.report.document.comparisons import Origin, Subject
from shadowbench.scores import Direction, Shape
from shadowbench.store.columns import ScoreColumns
from shadowbench.store.testing import a_measure
from tests.unit.report.analysis.invented import (
    LIKENESS,
    PREFERENCE,
    a_log,
    a_subject,
    an_arm,
    coded,
    of_sides,
    scored,
)
from tests.unit.report.analysis.measures import values_over

NAN = np.nan
FAILED = {"failed": [True, False, True, False], "production_failed": np.array([False, True, True, False])}
FAULT = "fault_timed_out"


def counted(subject: Subject, candidate: list[float], production: list[float] | None = None) -> Paired:
    """Four pairs: the candidate failed, production failed, both failed, both answered."""
    arm = an_arm(4, **FAILED)
    why = [FAULT if np.isnan(value) else None for value in candidate]
    theirs = None if production is None else [FAULT if np.isnan(value) else None for value in production]
    return intended(values_over(arm, subject, candidate, production, why=why, why_production=theirs), arm)


def test_of_bounded_sides_whoever_failed_has_the_worst_value() -> None:
    found = counted(a_subject(), [NAN, 0.7, NAN, 0.8], [0.6, NAN, NAN, 0.5])
    assert found.production is not None
    assert found.candidate.tolist() == [0.0, 0.7, 0.0, 0.8]
    assert found.production.tolist() == [0.6, 0.0, 0.0, 0.5]
    assert found.imputed.tolist() == [True, True, True, False]
    assert (found.missing.candidate, found.missing.production, found.missing.differs) == ({}, {}, None)


def test_where_lower_is_better_the_worst_is_the_highest() -> None:
    found = counted(a_subject(direction=Direction.LOWER), [NAN, 0.7, NAN, 0.8], [0.6, NAN, NAN, 0.5])
    assert found.candidate.tolist() == [1.0, 0.7, 1.0, 0.8]


@pytest.mark.parametrize("changes", [{"low": None}, {"direction": Direction.NEITHER}])
def test_without_a_worst_value_such_pairs_are_missing_and_counted(changes: dict[str, object]) -> None:
    found = counted(a_subject(**changes), [NAN, 7, NAN, 8], [6, NAN, NAN, 5])
    assert found.candidate.tolist() == [8]
    assert found.missing.candidate == {FAULT: 2}
    assert found.missing.production == {FAULT: 2}
    assert found.missing.differs is not None


def test_who_failed_lost_and_where_both_failed_nobody_is_preferred() -> None:
    found = counted(PREFERENCE, [NAN, NAN, NAN, 0.9])
    assert found.candidate.tolist() == [0.0, 1.0, 0.9]
    assert found.imputed.tolist() == [True, True, False]
    assert found.missing.pair == {"neither_answered": 1}
    assert unscored(found.missing) == 0  # no scorer could have looked at it


def test_an_outage_of_both_sides_moves_no_preference() -> None:
    few, many = (an_arm(n, failed=np.arange(n) >= 2, production_failed=np.arange(n) >= 2) for n in (3, 40))
    without, outage = (
        intended(values_over(arm, PREFERENCE, [0.0, 0.5, *[NAN] * (arm.n - 2)], why=[None, None, *[FAULT] * (arm.n - 2)]), arm)
        for arm in (few, many)
    )  # fmt: skip
    assert (without.candidate.mean(), outage.candidate.mean()) == (0.25, 0.25)
    assert outage.missing.pair == {"neither_answered": 38}


def test_two_failures_that_no_judge_was_to_look_at_keep_that_reason() -> None:
    arm = an_arm(2, failed=[True, True], production_failed=np.array([True, True]))
    found = intended(values_over(arm, PREFERENCE, [NAN, NAN], why=["not_drawn", FAULT]), arm)
    assert found.missing.pair == {"not_drawn": 1, "neither_answered": 1}


def test_where_production_failed_there_is_nothing_to_be_like() -> None:
    found = counted(LIKENESS, [NAN, NAN, NAN, 0.9])
    assert found.candidate.tolist() == [0.0, 0.9]
    assert found.places.tolist() == [0, 3]
    assert found.missing.pair == {FAULT: 2}


def test_a_value_that_is_there_although_a_side_failed_stays() -> None:
    found = counted(a_subject(), [0.4, 0.7, NAN, 0.8], [0.6, 0.3, NAN, 0.5])
    assert found.candidate.tolist() == [0.4, 0.7, 0.0, 0.8]
    assert found.imputed.tolist() == [False, False, True, False]


def test_a_judges_word_on_an_answer_that_is_not_there_is_none() -> None:
    judge = a_measure("pairwise", kind="judge", shape=Shape.PAIR, direction=Direction.HIGHER, low=0.0, high=1.0)
    arm = an_arm(4, **FAILED)
    log = a_log(4, scores={judge: scored([0.5, 0.5, 0.5, 0.5])})
    found = intended(score_values(log, arm, judge), arm)
    assert (found.candidate.tolist(), found.imputed.tolist()) == ([0.0, 1.0, 0.5], [True, True, False])
    assert found.missing.pair == {"neither_answered": 1}


def test_a_judges_grade_of_an_answer_that_is_not_there_is_none() -> None:
    judge = a_measure("rubric", kind="judge", shape=Shape.SIDES, direction=Direction.HIGHER, low=0.0, high=1.0)
    arm = an_arm(4, **FAILED)
    log = a_log(4, scores={judge: scored([0.9] * 4, [0.8] * 4)})
    found = intended(score_values(log, arm, judge), arm)
    assert found.production is not None
    assert (found.candidate.tolist(), found.production.tolist()) == ([0, 0.9, 0, 0.9], [0.8, 0, 0, 0.8])


def test_failed_calls_of_unknown_cost_are_told_as_such() -> None:
    log, arm = log_of_three(), an_arm(3, production_failed=np.array([False, True, False]))
    missing = intended(log_values(log, arm, "cost"), arm).missing
    assert (missing.production, missing.candidate) == ({"fault_timed_out": 1}, {"no_usage": 1})


@pytest.mark.parametrize("reason", ["not_drawn", "not_scored", "other_candidate"])
def test_what_nobody_looked_at_counts_as_neither(reason: str) -> None:
    arm = an_arm(2, failed=[True, False])
    found = intended(values_over(arm, PREFERENCE, [NAN, 1.0], why=[reason, None]), arm)
    assert (found.places.tolist(), found.imputed.any()) == ([1], False)
    assert found.missing.pair == {reason: 1}


def test_some_of_the_pairs_keep_what_is_missing_of_the_whole() -> None:
    found = counted(a_subject(), [NAN, 0.7, NAN, 0.8], [0.6, NAN, NAN, 0.5])
    some = found.among(np.array([False, True, False, True]))
    assert (some.n, some.candidate.tolist(), some.missing) == (2, [0.7, 0.8], found.missing)
    assert some.clusters.count == 2


def test_who_makes_the_judge_repeat_it_has_failed() -> None:
    arm = an_arm(4)
    why = ["echo_of_candidate", "echo_of_production", "reply_echo", None]
    found = intended(values_over(arm, PREFERENCE, [NAN, NAN, NAN, 0.8], None, why=why), arm)
    assert (found.candidate.tolist(), found.imputed.tolist()) == ([0.0, 1.0, 0.8], [True, True, False])
    assert found.missing.pair == {"reply_echo": 1}  # nobody knows whose


def test_of_a_rubric_who_makes_the_judge_repeat_it_has_the_worst_value() -> None:
    arm = an_arm(2)
    why = ["echo_of_candidate", None]
    found = intended(values_over(arm, a_subject(), [NAN, 0.7], [0.6, 0.5], why=why, why_production=[None, None]), arm)
    assert found.candidate.tolist() == [0.0, 0.7]


def test_a_preference_is_a_judges_from_zero_to_one() -> None:
    assert is_preference(PREFERENCE)
    assert not is_preference(LIKENESS)
    assert not is_preference(a_subject("judge", origin=Origin.JUDGE, shape=Shape.PAIR, high=5.0))
    assert worst_of(a_subject(direction=Direction.LOWER)) == 1.0


def test_scores_weigh_by_both_probabilities() -> None:
    columns = scored([0.5, 0.6, NAN], [0.4, 0.4, NAN], why=[None, None, "not_drawn"])
    rare = ScoreColumns(
        value=columns.value, production_value=columns.production_value, reason=columns.reason,
        production_reason=columns.production_reason, probability=np.array([0.5, 1.0, NAN]),
    )  # fmt: skip
    measure = of_sides("quality", direction=Direction.HIGHER)
    log = a_log(3, scores={measure: rare})
    arm = an_arm(3, weights=np.array([2.0, 2.0, 2.0]))
    assert score_values(log, arm, measure).weights.tolist() == [4.0, 2.0, 2.0]
    everywhere = a_log(3, scores={measure: columns})
    assert score_values(everywhere, arm, measure).weights is arm.weights


def log_of_three() -> Any:
    columns = {}
    for side, seconds in (("production", [1.0, NAN, 2.0]), ("candidate", [0.5, 0.6, NAN])):
        columns |= {
            f"{side}_latency_s": np.array(seconds), f"{side}_ttft_s": np.array(seconds),
            f"{side}_gap_p95_s": np.array(seconds), f"{side}_output_tokens": np.array([10.0, NAN, 12]),
            f"{side}_cost_usd": np.array([0.1, NAN, 0.2]), f"{side}_cost_reason": [None, "no_usage", None],
            f"{side}_disturbed": [None, None, "late"], f"{side}_streamed": np.array([1.0, 1, 0]),
        }  # fmt: skip
    outcomes = {"production_outcome": ["ok", "timed_out", "ok"], "candidate_outcome": ["ok", "ok", "ok"]}
    return a_log(3, **columns, **outcomes)


def test_measures_of_the_log_have_reasons_where_they_have_no_value() -> None:
    log, arm = log_of_three(), an_arm(3, production_failed=np.array([False, True, False]))
    found = {name: intended(log_values(log, arm, name), arm) for name in OF_THE_LOG}
    assert found["error_class"].production is not None
    assert found["error_class"].production.tolist() == [0, 1, 0]
    assert found["latency"].candidate.tolist() == [0.5]
    assert found["latency"].missing.production == {"fault_timed_out": 1, "late": 1}
    assert found["latency"].missing.candidate == {"late": 1}
    assert found["ttft"].missing.candidate == {"late": 1}
    assert found["cost"].missing.candidate == {"no_usage": 1}
    assert found["output_tokens"].missing.candidate == {"no_usage": 1}
    assert found["output_tokens"].subject.direction is Direction.NEITHER


def test_words_of_reasons_are_coded_once() -> None:
    assert coded(["a", None, "a"]).texts == ("a",)
