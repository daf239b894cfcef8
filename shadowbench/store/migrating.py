"""Versions of the schema: which one a file has, which ones we can use, and how to bring a file forward.

The version is the number of the newest migration, kept in SQLite's `user_version`. A log is written at the newest
version only; older ones are read as they are, so that reports go on working while an upgrade is rolled out: each has a
script `sql/reading_version_N.sql` that shows it as if it were of the version after it.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import shadowbench

APPLICATION_ID = 0x53424E43
"""Marks the file as ours ("SBNC"): another program's database is never taken for a log."""

OLDEST_READABLE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered SQL file."""

    version: int
    name: str
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """What an SQLite file says it is."""

    application_id: int
    version: int
    has_tables: bool


class Ready:
    """The file can be used as it is."""


class Migrate:
    """The file can be used after the pending migrations."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The file cannot be used; `why` says what to do."""

    why: str


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations, in order."""
    folder = files("shadowbench.store.migrations")
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return tuple(
        Migration(version=int(entry.name[:4]), name=entry.name.removesuffix(".sql"), sql=entry.read_text("utf-8"))
        for entry in found
    )


@cache
def statements(script: str) -> tuple[str, ...]:
    """The statements of a script. `executescript` commits first; sqlite-utils looks for an end after every letter."""
    found, begun = list[str](), ""
    for part in re.split("(?<=;)", script):
        begun += part
        if sqlite3.complete_statement(begun):
            found.append(begun.strip())
            begun = ""
    return (*found, begun) if begun.strip() else tuple(found)


def newest_version() -> int:
    """The version this program writes."""
    return migrations()[-1].version


def decide(state: FileState, *, newest: int, writing: bool) -> Ready | Migrate | Refuse:
    """Whether a file in this state can be used."""
    if state.application_id != APPLICATION_ID:
        if state.has_tables or state.application_id:
            return Refuse("this SQLite file belongs to something else; choose another path for the pair log")
        return Migrate() if writing else Refuse("this file has no pair log in it yet; start the recorder first")
    if state.version > newest:
        return Refuse(
            f"the pair log has schema version {state.version}, this shadowbench reads up to {newest}; "
            "install the newer shadowbench that wrote it"
        )
    if state.version == newest:
        return Ready()
    if writing:
        return Migrate()
    if state.version >= OLDEST_READABLE:
        return Ready()
    return Refuse(
        f"the pair log has schema version {state.version}, which is too old to read; "
        "start `shadowbench serve` or `shadowbench mirror` on it once, which brings it up to date"
    )


def state_of(connection: sqlite3.Connection) -> FileState:
    """What the file says it is."""
    return FileState(
        application_id=connection.execute("PRAGMA application_id").fetchone()[0],
        version=connection.execute("PRAGMA user_version").fetchone()[0],
        has_tables=connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0,
    )


def migrate(connection: sqlite3.Connection, *, now: str) -> None:
    """Apply what is pending, all in one transaction. `now`: when, for the note in `log_meta` of who made the log."""
    # Imported here: most openings migrate nothing. It takes 0.1 s; with pandas and numpy, which it imports where they are
    # installed to write their types into tables, 0.4 s and 50 MB.
    with _out_of_reach("pandas", "numpy"):
        from sqlite_utils import Database
        from sqlite_utils.migrations import Migrations

    steps = Migrations("shadowbench")
    for migration in migrations():
        steps(name=migration.name)(lambda db, sql=migration.sql: _execute(db.conn, statements(sql)))
    connection.execute("BEGIN IMMEDIATE")
    try:
        steps.apply(Database(connection, recursive_triggers=False, execute_plugins=False))
        about = {"schema_version": str(newest_version()), "migrated_by": f"shadowbench {shadowbench.__version__}"}
        first = {"created_by": f"shadowbench {shadowbench.__version__}", "created_at": now}
        connection.executemany("INSERT OR REPLACE INTO log_meta VALUES (?, ?)", about.items())
        connection.executemany("INSERT OR IGNORE INTO log_meta VALUES (?, ?)", first.items())
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {newest_version()}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _out_of_reach(*names: str) -> Iterator[None]:
    """Modules that are not loaded yet are meanwhile as if they were not installed."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # https://docs.python.org/3/reference/import.html#the-module-cache
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _execute(connection: sqlite3.Connection, each: Iterable[str]) -> None:
    for statement in each:
        connection.execute(statement)
