"""One exporter works on a bookmark."""

from pathlib import Path

import pytest

from shadowbench.exporter.lock import BookmarkLock


def test_it_has_one_holder_until_that_lets_go(tmp_path: Path) -> None:
    first, second = BookmarkLock(tmp_path / "log.db"), BookmarkLock(tmp_path / "log.db")
    assert first.take()
    assert first.take()
    assert not second.take()
    first.release()
    assert second.take()
    assert first.path == tmp_path / "log.db.export.lock"


def test_a_log_has_one_lock_by_whatever_name(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "log.db")
    first, second = BookmarkLock(tmp_path / "log.db"), BookmarkLock(tmp_path / "link.db")
    assert first.take()
    assert not second.take()


def test_without_a_folder_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        BookmarkLock(tmp_path / "no" / "log.db").take()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "log.db.export.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        BookmarkLock(tmp_path / "log.db").take()
    assert not (tmp_path / "elsewhere").exists()
