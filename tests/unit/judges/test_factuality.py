from __future__ import annotations

import json

import pytest
import yaml

from shadowbench.judges.base import Question
from shadowbench.judges.factuality import build
from shadowbench.records import Outcome
from shadowbench.scores import Position
from shadowbench.store.testing import an_observation
from tests.unit.judges.judged import ask, judged, options, pair
from tests.unit.judges.test_rubrics import FILES

RUBRIC = yaml.safe_load(FILES["factuality"].read_text())
JUDGE = build(options("factuality", rubric=RUBRIC))
VIEW = pair("Riga, founded in 1201.", "Riga.", reference="Riga")


@pytest.mark.parametrize(("word", "value"), [("a", 0.4), ("b", 0.6), ("c", 1.0), ("d", 0.0), ("e", 1.0)])
def test_a_class_is_worth_what_the_file_says(word: str, value: float) -> None:
    def model(question: Question) -> str:
        return json.dumps({"analysis": "Compared.", "fact_class": word if question.position is Position.ALONE else "d"})

    came = judged(JUDGE, VIEW, model)
    assert (came.value, came.production_value) == (value, 0.0)
    [candidate, _] = ask(JUDGE, VIEW, model)
    assert candidate.scores == ((word, value),)


def test_without_a_reference_nothing_is_judged() -> None:
    assert JUDGE.objection(pair()) == "no_reference"
    assert JUDGE.objection(pair(reference="  ")) == "no_reference"
    assert JUDGE.objection(VIEW) is None


def test_what_the_request_lacks_goes_before_what_both_sides_failed_at() -> None:
    failed = an_observation(outcome=Outcome.TIMED_OUT, answer=None)
    assert JUDGE.objection(pair(failed, failed)) == "no_reference"
    assert JUDGE.objection(pair(failed, failed, reference="Riga")) == "fault_timed_out"


def test_an_unknown_class_is_no_verdict() -> None:
    assert judged(JUDGE, VIEW, lambda _: '{"analysis": "x", "fact_class": "C"}').reason == "reply_wrong_form"


def test_the_bounds_are_those_of_the_values() -> None:
    assert (JUDGE.measure.low, JUDGE.measure.high) == (0.0, 1.0)
