from __future__ import annotations

from typing import Any

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.judges.forms import NumberForm, Stated, WordForm
from shadowbench.judges.prompt_files import read_prompt

PROMPT: dict[str, Any] = {
    "name": "polite",
    "version": "1",
    "kind": "custom",
    "system": "You are an editor.",
    "template": "{request}\n{answer}\nPolite?",
    "reply": {"key": "polite", "words": {True: 1, "partly": 0.5, False: 0}},
}


def test_words_have_values_and_yes_is_yes() -> None:
    prompt = read_prompt(PROMPT)
    assert prompt.words == (("yes", 1.0), ("partly", 0.5), ("no", 0.0))
    assert prompt.form == WordForm(mark="polite", words=("yes", "partly", "no"))
    assert (prompt.low, prompt.high, prompt.shows_both) == (0.0, 1.0, False)
    assert prompt.value(Stated(word="partly")) == 0.5


def test_a_number_has_bounds() -> None:
    prompt = read_prompt({**PROMPT, "reply": {"key": "score", "low": 0, "high": 10}})
    assert prompt.form == NumberForm(mark="score", low=0.0, high=10.0)
    assert prompt.value(Stated(numbers=(("score", 7.0),))) == 7.0


def test_a_template_is_filled_once() -> None:
    prompt = read_prompt({**PROMPT, "template": 'As {"form": 1}: {answer} to {request}'})
    assert prompt.fill({"answer": "{request} {answer}", "request": "q"}) == 'As {"form": 1}:\n{request} {answer}\nto\nq'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "rubric"}, "prompt.kind is one of custom, not 'rubric'"),
        ({"template": ""}, "prompt.template is a text, not ''"),
        ({"template": "{anwser}"}, r"there is no \{anwser\}; there are: \{request\}, \{answer\}"),
        ({"template": "{request}"}, "shows either {answer} or both"),
        ({"template": "{production}"}, "shows either {answer} or both"),
        ({"template": "{answer} {production} {candidate}"}, "shows either {answer} or both"),
        ({"template": "{answer} {candidate}"}, "shows either {answer} or both"),
        ({"template": "{answer} {production}"}, "shows either {answer} or both"),
        ({"reply": None}, "prompt: reply is missing"),
        ({"reply": {"key": "analysis", "low": 0, "high": 1}}, "that is where the judge gives its reasons"),
        ({"reply": {"key": "x"}}, "prompt.reply: low is missing"),
        ({"reply": {"key": "x", "low": 2, "high": 2}}, "two different values"),
        ({"reply": {"key": "x", "low": 0, "high": 1, "words": {"a": 0, "b": 1}}}, "either words, or low and high"),
        ({"reply": {"key": "x", "words": {"a": 1}}}, "two different values"),
        ({"reply": {"key": "x", "words": {"a": "one"}}}, "prompt.reply.words.a is a number, not 'one'"),
        ({"sytem": "x"}, "there is no key 'sytem'"),
    ],
)
def test_what_is_wrong_is_told_with_its_key(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_prompt({**PROMPT, **change})


def test_the_hash_is_of_what_a_judge_could_see() -> None:
    known = read_prompt(PROMPT).hash
    assert read_prompt({**PROMPT, "about": "for people"}).hash == known
    assert read_prompt({**PROMPT, "system": "You are a critic."}).hash != known
    assert read_prompt({**PROMPT, "reply": {"key": "polite", "words": {"yes": 1, "no": 0}}}).hash != known
