"""Scores by columns: every row finds its pair and its measure by the number it comes with."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shadowbench.store.columns import NOT_SCORED, Coded, PairColumns, ScoreColumns
from shadowbench.store.columns_growing import Growing
from shadowbench.store.columns_image import Images, cell_or_code, told_apart
from shadowbench.store.columns_segments import Segment, Segments, recoded
from shadowbench.store.columns_spec import IN_SEGMENTS
from shadowbench.store.columns_words import Coder
from shadowbench.store.queries import statements

_SQL = statements("columns")

_REASONS = 2**12 - 1
"""How many different reasons there are."""
_AT_ONCE = 256
_COLUMNS = tuple(IN_SEGMENTS["scores"])


def rounds(measures: Sequence[int]) -> Sequence[Sequence[int]]:
    """The measures in lots that are read at once: less than 256 lie between the first and the last of each."""
    lots: list[list[int]] = []
    for measure in sorted(set(measures)):
        if not lots or measure - lots[-1][0] >= _AT_ONCE:
            lots.append([])
        lots[-1].append(measure)
    return lots


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Scores as they were read, shape (n,) each. The key: which pair and which measure, as `score_key` in sql/columns.sql."""

    key: NDArray[np.int64]
    value: NDArray[np.float64]
    why: NDArray[np.int32]  # the code of the reason, -1 for none
    production: NDArray[np.float64]
    production_why: NDArray[np.int32]
    probability: NDArray[np.float64]

    def those(self, chosen: NDArray[np.bool_]) -> _Rows:
        return _Rows(**{each.name: getattr(self, each.name)[chosen] for each in fields(self)})


class ScoreReader:
    """Fills the scores of some measures, shape (measures, pairs)."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        images: Images,
        segments: Segments,
        measures: Sequence[int],
        pairs: PairColumns,
    ) -> None:
        self._images = images
        self._segments = segments
        self._pairs = pairs
        self._first = measures[0]
        self._place = np.full(_AT_ONCE, -1, np.int64)
        self._place[np.array(measures) - self._first] = np.arange(len(measures))
        self._measures = measures
        self._reasons = Coder("reason", _REASONS)
        self._reasons.teach(connection)
        unmeasured = self._reasons.words[NOT_SCORED] - 1
        self._value, self._production, self._probability = (
            _Block(measures, pairs, np.float64, np.nan) for _ in range(3)
        )
        self._why, self._production_why = (_Block(measures, pairs, np.int32, unmeasured) for _ in range(2))

    def read(self, *, after: int, last: int) -> None:
        """The scores of a page of exchanges."""
        begin, end = np.searchsorted(self._pairs.number, [after, last], side="right")
        if begin == end:
            return
        numbers, sides = self._pairs.number[begin:end], self._pairs.side[begin:end]
        keys = (numbers - after) * 256 + sides
        segment = self._segments.find("scores", last, _COLUMNS)
        rows = self._rows(after, last) if segment is None else self._of_segment(segment, after, last)
        at = np.searchsorted(keys, rows.key >> 8)
        at[at == len(keys)] = 0
        ours = keys[at] == rows.key >> 8  # a filter may have left the pair out
        if not ours.all():
            rows, at = rows.those(ours), at[ours]
        self._put(begin, end, self._place[rows.key & 255] * (end - begin) + at, rows)

    def _of_segment(self, segment: Segment, after: int, last: int) -> _Rows:
        number, side, measure = (segment.numbers(name) for name in ("exchange", "side", "measure"))
        near = np.clip(measure - self._first, 0, _AT_ONCE - 1).astype(np.int64)
        ours = (number > after) & (number <= last) & (side < 256) & (near == measure - self._first)
        ours &= self._place[near] >= 0
        key = (((number - after) * 256 + side) * 256).astype(np.int64) + near
        chosen = slice(None) if ours.all() else ours
        return _Rows(
            key=key[chosen],
            value=segment.numbers("value")[chosen],
            why=self._recoded(segment, "reason", chosen),
            production=segment.numbers("production_value")[chosen],
            production_why=self._recoded(segment, "production_reason", chosen),
            probability=segment.numbers("probability")[chosen],
        )

    def _recoded(self, segment: Segment, name: str, chosen: slice | NDArray[np.bool_]) -> NDArray[np.int32]:
        codes, words = segment.words(name)
        return recoded(codes[chosen], words, self._reasons.words, are_all=isinstance(chosen, slice))

    def _rows(self, after: int, last: int) -> _Rows:
        """By the rows of the table. A value that is none comes as the code of its reason: a score has either. Keys and
        probabilities are never NULL."""
        values = [
            cell_or_code(f"{side}value", self._reasons.expression(f"{side}reason")) for side in ("", "production_")
        ]
        cells = [_SQL["score_key"], *values, "probability"]
        select = _SQL["scores"].format(columns=", ".join(cells), among=self._among())
        origin = float(after * 65536 + self._first)
        bound = {"after": after, "last": last, "origin": origin, **self._reasons.bound()}
        rows = self._images.matrix(select, bound, len(cells))
        (value, why), (production, production_why) = (told_apart(rows[:, column]) for column in (1, 2))
        return _Rows(
            key=rows[:, 0].astype(np.int64),
            value=value,
            why=why - 1,
            production=production,
            production_why=production_why - 1,
            probability=rows[:, 3],
        )

    def _among(self) -> str:
        first, last = self._measures[0], self._measures[-1]
        if last - first == len(self._measures) - 1:
            return f"measure BETWEEN {first} AND {last}"
        return f"measure IN ({', '.join(map(str, self._measures))})"

    def _put(self, begin: int, end: int, place: NDArray[np.int64], rows: _Rows) -> None:
        """`place`: in the measures' columns of these pairs, one behind the other."""
        for block, values in (
            (self._value, rows.value),
            (self._why, rows.why),
            (self._production, rows.production),
            (self._production_why, rows.production_why),
            (self._probability, rows.probability),
        ):
            block.put(begin, end, place, values)

    def all(self) -> Mapping[int, ScoreColumns]:
        """What was read, by measure."""
        texts = self._reasons.texts
        value, production, probability = self._value.all(), self._production.all(), self._probability.all()
        why, production_why = self._why.all(), self._production_why.all()
        return {
            measure: ScoreColumns(
                value=value[place],
                production_value=production[place],
                reason=Coded(codes=why[place], texts=texts),
                production_reason=Coded(codes=production_why[place], texts=texts),
                probability=probability[place],
            )
            for place, measure in enumerate(self._measures)
        }


class _Block:
    """A column of each measure, which grow side by side. `absent` stands where nothing was put."""

    def __init__(self, measures: Sequence[int], pairs: PairColumns, dtype: Any, absent: float) -> None:
        self._columns = [Growing(dtype, len(pairs)) for _ in measures]
        self._dtype, self._absent = dtype, absent
        self._upto, self._length = 0, len(pairs)

    def put(self, begin: int, end: int, place: NDArray[np.int64], values: NDArray[Any]) -> None:
        """Values of some pairs from `begin` to `end`, behind all that was put before."""
        page = np.full((len(self._columns), end - begin), self._absent, self._dtype)
        page.reshape(-1)[place] = values
        self._fill_upto(begin)
        for column, row in zip(self._columns, page, strict=True):
            column.add(row)
        self._upto = end

    def _fill_upto(self, begin: int) -> None:
        if begin > self._upto:  # pairs that are not in the log any more
            for column in self._columns:
                column.add(np.full(begin - self._upto, self._absent, self._dtype))

    def all(self) -> Sequence[NDArray[Any]]:
        """The columns, each of the pairs' length."""
        self._fill_upto(self._length)
        self._upto = self._length
        return [column.all() for column in self._columns]
