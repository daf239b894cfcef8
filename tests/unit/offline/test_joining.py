"""Rows by their key, whatever order they are asked for in."""

import io

from shadowbench.offline.joining import Joined
from shadowbench.offline.rows import BadRow, Where
from tests.unit.offline.made import a_row

KEY = Where(path="i")


def joined(*rows: object) -> Joined:
    return Joined(rows, KEY, io.BytesIO())  # type: ignore[arg-type]


def test_a_row_comes_back_whole_with_its_place() -> None:
    rows = [a_row(number, file="small", text="é" * number, p=None) for number in (1, 2, 3)]
    found = joined(*rows)
    assert [found.get(key) for key in ("3", "1", "2", "3")] == [rows[2], rows[0], rows[1], rows[2]]
    assert found.missed == 0
    assert found.get("4") is None
    assert found.missed == 1


def test_keys_are_the_same_as_numbers_and_as_text() -> None:
    assert joined(a_row(i=7.0)).get("7") == a_row(i=7.0)


def test_rows_without_a_key_or_with_one_that_is_taken_are_told() -> None:
    found = joined(a_row(1), BadRow("small.jsonl", 2, "not JSON"), a_row(3, i=None), a_row(4, i="1"))
    assert [(row.number, row.why) for row in found.bad] == [
        (2, "not JSON"), (3, "'i' is empty"), (4, "'i' 1 stands in row 1, too"),
    ]  # fmt: skip
    assert found.get("1") == a_row(1)


def test_rows_that_nobody_asked_for_are_told() -> None:
    found = joined(a_row(1), a_row(2))
    found.get("1")
    assert list(found.left()) == [BadRow("sheet.jsonl", 2, "there is no exchange with 'i' 2")]
