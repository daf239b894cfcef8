"""An answer that says nothing is the worst there is, where the other side said something."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shadowbench.report.analysis.values import Paired, intended, score_values
from shadowbench.scores import Direction, Shape
from shadowbench.store.testing import a_measure
from tests.unit.report.analysis.invented import a_log, an_arm, of_sides, scored

NAN = np.nan
SCHEMA = of_sides("json_schema", direction=Direction.HIGHER, low=0.0, high=1.0)
LENGTH = of_sides("length", direction=Direction.NEITHER, low=0.0, high=None)
ALIKE = a_measure("rouge_l", shape=Shape.PAIR, direction=Direction.HIGHER, low=0.0, high=1.0)
EMPTY = of_sides("empty", direction=Direction.LOWER, low=0.0, high=1.0)


def counted(measure: Any, candidate: list[float], production: list[float] | None = None, **changes: Any) -> Paired:
    n = len(candidate)
    why = ["no_text" if np.isnan(value) else None for value in candidate]
    theirs = None if production is None else ["no_text" if np.isnan(value) else None for value in production]
    scores = {measure: scored(candidate, production, why=why, why_production=theirs)}
    if (empty := changes.pop("empty", None)) is not None:
        scores[EMPTY] = scored(*empty)
    log, arm = a_log(n, scores=scores, **changes), an_arm(n)
    return intended(score_values(log, arm, measure), arm)


def test_a_blank_answer_is_the_worst_and_two_are_no_pair() -> None:
    found = counted(SCHEMA, [NAN, 1.0, NAN, 1.0], [1.0, NAN, NAN, 1.0])
    assert found.production is not None
    assert (found.candidate.tolist(), found.production.tolist()) == ([0.0, 1.0, 1.0], [1.0, 0.0, 1.0])
    assert (found.places.tolist(), found.imputed.tolist()) == ([0, 1, 3], [True, True, False])
    assert (found.missing.candidate, found.missing.production) == ({"no_text": 1}, {"no_text": 1})


def test_the_mean_is_that_of_all_who_asked() -> None:
    rng = np.random.default_rng(13)
    valid, blank = rng.random(2000) < 0.99, rng.random(2000) < 0.09
    found = counted(SCHEMA, np.where(blank, NAN, valid).tolist(), np.ones(2000).tolist())
    assert found.difference.mean() == pytest.approx(np.where(blank, 0.0, valid).mean() - 1)


@pytest.mark.parametrize(
    "told", [{"candidate_finish_reason": ["tool_use", "stop"]}, {"empty": ([0.0, 0.0], [0.0, 0.0])}]
)
def test_a_tool_call_without_a_text_is_no_blank_answer(told: dict[str, Any]) -> None:
    found = counted(SCHEMA, [NAN, 1.0], [1.0, 1.0], **told)
    assert (found.places.tolist(), found.missing.candidate) == ([1], {"no_text": 1})


def test_what_has_no_worst_value_lacks_a_blank_answers() -> None:
    assert counted(LENGTH, [NAN, 7.0], [6.0, 5.0]).places.tolist() == [1]


def test_of_both_together_the_metric_empty_tells_whose_it_is() -> None:
    empty = ([1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0])
    found = counted(ALIKE, [NAN, NAN, NAN, 0.8], empty=empty)
    assert (found.places.tolist(), found.candidate.tolist()) == ([0, 3], [0.0, 0.8])
    assert counted(ALIKE, [NAN, NAN, NAN, 0.8]).places.tolist() == [3]


def of_a_preference(why: list[str | None], **scores: Any) -> Paired:
    """Four pairs, of which the judge judged the last."""
    measure = a_measure("pairwise", kind="judge", shape=Shape.PAIR, direction=Direction.HIGHER, low=0.0, high=1.0)
    log, arm = a_log(4, scores={measure: scored([NAN, NAN, NAN, 0.5], why=why)} | scores.get("beside", {})), an_arm(4)
    return intended(score_values(log, arm, measure), arm)


def test_of_a_preference_the_reason_may_tell_whose_it_is() -> None:
    found = of_a_preference(["blank_candidate", "blank_production", "no_text", None])
    assert (found.candidate.tolist(), found.imputed.tolist()) == ([0.0, 1.0, 0.5], [True, True, False])
    assert found.missing.pair == {"no_text": 1}  # neither said anything


def test_what_was_just_not_given_the_metric_empty_tells_of() -> None:
    empty = {EMPTY: scored([1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0])}
    found = of_a_preference(["not_given"] * 3 + [None], beside=empty)
    assert (found.candidate.tolist(), found.missing.pair) == ([0.0, 1.0, 0.5], {"not_given": 1})
    assert of_a_preference(["not_given"] * 3 + [None]).candidate.tolist() == [0.5]
