"""Rows of numbers out of SQLite, all at once: SQLite writes them as a table in memory, numpy reads that table's pages.

Fetched one by one, a row costs 0.3 µs and each of its cells 0.1 µs more, most of it for Python objects that are thrown away. A
database in memory can be had as bytes (`sqlite3_serialize`), whose format is documented and will not change ("Database File
Format", sqlite.org/fileformat2.html; sections are named below). It halves the time of reading a log.

All cells are REAL and none is NULL: so a record has the same length everywhere, eight bytes for each cell behind its header.
Where SQLite was built without `serialize`, rows are fetched; the numbers are the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Matrix = NDArray[np.float64]

NOTHING = -1.7976931348623157e308
"""Stands for NULL: the least number there is, which nobody measures."""

_CODED = -(2.0**1023)
_STEP = 2.0**1003
"""A code stands in place of a number as −2¹⁰²³ − code · 2¹⁰⁰³: nobody measures so little either, and 20 bits have room."""

_PAGE_BYTES = 65_536
_LEAF, _INTERIOR = 13, 5  # "B-tree Pages": what the first byte of a page of a table says


class Images:
    """Answers of statements as matrices, over one connection. Begin it outside of a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._roots: dict[int, int] = {}  # by width: the first page of the table that takes such rows
        self._is_able = hasattr(connection, "serialize")
        if self._is_able:
            connection.execute("ATTACH ':memory:' AS image")
            connection.execute(f"PRAGMA image.page_size = {_PAGE_BYTES}")
            connection.execute("PRAGMA image.journal_mode = OFF")
            # Some builds of SQLite overwrite what is deleted with zeros: here it is overwritten at once anyway.
            connection.execute("PRAGMA image.secure_delete = OFF")

    def matrix(self, select: str, bound: Mapping[str, Any], width: int) -> Matrix:
        """All rows of a statement whose cells are numbers, shape (n, width): in its order, NULL as NaN, exact up to 2**53.

        The statement selects each cell by `cell`.
        """
        if self._is_able:
            root = self._emptied(width)
            self._connection.execute(f"INSERT INTO image.cells_{width} {select}", bound)
            rows = rows_of_image(self._connection.serialize(name="image"), root, width)
        else:
            cells = chain.from_iterable(self._connection.execute(select, bound))
            rows = np.fromiter(cells, dtype=np.float64).reshape(-1, width)
        rows[rows == NOTHING] = np.nan
        return rows

    def _emptied(self, width: int) -> int:
        name = f"cells_{width}"
        if width in self._roots:
            self._connection.execute(f"DELETE FROM image.{name}")
        else:
            # Columns without a type: a REAL that is whole stays a REAL of eight bytes.
            self._connection.execute(f"CREATE TABLE image.{name} ({', '.join(f'c{each}' for each in range(width))})")
            found = self._connection.execute("SELECT rootpage FROM image.sqlite_master WHERE name = ?", (name,))
            self._roots[width] = found.fetchone()[0]
        return self._roots[width]


def cell(expression: str, *, is_real: bool = False) -> str:
    """SQL: the expression as a number that is never NULL. `is_real`: it is a column of type REAL, and needs no conversion."""
    return f"ifnull({expression if is_real else f'({expression}) + 0.0'}, {NOTHING!r})"


def cell_or_code(column: str, code: str) -> str:
    """SQL: a column of type REAL; where it is NULL the code instead, 0 … 2**20 − 1, which is worked out there only. What
    `told_apart` tells apart."""
    return f"ifnull({column}, {_CODED!r} - ({code}) * {_STEP!r})"


def told_apart(cells: Matrix) -> tuple[Matrix, NDArray[np.int32]]:
    """Numbers, NaN where there is a code, and codes, 0 where there is a number. A number as low as codes are lies between them,
    unless it was made to be one."""
    is_code = (cells < _CODED / 2) & (cells > -np.inf)
    if not is_code.any():
        return cells, np.zeros(cells.shape, np.int32)
    steps = (_CODED - cells[is_code]) / _STEP
    whole = (steps >= 0) & (steps == np.rint(steps))
    is_code[is_code] = whole
    codes = np.zeros(cells.shape, np.int32)
    codes[is_code] = steps[whole]
    return np.where(is_code, np.nan, cells), codes


def rows_of_image(image: bytes, root: int, width: int) -> Matrix:
    """The rows of a table of such cells, shape (n, width). `root`: the number of its first page.

    The table was filled once since it was empty, so that its row ids are 1, 2, 3, …
    """
    data = np.frombuffer(image, np.uint8)
    starts = np.concatenate([_cells(data, page, 8) for page in _leaves(data, root)])
    if not starts.size:
        return np.empty((0, width))
    # "B-tree Cell Format": length of the payload, row id, payload. "Record Format": length of the header, a type for each cell.
    header = 1 + width
    payload = header + 8 * width
    before = 1 + (payload > 127) + _varint_bytes(np.arange(1, len(starts) + 1)) + header
    assert (data[starts] == (payload if payload < 128 else 128 + (payload >> 7))).all(), "a cell is not of eight bytes"
    # What begins at each byte of the image, as one thing: so a record is copied at once, and not byte by byte.
    everywhere = np.ndarray(len(data) - 8 * width + 1, f"V{8 * width}", data, strides=(1,))
    return everywhere[starts + before].view(">f8").reshape(-1, width).astype(np.float64)


def _leaves(data: Bytes, number: int) -> Iterator[int]:
    """Where the leaves below a page begin, in the order of their rows."""
    page = (number - 1) * _PAGE_BYTES
    if data[page] == _LEAF:
        yield page
        return
    assert data[page] == _INTERIOR, "no page of a table"
    for child in (*_cells(data, page, 12), page + 8):  # left children, then the rightmost one
        yield from _leaves(data, int(data[child : child + 4].view(">u4")[0]))


def _cells(data: Bytes, page: int, header: int) -> NDArray[np.int64]:
    """Where a page's cells begin, by the pointers behind its header."""
    count = int(data[page + 3 : page + 5].view(">u2")[0])
    return page + data[page + header : page + header + 2 * count].view(">u2").astype(np.int64)


def _varint_bytes(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many bytes each takes, seven bits in a byte; below 2**28."""
    return 1 + np.searchsorted(np.array([1 << 7, 1 << 14, 1 << 21]), numbers, side="right")
