"""What `shadowbench.read` gives: pairs, scores and all that belongs to them, of one log or of several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from shadowbench.funnel import Funnel
from shadowbench.metrics.view import PairView
from shadowbench.reading.choosing import Choosing
from shadowbench.reading.disturbance import why_untimed
from shadowbench.reading.frames import as_pandas, as_polars
from shadowbench.reading.gathered import Gathered, GatheredColumns
from shadowbench.reading.joining import joined
from shadowbench.reading.names import DISTURBED, LOG, NUMBER, SIDE, stored
from shadowbench.reading.pairs import Pairs
from shadowbench.reading.part import Part
from shadowbench.reading.scores import ScoresByName
from shadowbench.records import Mark
from shadowbench.scores import Label, Measure, PairRef, Verdict
from shadowbench.stats.columns import IntArray
from shadowbench.store.columns import Coded, PairColumns

if TYPE_CHECKING:
    import pandas
    import polars


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOf:
    """What a person said about the pair in a row of `pairs`."""

    row: int
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictOf:
    """What a judge said about the pair in a row of `pairs`."""

    row: int
    verdict: Verdict


class ReadLog:
    """Logs as they were when they were opened. Numbers are read when they are first asked for. Close it, or use `with`."""

    def __init__(self, parts: Sequence[Part], names: tuple[str, ...], choice: Choosing) -> None:
        self._parts = parts
        self._names = names
        # Not a method of this: the scores ask for the columns, too, and a circle would keep all of them in memory for a while.
        self._read_columns = cache(partial(_columns_of, parts, names, choice))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<shadowbench log: {', '.join(part.url for part in self._parts)}>"

    def close(self) -> None:
        """Let go of the logs. What was read stays."""
        for part in self._parts:
            part.close()

    @property
    def _columns(self) -> Sequence[PairColumns]:
        return self._read_columns()

    @cached_property
    def pairs(self) -> Pairs:
        """The pairs' numbers: docs/python.md has the columns, their units, and what is absent where."""
        columns = {name: self._column(name) for name in self._names}
        places: dict[str, NDArray[Any] | Coded] = {
            NUMBER: np.concatenate([each.number for each in self._columns]),
            SIDE: np.concatenate([each.side for each in self._columns]),
            LOG: self._which_log(),
        }
        return Pairs(places | columns, sum(map(len, self._columns)), self._requests())

    def _requests(self) -> IntArray | None:
        """Which request each pair is of, where several logs tell."""
        codes = [each.request for each in self._columns if isinstance(each, GatheredColumns)]
        return np.concatenate(codes) if codes else None

    def _column(self, name: str) -> NDArray[Any] | Coded:
        if name in DISTURBED:
            parts = ("paused_s", "loop_lag_s", "ttft_s", "latency_s")
            return why_untimed(**{part: self._number(f"{DISTURBED[name]}_{part}") for part in parts})
        return joined([each.columns[name] for each in self._columns])

    def _number(self, name: str) -> NDArray[np.float64]:
        column = joined([each.columns[name] for each in self._columns])
        assert not isinstance(column, Coded)
        return column

    def _which_log(self) -> Coded:
        codes = np.repeat(np.arange(len(self._parts), dtype=np.int32), list(map(len, self._columns)))
        return Coded(codes=codes, texts=tuple(part.url for part in self._parts))

    @cached_property
    def measures(self) -> Sequence[Measure]:
        """What was measured, in the order in which it was first measured; of several logs, the first log's first."""
        return tuple(dict.fromkeys(known.measure for part in self._parts for known in part.measures))

    @cached_property
    def scores(self) -> ScoresByName:
        """Scores by the measure's name, each in the pairs' order."""
        return ScoresByName(self.measures, self._parts, self._read_columns)

    def words_of(self, column: str) -> Sequence[str]:
        """All words of a column in all of the logs, sorted: of pairs that were chosen by time, `pairs.texts` has those of the
        part that was read. Reads that column of all pairs."""
        return sorted({word for part in self._parts for word in part.words(column)})

    @property
    def funnel(self) -> Funnel:
        """What became of every request. Of all traffic: choosing pairs leaves it as it is."""
        return Funnel([count for part in self._parts for count in part.log.funnel()])

    @property
    def marks(self) -> Sequence[Mark]:
        """What changed while pairs were gathered, by time."""
        return sorted(
            dict.fromkeys(mark for part in self._parts for mark in part.log.marks()), key=lambda mark: mark.at
        )

    @property
    def labels(self) -> Sequence[LabelOf]:
        """What people said about these pairs, log by log, by time."""
        return [
            LabelOf(row=row, label=label)
            for part, row_of in self._rows()
            for label in part.scores.labels()
            if (row := row_of(label.pair)) is not None
        ]

    def verdicts(self, judge: str) -> Iterator[VerdictOf]:
        """What a judge, or a member of a panel, said about these pairs, call by call. Its newest configuration's."""
        measure = self.scores.measure(judge)
        for part, row_of in self._rows():
            for verdict in part.verdicts(measure):
                if (row := row_of(verdict.pair)) is not None:
                    yield VerdictOf(row=row, verdict=verdict)

    def _rows(self) -> Iterator[tuple[Part, Callable[[PairRef], int | None]]]:
        """Each log, and what tells the row of `pairs` that one of its pairs is in."""
        first = 0
        for part, columns in zip(self._parts, self._columns, strict=True):
            yield part, partial(_row_of, columns, first)
            first += len(columns)

    def texts(self, row: int) -> PairView:
        """The pair in this row of `pairs`, with all that was asked and said."""
        first = 0
        for part, columns in zip(self._parts, self._columns, strict=True):
            if 0 <= row - first < len(columns):
                return part.view(PairRef(int(columns.number[row - first]), int(columns.side[row - first])))
            first += len(columns)
        raise IndexError(f"there is no pair in row {row}; there are {first}")

    def views(self, rows: Sequence[int] | NDArray[np.integer[Any]] | None = None) -> Iterator[PairView]:
        """`texts` of these rows, or of all, one after the other."""
        return (self.texts(int(row)) for row in (range(self.pairs.n) if rows is None else rows))

    def to_pandas(self) -> pandas.DataFrame:
        """Pairs and scores as one frame, a row for each pair. Needs pandas."""
        return as_pandas(self.pairs, self.scores)

    def to_polars(self) -> polars.DataFrame:
        """Pairs and scores as one frame, a row for each pair. Needs polars."""
        return as_polars(self.pairs, self.scores)


def _columns_of(parts: Sequence[Part], names: tuple[str, ...], choice: Choosing) -> Sequence[PairColumns]:
    wanted = list(dict.fromkeys([*stored(names), *_sliceable(choice)]))
    if len(parts) == 1:
        return [parts[0].pairs(wanted, choice)]
    gathered = Gathered()
    return [part.pairs_besides(gathered, place, wanted, choice) for place, part in enumerate(parts)]


def _row_of(columns: PairColumns, first: int, ref: PairRef) -> int | None:
    """The row of a pair, counted from `first`. None: it is not among these."""
    begin, end = np.searchsorted(columns.number, [ref.number, ref.number + 1])
    found = np.flatnonzero(columns.side[begin:end] == ref.side)
    return first + int(begin + found[0]) if found.size else None


def _sliceable(choice: Choosing) -> list[str]:
    """Columns that a slice goes by and that may not be among those that are read anyway."""
    return [name for name in choice.words if name not in DISTURBED]
