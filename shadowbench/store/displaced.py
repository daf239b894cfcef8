"""A log whose file was moved, replaced or deleted while it is open.

SQLite goes on with the file that it opened: what is written ends up where nobody looks for it. In the end it leaves the `-wal`
of such a file where it was, full; and whoever opens a new log at the old name takes it for the new one's:
https://sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from shadowbench.store.base import LogError

REASON = "moved"
_COMPANIONS = ("-wal", "-shm")
_DELETED = " (deleted)"  # how proc(5) says so

File = tuple[int, int]
"""Device and inode: which file it is, whatever its name."""


def file_at(path: Path | str) -> File | None:
    """Which file `path` names; None when it names none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def open_files() -> dict[File, str]:
    """The files that this process has open, with where they are now. None is opened: closing it would drop SQLite's locks."""
    return {file: name for file, name in _links() if file is not None}


def _links() -> Iterator[tuple[File | None, str]]:
    with suppress(OSError):  # no /proc: nobody knows
        for entry in os.scandir("/proc/self/fd"):
            with suppress(OSError):  # closed meanwhile, as the one that is looked through
                yield file_at(entry.path), os.readlink(entry.path)


def companions(path: Path) -> dict[str, File]:
    """The `-wal` and `-shm` of the log at `path`, as long as it is there: to tell them from those of one in its place."""
    found = {suffix: file_at(f"{path}{suffix}") for suffix in _COMPANIONS}
    return {suffix: file for suffix, file in found.items() if file is not None}


def follow(path: Path, there: Path | None, of_old: Mapping[str, File]) -> None:
    """Give its companions to the file where it is now; None: it is nowhere. To be called once our connection is closed."""
    with suppress(OSError, sqlite3.Error):  # not ours to write there: what could be moved into the file was
        for suffix, file in of_old.items():
            if file_at(f"{path}{suffix}") != file:
                pass  # somebody was faster
            elif there is None:
                os.unlink(f"{path}{suffix}")
            else:
                os.rename(f"{path}{suffix}", f"{there}{suffix}")
        if there is not None and of_old:
            _tidy(there)


def _tidy(there: Path) -> None:
    """SQLite moves what is in the companions into the file and deletes them, unless others have it open."""
    connection = sqlite3.connect(f"file:{quote(str(there))}?mode=rw", uri=True, timeout=0)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    finally:
        connection.close()


def where(file: File | None, opened: Mapping[File, str]) -> Path | None:
    """Where an open file is now; None when it was deleted."""
    name = opened.get(file) if file is not None else None
    return None if name is None or name.endswith(_DELETED) else Path(name)


def refusal(path: Path, there: Path | None) -> LogError:
    """What to say of it."""
    if there is None:
        what = "was deleted or replaced while it was open, and what was recorded in it is gone"
    else:
        what = f"is no longer the file that was opened: that is {there} now, and holds what was recorded until then"
    return LogError(REASON, f"{path} {what}; what comes goes into the file of this name, a new one where there is none")
