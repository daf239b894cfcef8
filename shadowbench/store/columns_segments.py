"""Segments of the log as numpy arrays: what is read instead of rows where there are some."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shadowbench.store.columns_words import ABSENT
from shadowbench.store.queries import statements
from shadowbench.store.segments import page_of, unpacked_head

_SQL = statements("segments")


class Segment:
    """What was packed. All arrays are of shape (rows,) and not to be written to."""

    def __init__(self, data: bytes) -> None:
        """Raises ValueError for bytes that are no segment."""
        head, self._begin = unpacked_head(data)
        self.rows: int = head["rows"]
        self._columns: Mapping[str, dict[str, Any]] = head["columns"]
        self._data = data

    @property
    def names(self) -> Set[str]:
        """Of its columns."""
        return self._columns.keys()

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column of numbers; NaN where there is none."""
        about = self._columns[name]
        if "numbers" in about:
            return self._part(about["type"], about["numbers"], self.rows).astype(np.float64, copy=False)
        table = self._part("d", about["table"], about["values"])
        return table[self._codes(about)] if "codes" in about else np.broadcast_to(table[:1], self.rows)

    def words(self, name: str) -> tuple[NDArray[Any], Sequence[str | None]]:
        """A column of words: codes, and the words by code, None among them where there is none somewhere."""
        about = self._columns[name]
        if "words" not in about:  # no word at all: it was packed like numbers, of which there are none
            return np.zeros(self.rows, np.uint8), [None]
        codes = self._codes(about) if "codes" in about else np.zeros(self.rows, np.uint8)
        return codes, about["words"]

    def _codes(self, about: Mapping[str, Any]) -> NDArray[Any]:
        return self._part(about["type"], about["codes"], self.rows)

    def _part(self, kind: str, at: int, count: int) -> NDArray[Any]:
        return np.frombuffer(self._data, np.dtype(kind).newbyteorder("<"), count, self._begin + at)


def recoded(
    codes: NDArray[Any], words: Sequence[str | None], known: dict[str, int], *, are_all: bool
) -> NDArray[np.int32]:
    """The codes of words as a reader has them, `known` (code + 1); it learns the words that occur, in the order they do.

    `are_all`: these are the codes of all rows of the segment, in which every word occurs.
    """
    mine = np.full(len(words), ABSENT, np.int32)
    for code in range(len(words)) if are_all else _in_order(codes):
        word = words[code]
        if word is not None:
            mine[code] = known[word] - 1
    found: NDArray[np.int32] = mine[codes]
    return found


def _in_order(codes: NDArray[Any]) -> list[int]:
    """Each of these codes once, in the order they come."""
    which, first = np.unique(codes, return_index=True)
    ordered: list[int] = which[np.argsort(first)].tolist()
    return ordered


class Segments:
    """The segments of a log, over a connection that is within a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(self, source: str, last: int, names: Collection[str]) -> Segment | None:
        """The segment that has these columns of all exchanges on the page of that numbered `last`; None where there is none."""
        page = page_of(last)
        row = self._connection.execute(_SQL["columns"], {"source": source, "page": page}).fetchone()
        if row is None or row[0] is None:
            return None
        try:
            segment = Segment(row[0])
        except (ValueError, KeyError):
            return None  # damaged, or of another release: there are rows
        return segment if set(names) <= segment.names else None
