"""A log that is moved, replaced or deleted while it is open loses nothing that can be kept, and is not mixed with the next."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from shadowbench.store.base import LogError, PairLog, each_exchange
from shadowbench.store.displaced import open_files, where
from shadowbench.store.opening import open_log
from shadowbench.store.testing import an_exchange


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def held(path: Path) -> list[int]:
    """The numbers of the exchanges in a log that nobody else has open."""
    with closing(open_log(url(path), "read")) as log:
        return [exchange.sequence for exchange in each_exchange(log, with_bodies=False)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pairs.db"


@pytest.fixture
def log(path: Path) -> PairLog:
    log = open_log(url(path), "write")
    log.append([an_exchange(1)])
    return log


def refused(log: PairLog) -> str:
    with pytest.raises(LogError) as error:
        log.append([an_exchange(2)])
    assert error.value.reason == "moved"
    return str(error.value)


def recorded_anew(path: Path) -> None:
    with closing(open_log(url(path), "write")) as log:
        log.append([an_exchange(2)])


def test_a_moved_log_holds_what_was_recorded_and_the_next_goes_into_a_new_one(log: PairLog, path: Path) -> None:
    path.rename(moved := path.with_name("pairs.db.1"))
    assert f"that is {moved} now, and holds what was recorded until then" in refused(log)
    log.close()
    assert [each.name for each in path.parent.iterdir()] == [moved.name]
    recorded_anew(path)
    assert (held(moved), held(path)) == ([1], [2])


def test_others_that_have_it_open_keep_what_belongs_to_it(log: PairLog, path: Path) -> None:
    with closing(open_log(url(path), "change")) as other:
        path.rename(moved := path.with_name("pairs.db.1"))
        refused(log)
        assert sorted(each.name for each in path.parent.iterdir()) == [
            moved.name,
            f"{moved.name}-shm",
            f"{moved.name}-wal",
        ]
        with closing(open_log(url(path), "write")) as fresh:
            fresh.append([an_exchange(2)])
            assert [other.counts().exchanges, fresh.counts().exchanges] == [1, 1]
            assert held(moved) == [1]
    assert held(moved) == [1]


def test_a_log_that_is_moved_and_then_closed_is_whole(log: PairLog, path: Path) -> None:
    path.rename(moved := path.with_name("pairs.db.1"))
    log.close()
    log.close()
    assert [each.name for each in path.parent.iterdir()] == [moved.name]
    assert held(moved) == [1]


def test_who_has_the_next_log_open_as_well_takes_nothing_from_it(log: PairLog, path: Path) -> None:
    with closing(open_log(url(path), "change")) as other:
        path.rename(path.with_name("pairs.db.1"))
        refused(log)
        with closing(open_log(url(path), "write")) as fresh:
            fresh.append([an_exchange(2)])
            other.close()
            assert path.with_name("pairs.db-wal").stat().st_size > 0
            fresh.append([an_exchange(3)])
    assert (held(path), held(path.with_name("pairs.db.1"))) == ([2, 3], [1])


@pytest.mark.parametrize("put", ["put_funnel", "put_marks"])
def test_notes_notice_it_too(log: PairLog, path: Path, put: str) -> None:
    path.unlink()
    with pytest.raises(LogError, match="was deleted or replaced while it was open"):
        getattr(log, put)([])


def test_a_deleted_log_leaves_nothing_that_the_next_would_take_for_its_own(log: PairLog, path: Path) -> None:
    with closing(open_log(url(path), "read")) as reader:
        reader.newest()
        path.unlink()
        assert "what was recorded in it is gone" in refused(log)
        assert list(path.parent.iterdir()) == []
        recorded_anew(path)
        assert (reader.newest(), held(path)) == (1, [2])


def test_a_log_that_was_put_in_its_place_is_gone_on_with(log: PairLog, path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    backup = tmp_path / "elsewhere" / "pairs.db"
    with closing(open_log(url(backup), "write")) as other:
        other.append([an_exchange(7)])
    shutil.move(backup, path)
    assert "was deleted or replaced" in refused(log)
    recorded_anew(path)
    assert held(path) == [7, 2]


def test_a_link_that_leads_elsewhere_now_is_noticed(tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    for name in ("first.db", "second.db"):
        (tmp_path / name).touch()
    link.symlink_to(tmp_path / "first.db")
    log = open_log(url(link), "write")
    log.append([an_exchange(1)])
    link.unlink()
    link.symlink_to(tmp_path / "second.db")
    assert f"that is {tmp_path}/first.db now" in refused(log)
    recorded_anew(link)
    assert (held(tmp_path / "first.db"), held(tmp_path / "second.db")) == ([1], [2])


def test_a_log_that_stays_is_written_on(log: PairLog, path: Path) -> None:
    log.append([an_exchange(2)])
    log.close()
    assert held(path) == [1, 2]


def test_where_a_file_is_is_known_of_open_ones_alone(tmp_path: Path) -> None:
    assert where((0, 0), open_files()) is None
    assert where(None, {}) is None
