"""`migrate` says which version a log had and has."""

import sqlite3
from pathlib import Path

import pytest

from shadowbench.cli.migrate import run_migrate
from shadowbench.errors import UnavailableError
from shadowbench.store.migrating import APPLICATION_ID, migrations
from shadowbench.store.opening import version_of


def test_an_old_log_is_brought_forward_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connection = sqlite3.connect(tmp_path / "log.db")
    connection.executescript(migrations()[0].sql)
    connection.executescript(
        "CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT);"
        "INSERT INTO _sqlite_migrations VALUES (1, 'shadowbench', '0001_pair_log', '2025-10-09');"
        f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1;"
    )
    connection.close()
    url = f"sqlite:///{tmp_path}/log.db"
    assert run_migrate(url) == 0
    assert capsys.readouterr().out.endswith("log.db: schema version 1 → 4\n")
    assert version_of(url) == 4
    assert run_migrate(url) == 0
    assert capsys.readouterr().out.endswith("log.db has schema version 4 already\n")


def test_a_log_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="there is no pair log"):
        run_migrate(f"sqlite:///{tmp_path}/log.db")
    assert list(tmp_path.iterdir()) == []
