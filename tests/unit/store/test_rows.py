"""Exchanges become rows and come back equal."""

import sqlite3
from dataclasses import replace

import pytest

from shadowbench.records import Answer, Choice, Cost, Embeddings, ToolCall
from shadowbench.store.queries import statements
from shadowbench.store.rows import (
    _ATTEMPT,
    _EXCHANGE,
    _OBSERVATION,
    BODY_TRUNCATED,
    PRICE,
    STREAMED,
    decode_answer,
    decode_body,
    decode_headers,
    encode_answer,
    encode_body,
    encode_headers,
    rows_of,
    storable,
)
from shadowbench.store.testing import an_exchange, an_observation

FIXED = 9  # columns of an observation before those of `_OBSERVATION`


def columns(statement: str) -> list[str]:
    inside = statement[statement.index("(") + 1 : statement.index(")")]
    return [name.strip() for name in inside.split(",")]


def plain(paths: list[str] | tuple[str, ...]) -> list[str]:
    return [path.removesuffix("._value_").replace("usage.source", "usage_source").split(".")[-1] for path in paths]


def test_columns_of_the_statements_are_in_the_order_of_the_attributes() -> None:
    sql = statements("pair_log")
    assert columns(sql["insert_exchange"]) == ["number", *plain(_EXCHANGE), "request_bytes", "redactions"]
    assert columns(sql["insert_observation"])[FIXED:] == plain(_OBSERVATION)
    places = (PRICE, STREAMED, BODY_TRUNCATED)
    assert [columns(sql["insert_observation"])[place] for place in places] == ["price", "streamed", "body_truncated"]
    assert columns(sql["insert_attempt"])[3:] == list(_ATTEMPT)
    assert sql["insert_observation"].count("?") == len(columns(sql["insert_observation"]))


def test_an_exchange_becomes_one_row_per_table_and_side() -> None:
    rows = rows_of([an_exchange(1), an_exchange(2, an_observation(endpoint="a"), an_observation(endpoint="b"))], 10)
    assert [row[0] for row in rows.exchanges] == [10, 11]
    assert [(row[0], row[1], row[FIXED]) for row in rows.observations] == [
        (10, 0, "production"),
        (10, 1, "small"),
        (11, 0, "production"),
        (11, 1, "a"),
        (11, 2, "b"),
    ]
    assert len(rows.requests) == 2
    assert len(rows.responses) == 5


def test_nothing_asked_and_nothing_answered_take_no_rows() -> None:
    silent = an_observation(answer=None, body=None, error_message=None)
    rows = rows_of([an_exchange(1, silent, production=silent, request_body=None, request_headers=())], 1)
    assert rows.requests == rows.responses == []


@pytest.mark.parametrize(
    ("body", "stored"),
    [(None, None), (b"", ""), (b'{"a":1}', '{"a":1}'), ("ä\0".encode(), "ä\0"), (b"\xff\xfe", b"\xff\xfe")],
)
def test_bodies_are_text_where_they_are_utf_8(body: bytes | None, stored: str | bytes | None) -> None:
    assert encode_body(body) == stored
    assert decode_body(encode_body(body)) == body


def test_an_answer_is_json_with_every_member() -> None:
    call = ToolCall(name="f", arguments='{"a":', id=None, kind="custom")
    answer = Answer(choices=(Choice(index=1, reasoning="hm", tool_calls=(call,)),))
    assert encode_answer(answer) == (
        '{"choices":[{"index":1,"text":null,"reasoning":"hm","refusal":null,"tool_calls":'
        '[{"name":"f","arguments":"{\\"a\\":","id":null,"kind":"custom"}],"finish_reason":null}]}'
    )
    assert decode_answer(encode_answer(answer)) == answer


def test_the_shape_of_embeddings_is_kept_where_there_are_any() -> None:
    answer = Answer(choices=(), embeddings=Embeddings(count=3, dimensions=None))
    assert encode_answer(answer) == '{"choices":[],"embeddings":{"count":3,"dimensions":null}}'
    assert decode_answer(encode_answer(answer)) == answer


def test_a_price_is_told_once_however_many_observations_it_priced() -> None:
    priced = an_observation(cost=Cost(usd=0.25, reason=None, price='{"model":"m"}'))
    rows = rows_of([an_exchange(number, priced, production=priced) for number in range(3)], 1)
    assert rows.prices == {('{"model":"m"}',)}
    assert {row[5:9] for row in rows.observations} == {(0.25, None, '{"model":"m"}', 0)}


def test_an_answer_with_a_lone_surrogate_is_kept_readable_and_exact() -> None:
    answer = Answer(choices=(Choice(text="a\ud800b", tool_calls=(ToolCall(name="\udfff", arguments=""),)),))
    encoded = encode_answer(answer)
    assert decode_answer(encoded) == answer
    with sqlite3.connect(":memory:") as connection:
        (text,) = connection.execute("SELECT json_extract(?, '$.choices[0].text')", (encoded,)).fetchone()
    connection.close()
    assert text == "a\ufffdb"


def test_a_character_that_was_streamed_in_two_halves_is_put_together() -> None:
    halves = Answer(choices=(Choice(text="\ud83d" + "\ude00"),))
    assert decode_answer(encode_answer(halves)) == Answer(choices=(Choice(text="😀"),))


def test_headers_keep_their_order_case_and_repetitions() -> None:
    headers = (("B", "1"), ("a", "2"), ("B", "\ud800"))
    assert decode_headers(encode_headers(headers)) == headers


def test_storable_rows_have_no_surrogate_and_no_huge_integer() -> None:
    seen = an_observation(reported_model="m\udc80", error_message="\ud83d\ude00")
    exchange = an_exchange(1, replace(seen, usage=replace(seen.usage, output_tokens=2**63, input_tokens=-(2**63))))
    rows = storable(rows_of([exchange], 1))
    columns_of = dict(zip(plain(_OBSERVATION), rows.observations[1][FIXED:], strict=True))
    assert columns_of["reported_model"] == "m\ufffd"
    assert columns_of["output_tokens"] is None
    assert columns_of["input_tokens"] == -(2**63)
    assert rows.responses[1][2] == "😀"
