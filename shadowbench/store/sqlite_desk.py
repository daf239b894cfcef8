"""What the parts of the score log stand on: one connection, named statements, transactions of two kinds, work in slices."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson

from shadowbench.store.pace import SLICE_S, Pace
from shadowbench.store.transactions import transaction, translated

Row = tuple[Any, ...]
T = TypeVar("T")

_REST_S = SLICE_S / 4
"""Between two slices, so that the recorder, which waits for its turn in growing steps, finds the log free."""


class SqliteDesk:
    """A connection in autocommit mode, which it closes. `clock` is monotonic; `rest` sleeps for so many seconds."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._path = path
        self._paces = {synced: Pace(clock) for synced in (False, True)}
        self._rest = rest
        self._synced: bool | None = None

    def close(self) -> None:
        """See `ScoreLog.close`."""
        self._connection.close()

    def _durably(self) -> AbstractContextManager[None]:
        """A writing transaction that the device has when it ends. It holds others up for as long as the device takes."""
        return self._writing(synced=True)

    def _quickly(self) -> AbstractContextManager[None]:
        """A writing transaction that a crash of the process cannot undo, and a crash of the machine can.

        The write-ahead log keeps the order of all writing: whatever is lost is lost with all that came after it.
        """
        return self._writing(synced=False)

    @contextmanager
    def _writing(self, *, synced: bool) -> Iterator[None]:
        if synced is not self._synced:
            with translated(self._path):
                self._connection.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
            self._synced = synced
        with transaction(self._connection, self._path, "BEGIN IMMEDIATE"):
            yield

    def _reading(self) -> AbstractContextManager[None]:
        """Several statements that see one state of the log."""
        return transaction(self._connection, self._path, "BEGIN")

    def _rows(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:
        with translated(self._path):
            return self._connection.execute(statement, parameters).fetchall()

    def _row(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Row | None:
        rows = self._rows(statement, parameters)
        return rows[0] if rows else None

    def _put(self, statement: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run a statement that writes with each of these rows; how many rows of the log it wrote."""
        return self._connection.executemany(statement, rows).rowcount

    def _change(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> int:
        return self._connection.execute(statement, parameters).rowcount

    def _put_in_slices(self, put: Callable[[Sequence[T]], int], rows: Iterable[T], *, synced: bool) -> int:
        """Have these put in transactions that are short whatever their number; how many rows of the log it wrote."""
        left = list(rows)
        written = 0

        def put_some(size: int) -> int:
            nonlocal written
            some, left[:] = left[:size], left[size:]
            written += put(some)
            return len(some)

        if left:
            self._in_slices(put_some, synced=synced)
        return written

    def _in_slices(self, work: Callable[[int], int], *, synced: bool) -> int:
        """Let `work` do something as often as there is more to do, each time in a transaction; how much it did.

        It is told how much to do at most, and says how much that was: less says that there is no more.
        """
        pace, done = self._paces[synced], 0
        while True:
            size = pace.size
            some = pace.run(lambda most: self._slice(work, most, synced=synced))
            done += some
            if some < size:
                return done
            self._rest(_REST_S)

    def _slice(self, work: Callable[[int], int], most: int, *, synced: bool) -> int:
        with self._writing(synced=synced):
            return work(most)


def as_json(values: Iterable[Any]) -> str:
    """A list for a statement's `json_each`."""
    return orjson.dumps(list(values)).decode()
