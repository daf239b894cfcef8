"""The rows of one file by a key, for as long as another file is read: their content on disk, keys and places in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from shadowbench.offline.rows import BadRow, BadRowError, Row, Where, needed_word


class _Place(NamedTuple):
    offset: int
    size: int
    number: int


class Joined:
    """The rows of one file. `spool`: an empty file that holds them.

    `bad`: rows without a key, or with one that is taken; `missed`: how often a key was asked for that the file does not have.
    """

    def __init__(self, rows: Iterable[Row | BadRow], key: Where, spool: BinaryIO) -> None:
        self._places: dict[str, _Place] = {}
        self._used: set[str] = set()
        self._spool = spool
        self._key = key
        self._file = self._stem = ""
        self.bad: list[BadRow] = []
        self.missed = 0
        for row in rows:
            self._add(row)

    def _add(self, row: Row | BadRow) -> None:
        if isinstance(row, BadRow):
            self.bad.append(row)
            return
        try:
            key = needed_word(self._key, row)
        except BadRowError as error:
            self.bad.append(row.bad(error))
            return
        if key in self._places:
            self.bad.append(row.bad(f"{self._key} {key} stands in row {self._places[key].number}, too"))
            return
        self._file, self._stem = row.file, row.stem
        data = json.dumps(row.fields).encode()
        self._places[key] = _Place(self._spool.tell(), len(data), row.number)
        self._spool.write(data)

    def get(self, key: str) -> Row | None:
        """The row of that key; None: the file has none."""
        if (place := self._places.get(key)) is None:
            self.missed += 1
            return None
        self._used.add(key)
        self._spool.seek(place.offset)
        return Row(self._file, self._stem, place.number, json.loads(self._spool.read(place.size)))

    def left(self) -> Iterator[BadRow]:
        """The rows that nobody asked for."""
        for key, place in self._places.items():
            if key not in self._used:
                yield BadRow(self._file, place.number, f"there is no exchange with {self._key} {key}")
