"""How requests of each dialect begin."""

from typing import Any

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.request_opening import Opening, of_input, of_messages, of_ollama_prompt, of_prompt, of_responses
from shadowbench.wire.requests import RequestFacts, parse_request
from tests.unit.wire.test_requests import body_of

USER = {"role": "user", "content": "hello"}


def texts(opening: Opening | str) -> tuple[str | None, str, int]:
    assert isinstance(opening, Opening)
    return opening.system, opening.first_user, opening.message_count


def test_messages_have_their_system_prompt_among_them_or_beside_them() -> None:
    system = {"role": "system", "content": "s"}
    developer = {"role": "developer", "content": [{"type": "text", "text": "d"}]}
    assert texts(of_messages({"messages": [system, developer, USER]})) == ("s\x1fd", "hello", 3)
    assert texts(of_messages({"messages": [USER], "system": "s"})) == ("s", "hello", 1)
    assert texts(of_messages({"messages": [USER]})) == (None, "hello", 1)
    assert texts(of_messages({"messages": [{"role": "assistant", "content": "hi"}]})) == (None, "", 1)


def test_system_messages_of_later_turns_do_not_change_the_opening() -> None:
    first = of_messages({"messages": [USER]})
    later = of_messages(
        {"messages": [USER, {"role": "system", "content": "now this"}, {"role": "user", "content": "x"}]}
    )
    assert isinstance(first, Opening)
    assert isinstance(later, Opening)
    assert later.as_bytes() == first.as_bytes() == b"\x1fhello"
    assert later.first_user_as_bytes() == b"hello"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"input": "hello"}, (None, "hello", 1)),
        ({"input": "hello", "instructions": "s"}, ("s", "hello", 1)),
        ({"input": [USER]}, (None, "hello", 1)),
        ({"input": [{"type": "message"} | USER]}, (None, "hello", 1)),
        ({"input": [{"role": "user", "content": [{"type": "input_text", "text": "hello"}]}]}, (None, "hello", 1)),
        (
            {"input": [{"role": "developer", "content": "d"}, USER, {"type": "reasoning"}], "instructions": "s"},
            ("s\x1fd", "hello", 3),
        ),
        ({"previous_response_id": "resp"}, (None, "", 0)),
        ({"prompt": {"id": "pmpt"}}, (None, "", 0)),
        ({}, "no_input"),
        ({"input": {}}, "no_input"),
    ],
)
def test_responses_have_input_and_instructions(request_: Any, expected: Any) -> None:
    opening = of_responses(request_)
    assert (opening if isinstance(opening, str) else texts(opening)) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("hello", (None, "hello", 1)),
        (["hello", "again"], (None, "hello", 2)),
        ([1, 2, 3], (None, "[1,2,3]", 1)),
        ([[1, 2], [3]], (None, "[1,2]", 2)),
        ([], "no_input"),
        (None, "no_input"),
        (7, "no_input"),
    ],
)
def test_prompts_and_inputs_are_texts_or_tokens_or_lists_of_them(given: Any, expected: Any) -> None:
    for opening in (of_prompt({"prompt": given}), of_input({"input": given})):
        assert (opening if isinstance(opening, str) else texts(opening)) == expected


def test_ollama_s_prompt_has_its_system_prompt_beside_it_and_without_one_nothing_is_asked() -> None:
    assert texts(of_ollama_prompt({"prompt": "hello", "system": "s"})) == ("s", "hello", 1)
    assert texts(of_ollama_prompt({"prompt": "hello", "system": ""})) == (None, "hello", 1)
    assert of_ollama_prompt({"prompt": "", "keep_alive": 0}) == "no_input"


@pytest.mark.parametrize("dialect", sorted(set(Dialect) - {Dialect.UNKNOWN, Dialect.GEMINI}))
def test_every_dialect_says_the_same_opening(dialect: Dialect) -> None:
    parsed = parse_request(dialect, body_of(dialect, "hello"))
    assert isinstance(parsed, RequestFacts)
    assert (parsed.opening, parsed.first_user) == (b"\x1fhello", b"hello")
