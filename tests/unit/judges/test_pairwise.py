from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.judges.base import Question, Reply
from shadowbench.judges.options import EndpointOptions
from shadowbench.judges.pairwise import KIND, build
from shadowbench.records import Choice, Outcome
from shadowbench.scores import PairRef, Position, Preferred, Shape, Verdict
from shadowbench.store.testing import an_observation
from tests.unit.judges.judged import ask, judged, material, options, pair, says

WORDS = ("A", "B", "tie")
POINTS = {  # of the candidate: by what is said with production first, then with the candidate first
    ("A", "A"): (0.5, "first_first"),
    ("A", "B"): (0.0, "consistent"),
    ("A", "tie"): (0.25, "half"),
    ("B", "A"): (1.0, "consistent"),
    ("B", "B"): (0.5, "second_second"),
    ("B", "tie"): (0.75, "half"),
    ("tie", "A"): (0.75, "half"),
    ("tie", "B"): (0.25, "half"),
    ("tie", "tie"): (0.5, "consistent"),
}


def scripted(production_first: str | None, candidate_first: str | None):  # type: ignore[no-untyped-def]
    """A model that says one thing in each order."""

    def model(question: Question) -> str | None:
        return production_first if question.position is Position.PRODUCTION_FIRST else candidate_first

    return model


@pytest.mark.parametrize(("one", "other"), list(itertools.product(WORDS, WORDS)))
def test_the_score_is_the_mean_of_both_orders(one: str, other: str) -> None:
    came = judged(build(options()), pair(), scripted(says(one), says(other)))
    points, pattern = POINTS[one, other]
    assert (came.value, came.reason) == (points, None)
    assert came.detail == {"pattern": pattern, "flags": []}
    s_ab = {"A": 0.0, "B": 1.0, "tie": 0.5}[one]
    s_ba = {"A": 0.0, "B": 1.0, "tie": 0.5}[other]  # of whoever is second: production
    assert came.value == (s_ab + 1 - s_ba) / 2


@pytest.mark.parametrize("word", ["A", "B"])
def test_a_judge_that_always_names_a_place_gives_every_pair_one_half(word: str) -> None:
    judge = build(options())
    for number in range(20):
        came = judged(judge, pair(f"Answer {number}.", f"Reply {number}.", number=number + 1), lambda _: says(word))
        assert came.value == 0.5
        assert (came.detail or {})["pattern"] in ("first_first", "second_second")


def test_a_judge_that_prefers_the_longer_gives_it_all_its_points() -> None:
    def longer(question: Question) -> str:
        return says("A" if len(material(question, "response_1")) > len(material(question, "response_2")) else "B")

    assert judged(build(options()), pair("Riga.", "Riga, of course, where else?"), longer).value == 1.0
    assert judged(build(options()), pair("Riga, of course, where else?", "Riga."), longer).value == 0.0


@pytest.mark.parametrize("bad", [None, "B", '{"verdict": "A"}'])
def test_one_order_without_a_verdict_is_no_score(bad: str | None) -> None:
    for model in (scripted(says("A"), bad), scripted(bad, says("A"))):
        came = judged(build(options()), pair(), model)
        assert came.value is None
        assert came.reason == {None: "refused", "B": "reply_no_json", '{"verdict": "A"}': "reply_wrong_form"}[bad]
        assert came.detail is not None and len(came.detail["unscored"]) == 1


def test_an_order_that_was_never_asked_about_is_no_score() -> None:
    judge, view = build(options()), pair()
    [first, _] = ask(judge, view, lambda _: says("A"))
    assert judge.conclude(view, [first]).reason == "not_asked"
    assert judge.conclude(view, []).value is None


def test_both_orders_show_the_same_and_nothing_tells_who_wrote_it() -> None:
    view = pair("Riga.", "Vilnius.")
    first, second = build(options()).questions(view, Random(1))
    assert [q.position for q in (first, second)] == [Position.PRODUCTION_FIRST, Position.CANDIDATE_FIRST]
    assert (material(first, "response_1"), material(first, "response_2")) == ("Riga.", "Vilnius.")
    assert (material(second, "response_1"), material(second, "response_2")) == ("Vilnius.", "Riga.")
    assert first.nonce != second.nonce
    for question in (first, second):
        said = (question.system + question.user).lower()
        assert not any(word in said for word in ("large", "small", "candidate", "production"))
        assert question.nonce not in question.system
        assert question.nonce in question.user


def test_the_reply_is_read_by_the_order_and_keeps_what_it_says() -> None:
    judge, ref = build(options()), PairRef(1, 1)
    question = judge.questions(pair(), Random(1))[1]
    verdict = judge.read(question, Reply(text=says("A", 2, "Fuller."), structured=True), ref, 5, 9.0)
    assert verdict == Verdict(
        pair=ref,
        measure=5,
        position=Position.CANDIDATE_FIRST,
        preferred=Preferred.CANDIDATE,
        strength=2,
        rung="schema",
        analysis="Fuller.",
        judged_at=9.0,
    )


def test_a_reply_that_cannot_be_read_is_asked_for_once_more_and_only_once() -> None:
    judge = build(options())
    question = judge.questions(pair(), Random(1))[0]
    again = judge.repair(question, Reply(text="Response 1, I think."))
    assert again is not None and again.repairs and again.user.startswith(question.user)
    assert (again.nonce, again.position) == (question.nonce, question.position)
    assert "I think" not in again.user
    assert judge.read(again, Reply(text=says("A")), PairRef(1, 1), 5, 0.0).rung == "repaired"
    assert judge.repair(again, Reply(text="Still Response 1.")) is None
    assert judge.repair(question, Reply(text=None, reason="budget")) is None
    assert judge.repair(question, Reply(text=says("tie"))) is None


def test_repeats_are_drawn_by_the_pair_and_do_not_enter_the_score() -> None:
    judge = build(options(repeat_share=0.3))
    pairs = [pair(number=number) for number in range(1, 401)]
    drawn = [len(judge.questions(view, Random(1))) == 4 for view in pairs]
    assert 80 < sum(drawn) < 160
    assert drawn == [len(judge.questions(view, Random(2))) == 4 for view in pairs]
    twice = next(view for view, is_drawn in zip(pairs, drawn, strict=True) if is_drawn)
    answers: Iterator[str] = iter([says("B"), says("A"), says("A"), says("B")])
    verdicts = ask(judge, twice, lambda _: next(answers))
    assert [verdict.repetition for verdict in verdicts] == [0, 0, 1, 1]
    assert judge.conclude(twice, verdicts).value == 1.0
    assert judge.conclude(twice, verdicts[2:]).reason == "not_asked"


def test_answers_that_read_the_same_are_a_tie_without_a_question() -> None:
    judge, view = build(options()), pair("Riga. ", "Riga.\r\n")
    assert judge.questions(view, Random(1)) == ()
    assert (judge.conclude(view, []).value, judge.conclude(view, []).detail) == (0.5, {"pattern": "identical"})


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        (pair(candidate=an_observation(outcome=Outcome.TIMED_OUT, answer=None)), "fault_timed_out"),
        (pair(production=an_observation(outcome=Outcome.TRUNCATED)), "fault_truncated"),
        (pair(request=None), "no_request"),
        (pair(Choice(text=None), Choice(text="Riga.")), None),
        (pair(), None),
    ],
)
def test_pairs_that_cannot_be_judged_say_why(view, reason) -> None:  # type: ignore[no-untyped-def]
    assert build(options()).objection(view) == reason


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


def test_a_reference_is_shown_where_the_rubric_wants_it_and_one_is_known() -> None:
    rubric = {"name": "r", "version": 1, "kind": "pairwise", "criteria": [{"id": "truth", "text": "is true"}]}
    seeing = build(options(rubric={**rubric, "reference": "optional"}))
    assert material(seeing.questions(pair(reference="Riga"), Random(1))[0], "reference") == "Riga"
    assert "reference" not in seeing.questions(pair(), Random(1))[0].user
    assert "reference" not in build(options(rubric=rubric)).questions(pair(reference="Riga"), Random(1))[0].user
    needing = build(options(rubric={**rubric, "reference": "required"}))
    assert needing.objection(pair()) == "no_reference"
    assert needing.objection(pair(reference="Riga")) is None


def test_the_measure_names_what_verdicts_depend_on_and_no_secret() -> None:
    endpoint = EndpointOptions(url="https://u:hunter2@h:8443/v1?key=hunter2", model="m", headers={"x": "hunter2"})
    given = options(endpoint=endpoint)
    measure = build(given).measure
    assert (measure.shape, measure.low, measure.high) == (Shape.PAIR, 0.0, 1.0)
    assert "hunter2" not in measure.about
    assert json.loads(measure.about)["endpoint"]["url"] == "https://h:8443/v1"
    same = replace(given, name="other", repeat_share=0.5, sample_rate=0.1, endpoint=replace(endpoint, concurrency=1))
    assert build(same).measure.config_hash == measure.config_hash
    for change in (
        {"endpoint": replace(endpoint, model="n")},
        {"endpoint": replace(endpoint, temperature=1.0)},
        {"endpoint": replace(endpoint, parameters={"top_p": 0.5})},
        {"strip_markdown": True},
        {"redact_identity": False},
        {"own_family": "exclude"},
        {"options": {"max_characters": 500}},
        {"rubric": {"name": "r", "version": "1", "kind": "pairwise", "criteria": [{"id": "a", "text": "b"}]}},
    ):
        assert build(replace(given, **change)).measure.config_hash != measure.config_hash


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


def test_long_texts_are_cut_by_the_same_bound_and_flagged() -> None:
    view = pair("a" * 1_000, "b" * 300, request={"messages": [{"role": "user", "content": "hi"}]})
    [question, _] = build(options(options={"max_characters": 400})).questions(view, Random(1))
    assert question.flags == ("cut",)
    assert "600 characters left out" in material(question, "response_1")
    assert material(question, "response_2") == "b" * 300


def test_the_kind_says_who_it_is() -> None:
    assert (KIND.name, KIND.build) == ("pairwise", build)
    assert build(options()).measure.version == KIND.version
