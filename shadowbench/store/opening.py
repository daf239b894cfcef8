"""Opens a pair log by its URL: `sqlite:///relative.db` or `sqlite:////absolute/path.db`."""

from __future__ import annotations

import os
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.store.base import PairLog
from shadowbench.store.migrating import Migrate, Refuse, decide, migrate, newest_version, state_of
from shadowbench.store.queries import script
from shadowbench.store.scoring import ScoreLog
from shadowbench.store.sqlite import SqlitePairLog
from shadowbench.store.sqlite_score_log import SqliteScoreLog
from shadowbench.store.transactions import translated

Mode = Literal["read", "write", "change"]

FILE_MODE = 0o600
"""The log holds what users wrote and models answered: its owner's business alone."""

PAGE_SIZE = 8192
"""Bytes of an SQLite page: a small pair fits one; benchmarks/store_append.py compares."""

BUSY_TIMEOUT_S = 5.0
_RETRY_DELAYS_S = (0.02, 0.05, 0.1, 0.2)
"""Several processes that make the same log at once can lock each other out at the switch to WAL, where SQLite does not wait."""

WAL_LIMIT_BYTES = 64 * 1024 * 1024
"""After a checkpoint the WAL is cut to this, so that one burst does not hold the space for ever."""


def open_log(url: str, mode: Mode) -> PairLog:
    """The log at `url`. Writing creates it and migrates it, `change` migrates one that is there; reading changes nothing.

    Raises `ConfigurationError` for a URL that cannot be meant, `UnavailableError` (with what to do) for a log that
    cannot be used.
    """
    return SqlitePairLog(*open_connection(url, mode))


def open_score_log(url: str, mode: Literal["read", "change"]) -> ScoreLog:
    """What scorers read and write of the log at `url`, over a connection of its own; as `open_log`.

    Reading a log of an older version finds nothing in it.
    """
    return SqliteScoreLog(*open_connection(url, mode))


def open_connection(url: str, mode: Mode) -> tuple[sqlite3.Connection, Path]:
    """A connection for the store's own files, and the file; as `open_log`."""
    path = path_of(url)
    if not path.parent.is_dir():
        raise UnavailableError(f"the pair log's folder {path.parent} does not exist; create it, or change store.url")
    if path.is_dir():
        raise UnavailableError(f"{path} is a folder; store.url must name a file")
    if mode != "write" and not path.exists():
        raise UnavailableError(f"there is no pair log at {path}; start `shadowbench serve`, or check store.url")
    with translated(path):
        return (_open_for_reading(path) if mode == "read" else _open_for_writing(path)), path


def version_of(url: str) -> int:
    """The schema version of the log at `url`. Raises as `open_log` does when there is none."""
    open_log(url, "read").close()
    path = path_of(url)
    with translated(path):
        connection = _readable(path)
        try:
            return state_of(connection).version
        finally:
            connection.close()


def path_of(url: str) -> Path:
    """The file that a store URL names."""
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        raise ConfigurationError(f"store.url {url!r} has no scheme; write sqlite:///{url.removeprefix('file://')}")
    if parts.scheme in ("postgres", "postgresql"):
        raise ConfigurationError("store.url: a PostgreSQL pair log is not supported yet; use sqlite:///shadowbench.db")
    if parts.scheme != "sqlite":
        raise ConfigurationError(f"store.url: unknown scheme {parts.scheme!r}; use sqlite:///shadowbench.db")
    if parts.netloc or parts.path in ("", "/"):
        raise ConfigurationError(
            f"store.url {url!r} names no file; write sqlite:///name.db for a relative path, sqlite:////folder/name.db "
            "for an absolute one"
        )
    if parts.query or parts.fragment:
        raise ConfigurationError(f"store.url {url!r}: nothing may follow the path (write ? as %3F and # as %23)")
    return Path(unquote(parts.path[1:]))


def _open_for_writing(path: Path) -> sqlite3.Connection:
    _create_privately(path)
    for delay_s in _RETRY_DELAYS_S:
        try:
            return _open_once(path)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        time.sleep(delay_s)
    return _open_once(path)


def _open_once(path: Path) -> sqlite3.Connection:
    connection = _connect(path, "rw")
    try:
        state = state_of(connection)
        verdict = decide(state, newest=newest_version(), writing=True)
        if isinstance(verdict, Refuse):
            raise UnavailableError(f"{path}: {verdict.why}")
        if not state.has_tables:
            # In this order, before the first table: none of it can be changed later without rewriting the file.
            connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # What is deleted is overwritten: on pages that stay, and on those that are free until they are used again.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
        if isinstance(verdict, Migrate):
            migrate(connection, now=datetime.now(UTC).isoformat(timespec="seconds"))
    except BaseException:
        connection.close()
        raise
    return connection


def _create_privately(path: Path) -> None:
    """Make the empty file with its mode, whatever the umask; SQLite gives `-wal` and `-shm` the mode of the file.

    An existing log keeps the mode its owner gave it. It is not opened here: closing a second descriptor of the file
    would drop the locks that SQLite holds in this process.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, FILE_MODE)
    except FileExistsError:
        if path.stat().st_size == 0:
            path.chmod(FILE_MODE)
        return
    except OSError as error:
        why = f"cannot create the pair log {path}: {error.strerror}; check who owns the folder"
        raise UnavailableError(why) from error
    try:
        os.fchmod(descriptor, FILE_MODE)
    finally:
        os.close(descriptor)


def _open_for_reading(path: Path) -> sqlite3.Connection:
    connection = _readable(path)
    try:
        state = state_of(connection)
        verdict = decide(state, newest=newest_version(), writing=False)
        if isinstance(verdict, Refuse):
            raise UnavailableError(f"{path}: {verdict.why}")
        for version in range(state.version, newest_version()):
            connection.executescript(script(f"reading_version_{version}"))
    except BaseException:
        connection.close()
        raise
    return connection


def _readable(path: Path) -> sqlite3.Connection:
    """A read-only connection. In a folder we may not write, a log at rest is still readable: it cannot change."""
    connection = _connect(path, "ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        wal = Path(f"{path}-wal")
        if os.access(path.parent, os.W_OK) or not os.access(path, os.R_OK) or (wal.exists() and wal.stat().st_size):
            raise
        connection = _connect(path, "ro&immutable=1")
    return connection


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    # isolation_level=None: the driver begins no transactions. The writer thread may be another than the opening one.
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
