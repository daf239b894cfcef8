from __future__ import annotations

from random import Random

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.judges.pairwise import build
from shadowbench.records import Answer, Choice, Embeddings, ToolCall
from shadowbench.store.testing import an_observation
from tests.unit.judges.judged import ask, material, options, pair, says


def test_a_reference_is_shown_where_the_rubric_wants_it_and_one_is_known() -> None:
    rubric = {"name": "r", "version": 1, "kind": "pairwise", "criteria": [{"id": "truth", "text": "is true"}]}
    seeing = build(options(rubric={**rubric, "reference": "optional"}))
    assert material(seeing.questions(pair(reference="Riga"), Random(1))[0], "reference") == "Riga"
    assert "reference" not in seeing.questions(pair(), Random(1))[0].user
    assert "reference" not in build(options(rubric=rubric)).questions(pair(reference="Riga"), Random(1))[0].user
    needing = build(options(rubric={**rubric, "reference": "required"}))
    assert needing.objection(pair()) == "no_reference"
    assert needing.objection(pair(reference="Riga")) is None


def test_long_texts_are_cut_by_the_same_bound_and_flagged() -> None:
    view = pair("a" * 1_000, "b" * 300, request={"messages": [{"role": "user", "content": "hi"}]})
    [question, _] = build(options(options={"max_characters": 400})).questions(view, Random(1))
    assert question.flags == ("cut",)
    assert "600 characters left out" in material(question, "response_1")
    assert material(question, "response_2") == "b" * 300


def test_options_that_are_not_there_are_refused_with_their_name() -> None:
    with pytest.raises(
        ConfigurationError, match=r"judges\.judge\.options has no 'max_chars'; there are: max_characters"
    ):
        build(options(options={"max_chars": 5}))
    with pytest.raises(ConfigurationError, match="a whole number from 200, not 5"):
        build(options(options={"max_characters": 5}))
    with pytest.raises(ConfigurationError, match="is of kind checklist, not pairwise"):
        checklist = {"name": "c", "version": "1", "kind": "checklist", "criteria": [{"id": "a", "text": "b"}]}
        build(options(rubric=checklist))


@pytest.mark.parametrize("model", ["large-2", "gpt-5"])
def test_a_judge_of_a_contestants_family_is_excluded_flagged_or_let_be(model: str) -> None:
    own = pair(candidate=an_observation("Vilnius.", reported_model="gpt-4o-2024-08-06"))
    is_own = model == "gpt-5"
    assert build(options(model=model, own_family="exclude")).objection(own) == ("own_family" if is_own else None)
    flagged = ask(build(options(model=model, own_family="flag")), own, lambda _: says("A"))
    assert [verdict.flags for verdict in flagged] == [("own_family",) if is_own else ()] * 2
    assert build(options(model=model, own_family="flag")).objection(own) is None
    assert ask(build(options(model=model, own_family="include")), own, lambda _: says("A"))[0].flags == ()
    assert build(options(model=model, own_family="exclude", family="openai")).objection(own) == "own_family"


def test_vectors_are_not_judged_and_calls_of_tools_are() -> None:
    vectors = an_observation(answer=Answer(choices=(), embeddings=Embeddings(count=1, dimensions=3)))
    assert build(options()).objection(pair(candidate=vectors)) == "no_text"
    calling = Choice(tool_calls=(ToolCall(name="weather", arguments='{"city": "Riga"}'),))
    view = pair(candidate=calling)
    assert build(options()).objection(view) is None
    assert "weather" in material(build(options()).questions(view, Random(1))[0], "response_2")


def test_a_conversation_of_megabytes_is_cut_and_flagged() -> None:
    request = {"messages": [{"role": "user", "content": "word " * 400_000 + "What now?"}]}
    question = build(options()).questions(pair(request=request), Random(1))[0]
    assert question.flags == ("cut",)
    assert len(material(question, "conversation")) < 25_000
    assert material(question, "conversation").endswith("What now?")
