"""A log is opened by URL, with its owner's mode from the first moment, or refused with what to do."""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.store.base import LogError
from shadowbench.store.opening import open_log, open_score_log, path_of
from shadowbench.store.testing import a_measure, an_exchange


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def pragma(path: Path, name: str) -> object:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///shadowbench.db", "shadowbench.db"),
        ("sqlite:///data/log.db", "data/log.db"),
        ("sqlite:////var/lib/log.db", "/var/lib/log.db"),
        ("sqlite:///a%20b%3F.db", "a b?.db"),
    ],
)
def test_a_url_names_a_file(url: str, path: str) -> None:
    assert path_of(url) == Path(path)


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("shadowbench.db", "write sqlite:///shadowbench.db"),
        ("mysql://h/db", "unknown scheme 'mysql'"),
        ("postgresql://h/db", "not supported yet"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite://log.db", "names no file"),
        ("sqlite:///log.db?mode=ro", "nothing may follow the path"),
    ],
)
def test_a_url_that_cannot_be_meant_is_refused_with_advice(url: str, advice: str) -> None:
    with pytest.raises(ConfigurationError, match=advice.replace("?", r"\?")):
        open_log(url, "write")


def test_what_cannot_be_opened_says_what_to_do(tmp_path: Path, path: Path) -> None:
    with pytest.raises(UnavailableError, match="does not exist; create it"):
        open_log(url(tmp_path / "none" / "log.db"), "write")
    with pytest.raises(UnavailableError, match="is a folder"):
        open_log(url(tmp_path), "write")
    with pytest.raises(UnavailableError, match="there is no pair log at"):
        open_log(url(path), "read")
    path.write_bytes(b"")
    with pytest.raises(UnavailableError, match="no pair log in it yet"):
        open_log(url(path), "read")
    path.write_bytes(b"not a database at all" * 100)
    for mode in ("read", "write"):
        with pytest.raises(LogError, match="not a pair log, or it is damaged") as refused:
            open_log(url(path), mode)
        assert refused.value.reason == "corrupt"


def test_another_programs_database_is_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(UnavailableError, match="belongs to something else"):
        open_log(url(path), "write")
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", ["read", "write"])
def test_a_newer_log_is_refused_untouched(path: Path, mode: str) -> None:
    open_log(url(path), "write").close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UnavailableError, match="schema version 99, this shadowbench reads up to 4; install the newer"):
        open_log(url(path), mode)  # type: ignore[arg-type]
    assert pragma(path, "user_version") == 99


def test_a_log_is_made_with_its_pragmas_in_force(path: Path) -> None:
    open_log(url(path), "write").close()
    assert pragma(path, "page_size") == 8192
    assert pragma(path, "auto_vacuum") == 2
    assert pragma(path, "journal_mode") == "wal"


def test_every_commit_is_synced(path: Path) -> None:
    log = open_log(url(path), "write")
    assert log._connection.execute("PRAGMA synchronous").fetchone() == (2,)  # type: ignore[attr-defined]
    log.close()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_all_files_are_the_owners_alone_whatever_the_umask(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        log = open_log(url(path), "write")
        log.append([an_exchange()])
    finally:
        os.umask(before)
    found = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert found == {"log.db": 0o600, "log.db-wal": 0o600, "log.db-shm": 0o600}
    log.close()


def test_the_file_is_never_open_to_others_while_it_is_made(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    connect = sqlite3.connect

    def look(*args: object, **options: object) -> sqlite3.Connection:
        seen.append(stat.S_IMODE(path.stat().st_mode))
        return connect(*args, **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(sqlite3, "connect", look)
    open_log(url(path), "write").close()
    assert seen == [0o600]


def test_an_existing_log_keeps_the_mode_its_owner_gave_it(path: Path) -> None:
    open_log(url(path), "write").close()
    path.chmod(0o640)
    open_log(url(path), "write").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_reading_changes_nothing(path: Path) -> None:
    writer = open_log(url(path), "write")
    writer.append([an_exchange()])
    writer.close()
    before = path.read_bytes()
    log = open_log(url(path), "read")
    assert log.counts().pairs == 1
    with pytest.raises(LogError) as refused:
        log.append([an_exchange(2)])
    assert refused.value.reason == "read_only"
    log.close()
    assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_log_at_rest_is_readable_in_a_folder_that_is_not_writable(path: Path) -> None:
    writer = open_log(url(path), "write")
    writer.append([an_exchange()])
    writer.close()
    path.parent.chmod(0o500)
    try:
        log = open_log(url(path), "read")
        assert log.counts().pairs == 1
        log.close()
    finally:
        path.parent.chmod(0o700)


def test_a_creation_cut_short_is_completed(path: Path) -> None:
    path.touch(mode=0o644)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA page_size = 8192")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    log = open_log(url(path), "write")
    log.append([an_exchange()])
    log.close()
    assert pragma(path, "auto_vacuum") == 2
    assert pragma(path, "page_size") == 8192


def test_scores_are_read_and_changed_in_a_log_that_is_there(path: Path) -> None:
    for mode in ("read", "change"):
        with pytest.raises(UnavailableError, match="there is no pair log at"):
            open_score_log(url(path), mode)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="write sqlite:"):
        open_score_log("shadowbench.db", "change")
    assert not path.exists()
    open_log(url(path), "write").close()
    with closing(open_score_log(url(path), "change")) as scores:
        assert scores.register([a_measure()]) == [1]
    with closing(open_score_log(url(path), "read")) as scores:
        assert [known.measure for known in scores.measures()] == [a_measure()]


def test_a_score_log_has_a_connection_of_its_own(path: Path) -> None:
    with closing(open_log(url(path), "write")) as log:
        open_score_log(url(path), "change").close()
        log.append([an_exchange()])
        assert log.counts().exchanges == 1
