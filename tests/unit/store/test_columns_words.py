"""Words as codes: learned once, the same ever after, and never more than there is room for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from shadowbench.store.columns_words import OTHERS, Coder


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection


def codes(connection: sqlite3.Connection, coder: Coder, words: Sequence[str | None]) -> list[int]:
    coder.teach(connection)
    connection.execute("CREATE TABLE IF NOT EXISTS t (word TEXT)")
    connection.execute("DELETE FROM t")
    connection.executemany("INSERT INTO t VALUES (?)", [(word,) for word in words])
    return [row[0] for row in connection.execute(f"SELECT {coder.expression('word')} FROM t", coder.bound())]


def test_words_are_numbered_as_they_are_met(connection: sqlite3.Connection) -> None:
    coder = Coder("word", 100)
    assert codes(connection, coder, ["b", None, "a", "b"]) == [1, 0, 2, 1]
    assert coder.texts == ("b", "a")


@pytest.mark.parametrize("room", [1000, None])
def test_a_known_word_keeps_its_code_named_or_not(connection: sqlite3.Connection, room: int | None) -> None:
    coder = Coder("word", room)
    words = [f"w{each}" for each in range(100)]
    first = codes(connection, coder, words)
    assert first == list(range(1, 101))
    assert codes(connection, coder, words) == first


def test_what_is_named_is_not_asked_for(connection: sqlite3.Connection) -> None:
    coder = Coder("word", 100)
    codes(connection, coder, ["a", "b"])
    assert coder.bound() == {"word_0": "a", "word_1": "b"}
    before = coder.words
    coder.words = {}  # asking would fail
    coder.teach(connection)
    coder.words = before
    row = connection.execute(f"SELECT {coder.expression(':asked')}", {**coder.bound(), "asked": "b"}).fetchone()
    assert row == (2,)


def test_keys_are_not_named_once_they_are_many(connection: sqlite3.Connection) -> None:
    coder = Coder("key", None)
    codes(connection, coder, ["a"])
    assert coder.bound() == {"key_0": "a"}
    codes(connection, coder, [f"w{each}" for each in range(100)])
    assert coder.bound() == {}


def test_words_beyond_the_room_are_others(connection: sqlite3.Connection) -> None:
    coder = Coder("word", 3)
    assert codes(connection, coder, ["a", "b", "c", "d", "a"]) == [1, 2, 3, 3, 1]
    assert coder.texts == ("a", "b", OTHERS)


def test_words_are_bound_and_not_written_into_the_statement(connection: sqlite3.Connection) -> None:
    coder = Coder("word", 10)
    bad = "x' OR 1; --"
    assert codes(connection, coder, [bad]) == codes(connection, coder, [bad]) == [1]
    assert bad not in coder.expression("word")
