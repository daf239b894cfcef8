"""A word out of each score's details, by columns: the language that was asked in, the pattern of a judge's verdicts."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import numpy as np

from shadowbench.store.columns import Coded, PairColumns
from shadowbench.store.columns_image import Images, cell
from shadowbench.store.columns_spec import ROOM
from shadowbench.store.columns_words import ABSENT, Coder
from shadowbench.store.queries import statements

_SQL = statements("columns")


class ToldReader:
    """Fills one measure's words, shape (pairs,)."""

    def __init__(
        self, connection: sqlite3.Connection, images: Images, measure: int, paths: Sequence[str], pairs: PairColumns
    ) -> None:
        """`paths`: where in the details the word is, as SQLite's JSON paths ($.a.b); the first that is there counts."""
        self._images = images
        self._measure = measure
        self._paths = {f"path_{place}": path for place, path in enumerate(paths)}
        self._pairs = pairs
        self._coder = Coder("told", ROOM["word"])
        self._coder.teach(connection)
        self._codes = np.full(len(pairs), ABSENT, np.int32)

    def read(self, *, after: int, last: int) -> None:
        """The words of a page of exchanges."""
        begin, end = np.searchsorted(self._pairs.number, [after, last], side="right")
        if begin == end:
            return
        keys = (self._pairs.number[begin:end] - after) * 256 + self._pairs.side[begin:end]
        bound = {"after": after, "last": last, "measure": self._measure, **self._paths, **self._coder.bound()}
        cells = [cell("(exchange - :after) * 256 + side"), cell(self._coder.expression("word"))]
        rows = self._images.matrix(_SQL["told"].format(columns=", ".join(cells), word=self._word()), bound, len(cells))
        told, codes = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int32) - 1
        at = np.minimum(np.searchsorted(keys, told), len(keys) - 1)
        ours = keys[at] == told  # a filter may have left the pair out
        self._codes[begin + at[ours]] = codes[ours]

    def _word(self) -> str:
        members = [f"json_extract(detail, :{name})" for name in self._paths]
        return f"CAST(coalesce({', '.join([*members, 'NULL', 'NULL'])}) AS TEXT)"  # it takes two at least

    def all(self) -> Coded:
        """What was read."""
        return Coded(codes=self._codes, texts=self._coder.texts)
