"""The border of SQLite: every foreign error leaves as ours, and a transaction is all or nothing."""

import sqlite3
from pathlib import Path

import pytest

from shadowbench.store.base import LogError
from shadowbench.store.transactions import transaction, translated


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (sqlite3.SQLITE_FULL, "disk_full"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "busy"),
        (sqlite3.SQLITE_IOERR_FSYNC, "io_error"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "corrupt"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "read_only"),
        (sqlite3.SQLITE_CONSTRAINT, "other"),
    ],
)
def test_every_error_has_a_reason_from_the_fixed_set(code: int, reason: str) -> None:
    error = sqlite3.OperationalError("it broke")
    error.sqlite_errorcode = code
    with pytest.raises(LogError, match=r"log\.db: .*\(it broke\)") as refused, translated(Path("log.db")):
        raise error
    assert refused.value.reason == reason


def test_a_transaction_is_all_or_nothing() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (x)")
    with transaction(connection, Path("log.db"), "BEGIN IMMEDIATE"):
        connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(ZeroDivisionError), transaction(connection, Path("log.db"), "BEGIN IMMEDIATE"):
        connection.execute("INSERT INTO t VALUES (2)")
        1 / 0  # noqa: B018  the fault of whoever is inside
    assert connection.execute("SELECT x FROM t").fetchall() == [(1,)]
    assert not connection.in_transaction
    connection.close()
