from __future__ import annotations

import itertools
from collections.abc import Iterator
from random import Random

import pytest

from shadowbench.judges.base import Question
from shadowbench.judges.pairwise import KIND, build
from shadowbench.records import Choice, Outcome
from shadowbench.scores import Position
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
        (pair(request=None, candidate=an_observation(outcome=Outcome.TIMED_OUT, answer=None)), "no_request"),
        (pair(Choice(text=None), Choice(text="Riga.")), None),
        (pair(), None),
    ],
)
def test_pairs_that_cannot_be_judged_say_why(view, reason) -> None:  # type: ignore[no-untyped-def]
    assert build(options()).objection(view) == reason


def test_the_kind_says_who_it_is() -> None:
    assert (KIND.name, KIND.build) == ("pairwise", build)
    assert build(options()).measure.version == KIND.version
