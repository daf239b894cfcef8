"""`ColumnLog` over an SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shadowbench.errors import UnavailableError
from shadowbench.records import is_again
from shadowbench.store.columns import Coded, PairColumns, ScoreColumns
from shadowbench.store.columns_cells import Array, Cells
from shadowbench.store.columns_growing import Growing
from shadowbench.store.columns_image import Images
from shadowbench.store.columns_scores import ScoreReader, rounds
from shadowbench.store.columns_segments import Segments
from shadowbench.store.columns_spec import bare_of, wanted
from shadowbench.store.columns_told import ToldReader
from shadowbench.store.opening import open_connection
from shadowbench.store.queries import statements
from shadowbench.store.segments import SPAN, page_of
from shadowbench.store.transactions import transaction, translated

_SQL = statements("columns")
_LOG = statements("pair_log")

PAGE = SPAN
"""Exchanges of a page, whose places take 12 bits. Reading one takes some 10 ms, in which the log stays as it is for us. Larger
ones cost more: memory of megabytes is had from the system anew each time."""

MOST_SIDES = 255
"""Of one exchange; a side takes 8 bits."""

_SIDE_BITS = 16  # of a number that names a side of an exchange: 37 are left for the exchange


def open_columns(url: str) -> SqliteColumns:
    """The log at `url`, for reading; as `opening.open_log`."""
    return SqliteColumns(*open_connection(url, "read"))


class SqliteColumns:
    """See `ColumnLog`. Over a connection in autocommit mode, which it closes."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._images = Images(connection)
        self._segments = Segments(connection)

    def close(self) -> None:
        """See `ColumnLog.close`."""
        self._connection.close()

    def newest(self) -> int:
        """See `ColumnLog.newest`."""
        with translated(self._path):
            return int(self._connection.execute(_LOG["newest_number"]).fetchone()[0])

    def reach(self, since: float, until: float, *, upto: int) -> tuple[int, int]:
        """See `ColumnLog.reach`."""
        with translated(self._path):
            bound = {"since": since, "until": until, "upto": upto}
            first, last = self._connection.execute(_SQL["reach"], bound).fetchone()
        return (0, 0) if first is None else (first - 1, last)

    def pairs(self, names: Sequence[str], *, after: int = 0, upto: int) -> PairColumns:
        """See `ColumnLog.pairs`."""
        want = wanted(names)
        exchanges = Cells(self._connection, "exchanges", ["number"], want.exchange)
        sides = Cells(self._connection, "observations", [f"(exchange << {_SIDE_BITS}) + side"], want.side)
        found = _Found(names, exchanges, sides, self._pairs_at_most())
        for page in self._pages(after, upto):
            found.add(self._exchanges(exchanges, **page), self._sides(sides, **page))
        return found.all()

    def scores(self, measures: Sequence[int], pairs: PairColumns) -> Mapping[int, ScoreColumns]:
        """See `ColumnLog.scores`."""
        found: dict[int, ScoreColumns] = {}
        for some in rounds(measures):
            reader = ScoreReader(self._connection, self._images, self._segments, some, pairs)
            for page in self._pages_of(pairs):
                reader.read(**page)
            found |= reader.all()
        return found

    def told(self, measure: int, paths: Sequence[str], pairs: PairColumns) -> Coded:
        """See `ColumnLog.told`."""
        reader = ToldReader(self._connection, self._images, measure, paths, pairs)
        for page in self._pages_of(pairs):
            reader.read(**page)
        return reader.all()

    def ids(self, *, after: int = 0, upto: int) -> tuple[Sequence[str], NDArray[np.int64]]:
        """See `ColumnLog.ids`."""
        ids: list[str] = []
        numbers = Growing(np.int64, 0)
        for page in self._pages(after, upto):
            rows = self._connection.execute(_SQL["ids"], page).fetchall()
            ids += [id for _, id in rows]
            numbers.add(np.array([number for number, _ in rows], np.int64))
        return ids, numbers.all()

    def _pages_of(self, pairs: PairColumns) -> Iterator[dict[str, int]]:
        """From the exchange of the first of these pairs to that of the last."""
        return self._pages(int(pairs.number[0]) - 1, int(pairs.number[-1])) if len(pairs) else iter(())

    def _pages(self, after: int, upto: int) -> Iterator[dict[str, int]]:
        """Page by page, each within a transaction of its own."""
        while True:
            with transaction(self._connection, self._path, "BEGIN"):
                next_number = self._connection.execute(_SQL["next_number"], {"after": after, "upto": upto}).fetchone()[
                    0
                ]
                if next_number is None:
                    return
                # Not beyond the page whose segment there may be.
                end = (page_of(next_number) + 1) * SPAN
                page = {"after": next_number - 1, "last": min(next_number - 1 + PAGE, end, upto)}
                yield page
            after = page["last"]

    def _exchanges(self, cells: Cells, *, after: int, last: int) -> _Table:
        segment = self._segments.find("exchanges", last, ["number", *cells.columns()])
        if segment is None:
            return self._read("exchanges", cells, after, last)
        numbers = segment.numbers("number")
        rows = _between(numbers, after, last)
        return _Table(keys=numbers[rows].astype(np.int64), columns=cells.of_segment(segment, rows))

    def _sides(self, cells: Cells, *, after: int, last: int) -> _Table:
        segment = self._segments.find("observations", last, ["exchange", "side", *cells.columns()])
        if segment is None:
            return self._read("observations", cells, after, last)
        numbers = segment.numbers("exchange")
        rows = _between(numbers, after, last)
        keys = (numbers[rows].astype(np.int64) << _SIDE_BITS) + segment.numbers("side")[rows].astype(np.int64)
        return _Table(keys=keys, columns=cells.of_segment(segment, rows))

    def _read(self, statement: str, cells: Cells, after: int, last: int) -> _Table:
        selected = cells.selected()
        select = _SQL[statement].format(columns=", ".join(selected))
        rows = self._images.matrix(select, {"after": after, "last": last, **cells.bound()}, len(selected))
        return _Table(keys=rows[:, 0].astype(np.int64), columns=cells.arrays(rows))

    def _pairs_at_most(self) -> int:
        with translated(self._path):
            return int(self._connection.execute(_LOG["counts"]).fetchone()[1])


def _between(numbers: NDArray[np.float64], after: int, last: int) -> slice:
    """The rows of exchanges numbered above `after` up to `last`; they are in order."""
    begin, end = np.searchsorted(numbers, [after, last], side="right")
    return slice(begin, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """What was read of one table. `keys`: numbers of exchanges; of observations with the side in the lowest bits."""

    keys: NDArray[np.int64]
    columns: Mapping[str, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Which rows of a page make pairs: places in observations of the candidate and of production, and in exchanges."""

    number: NDArray[np.int64]
    side: NDArray[np.int64]
    candidate: NDArray[np.intp]
    production: NDArray[np.intp]
    exchange: NDArray[np.intp]


class _Found:
    """Pairs as they are put together, page by page."""

    def __init__(self, names: Sequence[str], exchanges: Cells, sides: Cells, expected: int) -> None:
        self._exchanges, self._sides = exchanges, sides
        self._again = np.zeros(0, np.bool_)  # by the endpoint's code
        self._number, self._side = Growing(np.int64, expected), Growing(np.int16, expected)
        self._columns = {name: Growing(np.int32 if self._coder(name) else np.float64, expected) for name in names}

    def add(self, exchanges: _Table, sides: _Table) -> None:
        of_exchange, of_side = exchanges.columns, sides.columns
        rows = _rows(exchanges.keys, sides.keys, self._is_again(of_side["candidate"]))
        self._number.add(rows.number)
        self._side.add(rows.side)
        for name, column in self._columns.items():
            column.add(_picked(name, of_exchange, of_side, rows))

    def _is_again(self, codes: Array) -> NDArray[np.bool_]:
        texts = self._sides.coders["candidate"].texts
        if len(texts) > len(self._again):
            self._again = np.array([is_again(text) for text in texts])
        return self._again[codes] if len(texts) else np.zeros(len(codes), np.bool_)

    def _coder(self, name: str) -> Any:
        coders = self._exchanges.coders if name in self._exchanges.coders else self._sides.coders
        return coders.get(name) or (None if name in self._exchanges.numbers else coders.get(bare_of(name)))

    def all(self) -> PairColumns:
        columns: dict[str, Any] = {}
        for name, column in self._columns.items():
            coder, found = self._coder(name), column.all()
            columns[name] = Coded(codes=found, texts=coder.texts) if coder else found
        return PairColumns(number=self._number.all(), side=self._side.all(), columns=columns)


def _rows(numbers: NDArray[np.int64], keys: NDArray[np.int64], again: NDArray[np.bool_]) -> _Rows:
    number, side = keys >> _SIDE_BITS, keys & ((1 << _SIDE_BITS) - 1)
    if side.size and side.max() > MOST_SIDES:
        raise UnavailableError(f"an exchange has more than {MOST_SIDES} candidates; reading by columns takes no more")
    production, candidate = np.flatnonzero(side == 0), np.flatnonzero((side > 0) & ~again)
    whole = np.isin(number[candidate], number[production]) & np.isin(number[candidate], numbers)
    candidate = candidate[whole]
    return _Rows(
        number=number[candidate],
        side=side[candidate],
        candidate=candidate,
        production=production[np.searchsorted(number[production], number[candidate])],
        exchange=np.searchsorted(numbers, number[candidate]),
    )


def _picked(name: str, of_exchange: Mapping[str, Array], of_side: Mapping[str, Array], rows: _Rows) -> Array:
    if name in of_exchange:
        return of_exchange[name][rows.exchange]
    if name in of_side:
        return of_side[name][rows.candidate]  # what candidates alone have
    place = rows.production if name.startswith("production_") else rows.candidate
    return of_side[bare_of(name)][place]
