"""Pages of SQLite's own format as matrices: the same numbers as rows that are fetched, whatever is in them."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.store.columns_image import NOTHING, Images, cell, cell_or_code, told_apart


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


class Fetching:
    """A connection of an SQLite without `serialize`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.execute = connection.execute


def filled(connection: sqlite3.Connection, rows: list[tuple[float | int | None, ...]], kind: str = "REAL") -> int:
    width = len(rows[0])
    connection.execute("DROP TABLE IF EXISTS t")
    connection.execute(f"CREATE TABLE t ({', '.join(f'c{each} {kind}' for each in range(width))})")
    connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * width)})", rows)
    return width


def select(width: int, *, is_real: bool = False) -> str:
    return f"SELECT {', '.join(cell(f'c{each}', is_real=is_real) for each in range(width))} FROM t ORDER BY rowid"


@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 16_383, 16_385, 70_000])
@pytest.mark.parametrize("width", [1, 4, 14, 15, 40])
def test_any_number_of_rows_and_cells(connection: sqlite3.Connection, count: int, width: int) -> None:
    count = min(count, 200_000 // width)
    connection.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
    connection.execute(
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT :count) INSERT INTO numbers SELECT x FROM n",
        {"count": max(count, 1)},
    )
    cells = ", ".join(cell(f"n * {each + 1}") for each in range(width))
    matrix = Images(connection).matrix(
        f"SELECT {cells} FROM numbers WHERE n <= :count ORDER BY n", {"count": count}, width
    )
    assert matrix.shape == (count, width)
    np.testing.assert_array_equal(matrix, np.arange(1, count + 1)[:, None] * np.arange(1, width + 1.0))


_NUMBERS = st.one_of(
    st.none(), st.floats(allow_nan=False), st.integers(-(2**53), 2**53), st.sampled_from([0, 1, -1, 0.5, math.inf])
).filter(lambda number: number != NOTHING)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(_NUMBERS, _NUMBERS, _NUMBERS), min_size=1, max_size=30), kind=st.sampled_from(["REAL", ""])
)
def test_any_numbers_come_out_as_they_went_in(rows: list[tuple[float | int | None, ...]], kind: str) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        width = filled(connection, rows, kind)
        statement = select(width, is_real=kind == "REAL")
        wanted = np.array(rows, dtype=np.float64)
        for images in (Images(connection), Images(Fetching(connection))):  # type: ignore[arg-type]
            np.testing.assert_array_equal(images.matrix(statement, {}, width), wanted)


def test_one_table_after_the_other(connection: sqlite3.Connection) -> None:
    """What was read before leaves no trace: large, small, of another width, none, large again."""
    images = Images(connection)
    for count, width in ((9000, 3), (2, 3), (50, 20), (0, 3), (9001, 3)):
        rows = [tuple(float(row * cell) for cell in range(1, width + 1)) for row in range(count)]
        filled(connection, [(0.0,) * width])
        connection.execute("DELETE FROM t")
        connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' * width)})", rows)
        matrix = images.matrix(select(width), {}, width)
        np.testing.assert_array_equal(matrix, np.array(rows).reshape(-1, width))


def test_within_a_transaction_and_on_a_file_that_may_only_be_read(tmp_path: object) -> None:
    with closing(sqlite3.connect(f"{tmp_path}/log.db")) as writing:
        filled(writing, [(1.0, None)])
        writing.commit()
    with closing(sqlite3.connect(f"file:{tmp_path}/log.db?mode=ro", uri=True, isolation_level=None)) as reading:
        images = Images(reading)
        reading.execute("BEGIN")
        matrix = images.matrix(select(2), {}, 2)
        reading.execute("COMMIT")
    np.testing.assert_array_equal(matrix, [[1.0, np.nan]])


def test_a_cell_that_is_not_of_eight_bytes_is_noticed(connection: sqlite3.Connection) -> None:
    filled(connection, [(1, 2)], kind="INTEGER")
    with pytest.raises(AssertionError, match="eight bytes"):
        Images(connection).matrix(select(2, is_real=True), {}, 2)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.one_of(st.floats(allow_nan=False).filter(lambda x: x > -1e300 or math.isinf(x)), st.integers(0, 2**16)),
        min_size=1, max_size=30,
    )
)  # fmt: skip
def test_codes_in_the_place_of_numbers_are_told_apart(rows: list[float | int]) -> None:
    """Whole numbers are codes here, all others are values."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (value REAL, code INTEGER)")
        connection.executemany(
            "INSERT INTO t VALUES (?, ?)", [(None, each) if isinstance(each, int) else (each, None) for each in rows]
        )
        statement = f"SELECT {cell_or_code('value', 'code')} FROM t ORDER BY rowid"
        for images in (Images(connection), Images(Fetching(connection))):  # type: ignore[arg-type]
            numbers, codes = told_apart(images.matrix(statement, {}, 1)[:, 0])
            np.testing.assert_array_equal(numbers, [math.nan if isinstance(each, int) else each for each in rows])
            assert codes.tolist() == [each if isinstance(each, int) else 0 for each in rows]


def test_a_number_as_low_as_codes_are_is_a_number_all_the_same() -> None:
    lowest = np.array([-1e308, -5e307, -1.7976931348623157e308, -np.inf])
    numbers, codes = told_apart(lowest)
    np.testing.assert_array_equal(numbers, lowest)
    assert not codes.any()
