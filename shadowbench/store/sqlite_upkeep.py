"""`LogUpkeep` over an SQLite connection: what leaves a log, page by page."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import orjson

from shadowbench.store.base import LogUsage, Owner
from shadowbench.store.queries import statements
from shadowbench.store.transactions import transaction, translated

_SQL = statements("pair_log")

_STAND_BACK_MS = 100
"""A checkpoint that waits for readers holds up writers: not longer than this, the caller may try again."""


class SqliteUpkeep:
    """A `LogUpkeep`. It shares the connection of its log."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def usage(self) -> LogUsage:
        """See `LogUpkeep.usage`."""
        with translated(self._path):
            row = self._connection.execute(_SQL["usage"]).fetchone()
        exchanges, oldest_at, pages, free, page_bytes = row
        return LogUsage(
            exchanges=exchanges,
            oldest_at=oldest_at,
            used_bytes=(pages - free) * page_bytes,
            free_bytes=free * page_bytes,
        )

    def oldest(self, *, limit: int, before: float | None = None) -> Sequence[int]:
        """See `LogUpkeep.oldest`."""
        return self._numbers("oldest", limit=limit, before=float("inf") if before is None else before)

    def count_before(self, before: float) -> int:
        """See `LogUpkeep.count_before`."""
        return self._numbers("count_before", before=before)[0]

    def owned_by(self, owner: Owner, *, after: int, upto: int) -> Sequence[int]:
        """See `LogUpkeep.owned_by`."""
        keys = {"users": owner.user_keys, "tenants": owner.tenant_keys, "clusters": owner.cluster_keys}
        keys["marks"] = tuple(f'"{mark}"' for mark in owner.marks)  # as they stand in JSON
        as_json = {name: orjson.dumps(values).decode() for name, values in keys.items()}
        return self._numbers("owned_by", after=after, upto=upto, **as_json)

    def delete(self, numbers: Sequence[int]) -> int:
        """See `LogUpkeep.delete`."""
        with transaction(self._connection, self._path, "BEGIN IMMEDIATE"):
            return self._connection.execute(_SQL["delete_exchanges"], (orjson.dumps(list(numbers)).decode(),)).rowcount

    def delete_notes(self, before: float) -> None:
        """See `LogUpkeep.delete_notes`."""
        with transaction(self._connection, self._path, "BEGIN IMMEDIATE"):
            self._connection.execute(_SQL["delete_marks"], (before,))
            self._connection.execute(_SQL["delete_funnel"], (before,))

    def shrink(self, *, limit_bytes: int) -> int:
        """See `LogUpkeep.shrink`."""
        usage = self.usage()
        if not usage.free_bytes:
            return 0
        with translated(self._path):
            page_bytes = self._pragma("page_size")
            # Each step of this statement frees one page and gives a row without columns, of which `execute` takes the first.
            self._connection.executescript(f"PRAGMA incremental_vacuum({max(1, limit_bytes // page_bytes)})")
        return usage.free_bytes - self.usage().free_bytes

    def rewrite(self) -> None:
        """See `LogUpkeep.rewrite`."""
        folder = str(self._path.absolute().parent).replace("'", "''")
        with translated(self._path):
            # The copy is made beside the log, where there is room for it and as much privacy as the log has. SQLite calls
            # this pragma deprecated; the environment variable for it is read before we could set it.
            self._connection.execute(f"PRAGMA temp_store_directory = '{folder}'")
            self._connection.execute("VACUUM")

    def checkpoint(self, *, whole: bool) -> bool:
        """See `LogUpkeep.checkpoint`."""
        with translated(self._path):
            patience_ms = self._pragma("busy_timeout")
            self._connection.execute(f"PRAGMA busy_timeout = {_STAND_BACK_MS}")
            try:
                mode = "TRUNCATE" if whole else "PASSIVE"
                busy, in_wal, moved = self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {patience_ms}")
        return not busy and in_wal == moved

    def _numbers(self, name: str, **parameters: float | str | None) -> list[int]:
        with translated(self._path):
            return [row[0] for row in self._connection.execute(_SQL[name], parameters)]

    def _pragma(self, name: str) -> int:
        value: int = self._connection.execute(f"PRAGMA {name}").fetchone()[0]
        return value
