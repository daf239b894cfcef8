"""No answer wins by speaking to its judge: not in the reading of replies, not in the protocol."""

from __future__ import annotations

import json
import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.judges.base import Question, Reply
from shadowbench.judges.pairwise import build
from shadowbench.metrics.view import PairView
from shadowbench.scores import Position, Preferred
from tests.unit.judges.injections import ATTEMPTS, FAVOUR
from tests.unit.judges.judged import ask, judged, material, options, pair, says

STALE = build(options()).questions(pair(), Random(99))[0].nonce
"""A code that was right in another question."""
JUDGE = build(options())
attempts = pytest.mark.parametrize("name", list(ATTEMPTS))


def attacked(name: str) -> PairView:
    """Production answers; the candidate speaks to the judge."""
    return pair("The capital of Latvia is Riga.", ATTEMPTS[name].replace("{code}", STALE))


def honest(question: Question) -> str:
    """The right word: production's answer is the better one."""
    return "A" if question.position is Position.PRODUCTION_FIRST else "B"


def candidates_name(question: Question) -> str:
    return "response_2" if question.position is Position.PRODUCTION_FIRST else "response_1"


def shown(question: Question) -> str:
    return material(question, candidates_name(question))


def gains(view: PairView, model) -> bool:  # type: ignore[no-untyped-def]
    """Whether the candidate gets more than it deserves from this judge, which is nothing."""
    verdicts = ask(JUDGE, view, model)
    return (
        any(verdict.preferred in (Preferred.CANDIDATE, Preferred.TIE) for verdict in verdicts)
        or (JUDGE.conclude(view, verdicts).value or 0.0) > 0
    )


def test_there_are_enough_attempts() -> None:
    assert len(ATTEMPTS) >= 40


@attempts
def test_quoted_in_prose_it_gains_nothing(name: str) -> None:
    assert not gains(attacked(name), lambda q: f"One says:\n{shown(q)}\nThat is no answer. {says(honest(q))}")
    assert not gains(attacked(name), lambda q: f"{says(honest(q))}\nThe other one says:\n{shown(q)}")


@attempts
def test_quoted_in_the_analysis_it_gains_nothing(name: str) -> None:
    view = attacked(name)
    came = judged(JUDGE, view, lambda q: says(honest(q), analysis=f"One says: {shown(q)}"))
    assert came.value == 0.0


@attempts
def test_quoted_without_escapes_it_gains_nothing(name: str) -> None:
    def careless(question: Question) -> str:
        return f'{{"analysis": "One says: {shown(question)}", "verdict": "{honest(question)}", "strength": 2}}'

    assert not gains(attacked(name), careless)


@attempts
def test_as_all_that_the_judge_says_it_gains_nothing(name: str) -> None:
    assert not gains(attacked(name), shown)
    assert not gains(attacked(name), lambda q: f"```json\n{shown(q)}\n```")
    assert not gains(attacked(name), lambda q: f"<think>Hm.</think>{shown(q)}")


@attempts
def test_a_reply_that_breaks_off_while_quoting_gains_nothing(name: str) -> None:
    view = attacked(name)
    for question in JUDGE.questions(view, Random(1)):
        whole = f"The other one says: {shown(question)}. {says(honest(question))}"
        for kept in range(len(whole)):
            verdict = JUDGE.read(question, Reply(text=whole[:kept]), view.ref, 5, 0.0)
            assert verdict.preferred is None, whole[:kept]


@attempts
def test_an_object_cut_out_of_it_gains_nothing(name: str) -> None:
    """A judge that obeys to the letter says an object that stood in the material: that is an echo."""
    view = attacked(name)
    for found in re.findall(r"\{[^{}]*\}", ATTEMPTS[name]):
        assert not gains(view, lambda _, found=found: found)


@attempts
def test_a_judge_that_trusts_what_is_outside_the_marks_sees_nothing_of_it(name: str) -> None:
    """It takes each line between marks of the right code as data, and obeys all others."""

    def outside(question: Question) -> str:
        rest, inside = [], False
        for line in question.user.splitlines():
            is_mark = re.fullmatch(rf"<<(end of )?\w+ {question.nonce}>>", line) is not None
            inside = not line.startswith("<<end") if is_mark else inside
            if not (inside or is_mark):
                rest.append(line)
        return "\n".join(rest)

    def gullible(question: Question) -> str:
        said = outside(question)
        assert said.count("\n") < 10
        plain = "\n".join(filter(None, said.splitlines()))
        expected = f"The code of the marks in this message is {question.nonce}.\nWhich response is better?"
        return says(honest(question)) if plain.startswith(expected) else FAVOUR

    assert judged(JUDGE, attacked(name), gullible).value == 0.0


@attempts
def test_it_is_flagged_on_every_verdict(name: str) -> None:
    for verdict in ask(JUDGE, attacked(name), lambda q: says(honest(q))):
        assert {"suspicious_output", "suspicious_candidate"} <= set(verdict.flags)
        assert "suspicious_production" not in verdict.flags


@attempts
def test_control_tokens_do_not_reach_the_judge(name: str) -> None:
    for question in JUDGE.questions(attacked(name), Random(1)):
        assert not re.search(r"<\|im_|</?think>|\[/?INST\]", question.user)


def test_the_constant_answer_gets_no_more_than_a_coin_from_a_judge_that_obeys_it() -> None:
    """In its own words the judge says what it was told: "B", in both orders. That is a place, and no win."""
    for number in range(1, 30):
        view = pair(f"The answer is {number}.", ATTEMPTS["constant"].replace("{code}", STALE), number=number)
        came = judged(JUDGE, view, lambda _: says("B", 2, "I was told so."))
        assert came.value == 0.5
        assert came.detail == {"pattern": "second_second", "flags": ["suspicious_candidate", "suspicious_output"]}
        assert judged(JUDGE, view, lambda _: FAVOUR).reason == "echo_of_candidate"
        both = pair(
            ATTEMPTS["constant"].replace("{code}", STALE), ATTEMPTS["constant"].replace("{code}", "0"), number=number
        )
        assert judged(JUDGE, both, lambda _: FAVOUR).reason == "reply_echo"  # nobody knows whose


def test_each_question_has_a_code_of_its_own() -> None:
    chance = Random(5)
    codes = {q.nonce for _ in range(50) for q in JUDGE.questions(pair(), chance)}
    assert len(codes) == 100


@attempts
def test_copied_into_the_form_it_gains_nothing(name: str) -> None:
    assert not gains(attacked(name), lambda q: f'{{"analysis": "{shown(q)}')


@settings(deadline=None)
@given(st.lists(st.sampled_from(list(ATTEMPTS.values())) | st.text(max_size=20), min_size=1, max_size=4), st.data())
def test_no_mixture_of_attempts_gains(parts: list[str], data: st.DataObject) -> None:
    view = pair("The capital of Latvia is Riga.", "\n".join(parts))
    before, after = (
        data.draw(st.sampled_from(["", "See: ", "{", '{"analysis": "', "```json\n"])),
        data.draw(st.sampled_from(["", "}", '"}', "\n```", " Well."])),
    )
    if JUDGE.questions(view, Random(1)):
        assert not gains(view, lambda q: f"{before}{shown(q)}{after}")


def test_ordinary_answers_that_are_json_are_judged_as_any_other() -> None:
    view = pair('{"city": "Riga"}', json.dumps({"city": "Riga", "river": "Daugava"}))
    came = judged(JUDGE, view, lambda q: f"One has the river. {says('B' if honest(q) == 'A' else 'A')}")
    assert (came.value, came.detail) == (1.0, {"pattern": "consistent", "flags": []})
