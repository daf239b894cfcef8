"""SQLite's transactions and errors, as the rest of the store sees them: all or nothing, and `LogError`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shadowbench.store.base import LogError

NULL = float("nan")
"""How a NULL is bound where there are many: SQLite stores no NaN, but NULL for it. For None, which means the same, the driver
looks for an adapter and raises an AttributeError that nobody sees: 0.35 µs, and a pair has forty."""

_REASONS = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_IOERR: "io_error",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_NOTADB: "corrupt",
    sqlite3.SQLITE_READONLY: "read_only",
}


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path, begin: str) -> Iterator[None]:
    """All or nothing, on the log at `path`. `begin` says which kind of transaction: BEGIN, or BEGIN IMMEDIATE to write."""
    with translated(path):
        connection.execute(begin)
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            # Some errors (a full disk) have ended the transaction by themselves.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """The border: SQLite's errors leave as `LogError`."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        reason = _REASONS.get(code, "other")
        advice = _CANNOT_OPEN if code == sqlite3.SQLITE_CANTOPEN else _ADVICE[reason]
        raise LogError(reason, f"{path}: {advice} ({error})") from error


_CANNOT_OPEN = "cannot open the pair log; check who owns the file and its folder, and the limit of open files"
_ADVICE = {
    "other": "cannot use the pair log",
    "disk_full": "the device is full; free some space, nothing is lost that was stored",
    "busy": "another process has been writing to this pair log for too long; only one recorder may own it",
    "io_error": "the device failed to read or write, or a limit on file size was reached",
    "corrupt": "this is not a pair log, or it is damaged; move the file away, or change store.url",
    "read_only": "this pair log may not be written; check the permissions of the file and its folder",
}
