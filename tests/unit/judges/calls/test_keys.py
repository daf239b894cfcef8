from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shadowbench.judges.base import Reply
from shadowbench.judges.calls.keys import embedding_key, key_of, pack, unpack
from tests.unit.judges.calls.desks import endpoint, question


def test_the_same_question_has_the_same_key_whatever_the_nonce() -> None:
    one = question("<a1b2> text </a1b2>", nonce="a1b2")
    other = question("<c3d4> text </c3d4>", nonce="c3d4")
    assert key_of(endpoint(), one) == key_of(endpoint(), other)


@pytest.mark.parametrize(
    "changed",
    [
        {"user": "What?"},
        {"system": "You doubt."},
        {"repetition": 1},
        {"schema": {"type": "object"}},
    ],
)
def test_another_question_has_another_key(changed: dict[str, Any]) -> None:
    assert key_of(endpoint(), question(**changed)) != key_of(endpoint(), question())


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "http://other.test/v1"},
        {"model": "n"},
        {"dialect": "anthropic.messages"},
        {"temperature": 0.5},
        {"temperature": None},
        {"seed": 1},
        {"max_output_tokens": 5},
        {"parameters": {"top_p": 0.5}},
        {"structured": False},
    ],
)
def test_another_endpoint_has_another_key(changed: dict[str, Any]) -> None:
    assert key_of(endpoint(**changed), question()) != key_of(endpoint(), question())


@pytest.mark.parametrize(
    "changed",
    [
        {"concurrency": 1},
        {"tries": 1},
        {"timeout_s": 1.0},
        {"api_key_env": "K"},
        {"budget_usd": 1.0},
        {"cache": "read"},
        {"url": "http://judge.test/v1/"},
    ],
)
def test_how_hard_it_is_asked_is_not_in_the_key(changed: dict[str, Any]) -> None:
    assert key_of(endpoint(**changed), question()) == key_of(endpoint(), question())


def test_the_order_of_what_is_to_be_written_is_in_the_key() -> None:
    why_first = {"properties": {"why": {}, "answer": {}}}
    answer_first = {"properties": {"answer": {}, "why": {}}}
    keys = [key_of(endpoint(), question(schema=schema)) for schema in (why_first, answer_first)]
    assert keys[0] != keys[1]


def test_the_order_of_parameters_is_not() -> None:
    keys = {
        key_of(endpoint(parameters=dict(each)), question()) for each in ([("a", 1), ("b", 2)], [("b", 2), ("a", 1)])
    }
    assert len(keys) == 1


def test_a_vector_has_the_key_of_its_text_and_model_alone() -> None:
    options = endpoint(dialect="openai.embeddings")
    assert embedding_key(options, "a") == embedding_key(replace(options, temperature=1.0, max_output_tokens=1), "a")
    assert (
        len({embedding_key(options, "a"), embedding_key(options, "b"), embedding_key(replace(options, model="n"), "a")})
        == 3
    )


def test_a_reply_comes_back_as_it_was_kept() -> None:
    reply = Reply(text='{"a":"ä"}', model="m-1", structured=True)
    assert unpack(pack(reply)) == replace(reply, cached=True)


@pytest.mark.parametrize("kept", [b"", b"[]", b"{}", b"\xff", b'"text"'])
def test_what_cannot_be_read_is_as_good_as_nothing(kept: bytes) -> None:
    assert unpack(kept) is None
