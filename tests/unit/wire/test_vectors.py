"""Vectors of every dialect that has some."""

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.vectors import vectors_of


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        (Dialect.OPENAI_EMBEDDINGS, b'{"data":[{"embedding":[1,2],"index":0}]}'),
        (Dialect.OPENAI_EMBEDDINGS, b'{"data":[{"embedding":"AACAPwAAAEA="}]}'),
        (Dialect.OLLAMA_EMBED, b'{"embeddings":[[1,2]]}'),
    ],
)
def test_vectors_are_lists_of_numbers(dialect: Dialect, body: bytes) -> None:
    assert vectors_of(dialect, body) == [[1.0, 2.0]]


@pytest.mark.parametrize("dialect", [Dialect.OPENAI_CHAT, Dialect.UNKNOWN, Dialect.OLLAMA_EMBED])
def test_other_answers_have_none(dialect: Dialect) -> None:
    assert vectors_of(dialect, b'{"choices":[]}') is None
