"""The pair log as one SQLite file (WAL). Opened and migrated by `opening.py` and `migrating.py`."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import orjson

from shadowbench.records import Exchange, FunnelCount, Mark, is_again
from shadowbench.store.base import PAGE_SIZE, Bodies, LogCounts, LogError, LogSizes, Page
from shadowbench.store.displaced import companions, file_at, follow, open_files, refusal, where
from shadowbench.store.queries import statements
from shadowbench.store.rows import (
    BODY_TRUNCATED,
    PRICE,
    STREAMED,
    Row,
    Rows,
    exchange_of,
    has_attempts,
    rows_of,
    storable,
)
from shadowbench.store.sqlite_upkeep import SqliteUpkeep
from shadowbench.store.transactions import NULL, transaction, translated

_SQL = statements("pair_log")

PAGE_BYTES = 16 * 1024 * 1024
"""A page ends once its bodies pass this: a reader's memory stays bounded whatever was captured."""


class SqlitePairLog:
    """A `PairLog` over a connection in autocommit mode (`isolation_level=None`); it closes the connection."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._file = file_at(path)
        self._real = Path(os.path.realpath(path))  # where SQLite puts the companions
        self._companions = companions(self._real)  # they stay while we have it open
        self.upkeep = SqliteUpkeep(connection, path)

    def append(self, exchanges: Sequence[Exchange]) -> None:
        """See `PairLog.append`."""
        try:
            self._append(exchanges, rows_of)
        # No savepoint to go back to: it would copy each page before it is written to, for a tenth of the time.
        except (UnicodeEncodeError, OverflowError):
            self._append(exchanges, lambda fresh, first_number: storable(rows_of(fresh, first_number)))

    def _append(self, exchanges: Sequence[Exchange], as_rows: Callable[[Sequence[Exchange], int], Rows]) -> None:
        with self._writing():
            # Nobody else writes between here and the commit, so the numbers are ours.
            fresh = self._fresh(exchanges)
            if fresh:
                self._insert(as_rows(fresh, self._newest() + 1))
                pairs = sum(map(_count_pairs, fresh))
                self._connection.execute(_SQL["keep_count"], (len(fresh), pairs))

    def _fresh(self, exchanges: Sequence[Exchange]) -> list[Exchange]:
        """The exchanges that are not in the log, each once."""
        by_id = {exchange.id: exchange for exchange in reversed(exchanges)}
        known = {row[0] for row in self._connection.execute(_SQL["known_ids"], (orjson.dumps(list(by_id)).decode(),))}
        return [exchange for id, exchange in reversed(by_id.items()) if id not in known]

    def _insert(self, rows: Rows) -> None:
        ids = self._price_ids(rows)
        for statement, bound in (
            ("insert_exchange", _bound(rows.exchanges)),
            ("insert_observation", bound_observations(rows, ids)),
            ("insert_attempt", _bound(rows.attempts)),
            ("insert_request", _bound(rows.requests)),
            ("insert_response", _bound(rows.responses)),
        ):
            self._connection.executemany(_SQL[statement], bound)

    def _price_ids(self, rows: Rows) -> dict[str, int]:
        """The numbers of the batch's prices, which are put where they are new. Asked for once, not by each observation."""
        self._connection.executemany(_SQL["insert_price"], rows.prices)
        return {price: self._connection.execute(_SQL["price_id"], (price,)).fetchone()[0] for (price,) in rows.prices}

    def put_funnel(self, counts: Sequence[FunnelCount]) -> None:
        """See `PairLog.put_funnel`."""
        with self._writing():
            self._connection.executemany(
                _SQL["put_funnel"],
                [(each.epoch, each.candidate, each.stage, each.reason, each.count) for each in counts],
            )

    def put_marks(self, marks: Sequence[Mark]) -> None:
        """See `PairLog.put_marks`."""
        with self._writing():
            self._connection.executemany(
                _SQL["put_mark"], [(mark.at, mark.kind, mark.endpoint, mark.before, mark.after) for mark in marks]
            )

    def funnel(self) -> list[FunnelCount]:
        """See `PairLog.funnel`."""
        with translated(self._path):
            names = ("epoch", "candidate", "stage", "reason", "count")
            return [
                FunnelCount(**dict(zip(names, row, strict=True))) for row in self._connection.execute(_SQL["funnel"])
            ]

    def marks(self) -> list[Mark]:
        """See `PairLog.marks`."""
        with translated(self._path):
            names = ("at", "kind", "endpoint", "before", "after")
            return [Mark(**dict(zip(names, row, strict=True))) for row in self._connection.execute(_SQL["marks"])]

    def newest(self) -> int:
        """See `PairLog.newest`."""
        with translated(self._path):
            return self._newest()

    def _newest(self) -> int:
        number: int = self._connection.execute(_SQL["newest_number"]).fetchone()[0]
        return number

    def page(self, *, after: int, upto: int, size: int = PAGE_SIZE, with_bodies: Bodies = True) -> Page:
        """See `PairLog.page`."""
        found: list[Exchange] = []
        room = PAGE_BYTES
        with self._transaction("BEGIN"):
            limits = {"after": after, "upto": upto, "size": size}
            rows = self._connection.execute(_SQL["page_of_exchanges"], limits).fetchall()
            for row in rows:
                found.append(self._exchange(row, with_bodies))
                room -= _body_bytes(found[-1])
                if room < 0:
                    break
        numbers = tuple(row[0] for row in rows[: len(found)])
        return Page(
            exchanges=tuple(found),
            numbers=numbers,
            last=numbers[-1] if numbers else after,
            at_end=len(rows) < size and len(found) == len(rows),
        )

    def _exchange(self, row: tuple[Any, ...], with_bodies: Bodies) -> Exchange:
        number = row[:1]
        sides = self._connection.execute(_SQL["observations_of_exchange"], number).fetchall()
        tried = any(map(has_attempts, sides))
        attempts = self._connection.execute(_SQL["attempts_of_exchange"], number).fetchall() if tried else ()
        if with_bodies is not True:
            request = self._connection.execute(_SQL["request_body"], number).fetchone() if with_bodies else None
            return exchange_of(row, sides, request, attempts=attempts)
        request = self._connection.execute(_SQL["request_of_exchange"], number).fetchone()
        bodies = dict(self._connection.execute(_SQL["bodies_of_exchange"], number).fetchall())
        return exchange_of(row, sides, request, bodies, attempts)

    def counts(self) -> LogCounts:
        """See `PairLog.counts`."""
        with translated(self._path):
            exchanges, pairs = self._connection.execute(_SQL["counts"]).fetchone()
            return LogCounts(exchanges=exchanges, pairs=pairs)

    def sizes(self) -> LogSizes:
        """See `PairLog.sizes`."""
        wal = Path(f"{self._path}-wal")
        return LogSizes(file_bytes=_size(self._path), wal_bytes=_size(wal), free_bytes=_free(self._path.parent))

    def close(self) -> None:
        """See `PairLog.close`."""
        if self._is_displaced():
            self._let_go()
        self._connection.close()

    def _writing(self) -> AbstractContextManager[None]:
        """A transaction that writes, in the file that the log's name names: asking takes a microsecond, a commit a thousand."""
        if self._is_displaced():
            raise refusal(self._path, self._let_go())
        return self._transaction("BEGIN IMMEDIATE")

    def _is_displaced(self) -> bool:
        return file_at(self._path) != self._file

    def _let_go(self) -> Path | None:
        """Close the file that was moved or deleted, with all in it that was written; where it is now."""
        there, of_old = where(self._file, open_files()), self._companions
        try:
            self.upkeep.checkpoint(whole=True)
        except LogError as error:
            of_old = {} if error.reason == "read_only" else of_old  # who only reads moves nothing
        self._connection.close()
        follow(self._real, there, of_old)
        return there

    def _transaction(self, begin: str) -> AbstractContextManager[None]:
        return transaction(self._connection, self._path, begin)


def bound_observations(rows: Rows, price_ids: Mapping[str, int]) -> list[list[Any]]:
    """The rows of `observations` as they are bound: with prices by number, and with numbers for True and False.

    For a bool the driver looks for an adapter as it does for None. NaN, where it is not known, stays NaN.
    """
    observations = _bound(rows.observations)
    for row in observations:
        row[PRICE] = price_ids.get(row[PRICE], NULL)
        row[STREAMED] += 0
        row[BODY_TRUNCATED] += 0
    return observations


def _bound(rows: Iterable[Row]) -> list[list[Any]]:
    return [[NULL if value is None else value for value in row] for row in rows]


def _count_pairs(exchange: Exchange) -> int:
    return sum(not is_again(each.observation.endpoint) for each in exchange.candidates)


def _body_bytes(exchange: Exchange) -> int:
    bodies = [exchange.request_body, exchange.production.body, *(c.observation.body for c in exchange.candidates)]
    return sum(len(body) for body in bodies if body)


def _free(folder: Path) -> int | None:
    try:
        there = os.statvfs(folder)
    except OSError:
        return None
    return there.f_bavail * there.f_frsize


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
