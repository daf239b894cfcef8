"""The cells of one table's columns: what a statement selects, and the arrays that its rows become."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shadowbench.store.columns_image import cell
from shadowbench.store.columns_segments import Segment, recoded
from shadowbench.store.columns_spec import PACKED, ROOM, Source, packed, unpacked
from shadowbench.store.columns_words import Coder

Array = NDArray[Any]


class Cells:
    """Some columns of one table, after some others that the statement begins with."""

    def __init__(
        self, connection: sqlite3.Connection, table: str, before: Sequence[str], sources: Mapping[str, Source]
    ) -> None:
        self._before = before
        self.numbers = [name for name, source in sources.items() if source.kind not in ROOM]
        self.keys, self.words = (
            [name for name, source in sources.items() if source.kind == kind] for kind in ("key", "word")
        )
        self._sources = sources
        self.coders = {name: Coder(f"{table}_{name}", ROOM[sources[name].kind]) for name in (*self.keys, *self.words)}
        for coder in self.coders.values():
            coder.teach(connection)

    def selected(self) -> list[str]:
        """What to select: first what comes before, then numbers, keys, and words three by three."""
        numbers = [
            cell(self._sources[name].column, is_real=self._sources[name].kind == "real") for name in self.numbers
        ]
        keys = [self._code(name) for name in self.keys]
        words = packed(self.words, self._code)
        return [*map(cell, self._before), *numbers, *map(cell, (*keys, *words))]

    def _code(self, name: str, unit: int = 1) -> str:
        return self.coders[name].expression(self._sources[name].column, unit)

    def bound(self) -> dict[str, str]:
        """What the statement binds."""
        return {place: word for coder in self.coders.values() for place, word in coder.bound().items()}

    def arrays(self, rows: NDArray[np.float64]) -> dict[str, Array]:
        """The rows' columns by name: numbers, and codes."""
        at = len(self._before)
        found: dict[str, Array] = {name: rows[:, at + place] for place, name in enumerate(self.numbers)}
        at += len(self.numbers)
        found |= {name: rows[:, at + place].astype(np.int32) - 1 for place, name in enumerate(self.keys)}
        at += len(self.keys)
        for place, name in enumerate(self.words):
            found[name] = unpacked(rows[:, at + place // PACKED], place % PACKED)
        return found

    def columns(self) -> list[str]:
        """Of the table."""
        return [source.column for source in self._sources.values()]

    def of_segment(self, segment: Segment, rows: slice) -> dict[str, Array]:
        """The columns of some rows of a segment by name, as `arrays`."""
        found: dict[str, Array] = {name: segment.numbers(self._sources[name].column)[rows] for name in self.numbers}
        for name in self.coders:
            codes, words = segment.words(self._sources[name].column)
            are_all = rows.stop - rows.start == segment.rows
            found[name] = recoded(codes[rows], words, self.coders[name].words, are_all=are_all)
        return found
