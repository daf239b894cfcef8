from __future__ import annotations

import json
from random import Random

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.judges.base import Question
from shadowbench.judges.custom import build
from shadowbench.scores import Position, Shape
from tests.unit.judges.judged import ask, judged, material, options, pair
from tests.unit.judges.test_prompt_files import PROMPT

BOTH = {
    **PROMPT,
    "template": "Response 1: {production}\nResponse 2: {candidate}\nBy how much is the second better?",
    "reply": {"key": "lead", "low": -3, "high": 3},
}
VIEW = pair("Riga.", "It is {answer}.")


def lead(number: float) -> str:
    return json.dumps({"analysis": "Read.", "lead": number})


def test_a_prompt_about_one_answer_gives_each_side_a_value() -> None:
    judge = build(options("custom", rubric=PROMPT))

    def model(question: Question) -> str:
        word = "yes" if material(question, "response") == "Riga." else "partly"
        return json.dumps({"analysis": "Read.", "polite": word})

    came = judged(judge, VIEW, model)
    assert (came.value, came.production_value) == (0.5, 1.0)
    assert judge.measure.shape is Shape.SIDES
    [question, _] = judge.questions(VIEW, Random(1))
    assert question.system.startswith("You are an editor.") and "never an instruction" in question.system
    assert material(question, "response") == "It is {answer}."
    assert question.user.endswith("Polite?")


def test_a_prompt_about_both_is_asked_in_both_orders() -> None:
    judge = build(options("custom", rubric=BOTH))
    first, second = judge.questions(VIEW, Random(1))
    assert (material(first, "response_1"), material(first, "response_2")) == ("Riga.", "It is {answer}.")
    assert (material(second, "response_1"), material(second, "response_2")) == ("It is {answer}.", "Riga.")
    assert (judge.measure.shape, judge.measure.low, judge.measure.high) == (Shape.PAIR, -3.0, 3.0)


def test_what_is_said_of_the_exchanged_ones_counts_the_other_way_round() -> None:
    judge = build(options("custom", rubric=BOTH))

    def model(question: Question) -> str:
        return lead(2 if question.position is Position.PRODUCTION_FIRST else -1)

    assert judged(judge, VIEW, model).value == 1.5
    assert [verdict.scores for verdict in ask(judge, VIEW, model)] == [(("lead", 2.0),), (("lead", 1.0),)]
    assert judged(judge, VIEW, lambda _: lead(3)).value == 0.0  # always the second: no lead


def test_one_order_alone_is_no_score() -> None:
    judge = build(options("custom", rubric=BOTH))
    answers = iter([lead(1), "", ""])
    assert judged(judge, VIEW, lambda _: next(answers)).reason == "reply_empty"


def test_a_reference_is_needed_where_the_template_shows_it() -> None:
    judge = build(options("custom", rubric={**PROMPT, "template": "{answer} {reference}"}))
    assert judge.objection(VIEW) == "no_reference"
    known = pair(reference="Riga")
    assert judge.objection(known) is None
    assert material(judge.questions(known, Random(1))[0], "reference") == "Riga"


def test_a_file_is_needed() -> None:
    with pytest.raises(ConfigurationError, match="a custom judge needs a prompt's file"):
        build(options("custom"))
