"""Which versions of a log can be used, and how one is brought forward."""

import sqlite3
import subprocess
import sys

import pytest

from shadowbench.store.migrating import (
    APPLICATION_ID,
    FileState,
    Migrate,
    Ready,
    Refuse,
    decide,
    migrate,
    migrations,
    newest_version,
    state_of,
    statements,
)

OURS = APPLICATION_ID


@pytest.mark.parametrize(
    ("application_id", "version", "has_tables", "writing", "expected"),
    [
        (OURS, 3, True, True, Ready),
        (OURS, 3, True, False, Ready),
        (OURS, 2, True, True, Migrate),
        (OURS, 2, True, False, Ready),  # older ones are read
        (OURS, 1, True, True, Migrate),
        (OURS, 1, True, False, Ready),
        (OURS, 0, True, False, "too old to read; start `shadowbench serve`"),
        (OURS, 4, True, True, "schema version 4, this shadowbench reads up to 3; install the newer"),
        (OURS, 4, True, False, "schema version 4, this shadowbench reads up to 3; install the newer"),
        (0, 0, False, True, Migrate),
        (0, 0, False, False, "no pair log in it yet"),
        (0, 0, True, True, "belongs to something else"),
        (77, 0, False, True, "belongs to something else"),
        (0, 3, True, False, "belongs to something else"),
    ],
)
def test_decisions(
    application_id: int, version: int, has_tables: bool, writing: bool, expected: type[object] | str
) -> None:
    state = FileState(application_id=application_id, version=version, has_tables=has_tables)
    verdict = decide(state, newest=3, writing=writing)
    if isinstance(expected, str):
        assert isinstance(verdict, Refuse)
        assert expected in verdict.why
    else:
        assert isinstance(verdict, expected)


def test_migrations_are_numbered_without_gaps() -> None:
    assert [migration.version for migration in migrations()] == list(range(1, newest_version() + 1))


def test_a_migration_that_fails_leaves_nothing() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE responses (in_the_way)")  # the migration fails half-way
    with pytest.raises(sqlite3.OperationalError, match="responses already exists"):
        migrate(connection, now="2025-10-09T00:00:00+00:00")
    assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == ["responses"]
    assert state_of(connection) == FileState(application_id=0, version=0, has_tables=True)
    connection.close()


def test_the_log_says_who_made_it() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, now="2025-10-09T00:00:00+00:00")
    migrate(connection, now="2026-01-01T00:00:00+00:00")  # nothing is pending
    meta = dict(connection.execute("SELECT key, value FROM log_meta").fetchall())
    assert meta["schema_version"] == str(newest_version())
    assert meta["created_at"] == "2025-10-09T00:00:00+00:00"
    assert meta["created_by"].startswith("shadowbench ")
    assert state_of(connection) == FileState(application_id=OURS, version=newest_version(), has_tables=True)
    connection.close()


def test_who_makes_a_log_loads_no_library_of_numbers_and_may_do_so_later() -> None:
    """Every recorder of a new log would keep 50 MB for them."""
    script = """
import sqlite3, sys
from shadowbench.store.migrating import migrate
connection = sqlite3.connect(":memory:", isolation_level=None)
migrate(connection, now="")
connection.close()
print(*{"numpy", "pandas", "sqlite_utils"} & sys.modules.keys())
import numpy
print(numpy.int8(1))
"""
    assert subprocess.check_output([sys.executable, "-c", script], text=True).split() == ["sqlite_utils", "1"]


def test_a_script_is_taken_apart_where_its_statements_end() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b;\n  DELETE FROM c;\nEND;"
    script = f"-- first; and more\nCREATE TABLE a (b TEXT DEFAULT ';'); CREATE TABLE b (c);\n\n{trigger}\nSELECT 1"
    assert [each.strip() for each in statements(script)] == [
        "-- first; and more\nCREATE TABLE a (b TEXT DEFAULT ';');", "CREATE TABLE b (c);", trigger, "SELECT 1",
    ]  # fmt: skip
    assert statements("") == statements("\n") == ()


def test_every_migration_has_its_statements_all_of_them() -> None:
    for migration in migrations():
        assert "".join("".join(statements(migration.sql)).split()) == "".join(migration.sql.split())
        assert all(sqlite3.complete_statement(each) for each in statements(migration.sql))
