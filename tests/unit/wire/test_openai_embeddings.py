"""OpenAI embeddings: the shape of an answer, and its vectors."""

import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.records import NO_USAGE, Answer, Embeddings, Usage, UsageSource
from shadowbench.wire.base import Parsed, ProviderError
from shadowbench.wire.openai_embeddings import floats_of, parse_body, vectors_of


def body(*vectors: Any, **fields: Any) -> bytes:
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    return json.dumps({"object": "list", "model": "m", "data": data} | fields).encode()


def packed(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def shape(answer: bytes) -> Embeddings | None:
    parsed = parse_body(answer).answer
    assert parsed is not None
    return parsed.embeddings


def test_an_ordinary_answer() -> None:
    assert parse_body(body([0.5, 1.0, 2.0], [1, 2, 3], usage={"prompt_tokens": 7, "total_tokens": 7})) == Parsed(
        answer=Answer(choices=(), embeddings=Embeddings(count=2, dimensions=3)),
        usage=Usage(source=UsageSource.REPORTED, input_tokens=7),
        reported_model="m",
        ended=True,
    )


def test_a_total_alone_is_what_was_read() -> None:
    assert parse_body(body([1], usage={"total_tokens": 7})).usage.input_tokens == 7
    assert parse_body(body([1])).usage == NO_USAGE


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=9))
def test_base64_has_the_dimensions_and_the_numbers_it_was_made_of(numbers: list[float]) -> None:
    answer = body(packed(*numbers))
    assert shape(answer) == Embeddings(count=1, dimensions=len(numbers))
    assert vectors_of(answer) == [numbers]


def test_vectors_come_in_the_order_of_the_inputs() -> None:
    data = [{"index": 1, "embedding": [2]}, {"index": 0, "embedding": packed(1.0)}]
    assert vectors_of(body(data=data)) == [[1.0], [2.0]]


@pytest.mark.parametrize("bad", [None, 1, {}, ["x"], [True], "not base64!", "AAA=", packed(1.0)[:-4]])
def test_a_vector_that_cannot_be_read_is_none_and_so_are_its_neighbours(bad: Any) -> None:
    assert floats_of(bad) is None
    assert vectors_of(body([1.0], bad)) is None


@pytest.mark.parametrize("answer", [b"x", b"{}", b"[]", b'{"data":[]}', b'{"data":[1]}'])
def test_without_vectors_there_are_none(answer: bytes) -> None:
    assert vectors_of(answer) is None


@pytest.mark.parametrize(
    ("answer", "parsed"),
    [
        (b"x", Parsed(malformed="not_json")),
        (b"{}", Parsed(malformed="no_data")),
        (b'{"error":{"type":"t","message":"m"}}', Parsed(error=ProviderError(type="t", message="m"))),
    ],
)
def test_bodies_that_are_no_embeddings_say_why(answer: bytes, parsed: Parsed) -> None:
    assert parse_body(answer) == parsed


@pytest.mark.parametrize("rubbish", [None, 1, "x", {}, [None]])
def test_rubbish_in_any_place_is_read_past(rubbish: Any) -> None:
    assert shape(body(rubbish)) is not None
    for name in ("model", "usage", "id"):
        assert shape(body([1.0], **{name: rubbish})) == Embeddings(count=1, dimensions=1)
    assert shape(body(data=[rubbish])) == Embeddings(count=1, dimensions=None)
    assert shape(body()) == Embeddings(count=0, dimensions=None)
