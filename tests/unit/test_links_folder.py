import os
import stat
from pathlib import Path

import pytest

from shadowbench.errors import UnavailableError
from shadowbench.links import private_folder


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_a_folder_is_made_private(tmp_path: Path) -> None:
    private_folder(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700


def test_an_open_folder_with_nothing_but_ours_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "mirror.lock").touch()
    private_folder(tmp_path)
    assert mode(tmp_path) == 0o700


def test_an_open_folder_that_others_use_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    (tmp_path / "somebody").touch()
    with pytest.raises(UnavailableError, match="choose a runtime folder of its own"):
        private_folder(tmp_path)
    assert mode(tmp_path) == 0o1777


def test_a_folder_that_cannot_be_written_is_refused_with_the_key_to_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def access(folder: Path, mode: int) -> bool:
        return not mode & os.W_OK  # as on a file system that is mounted read-only

    tmp_path.chmod(0o700)
    monkeypatch.setattr(os, "access", access)
    with pytest.raises(
        UnavailableError, match=r"cannot use the runtime folder .*: it cannot .* set runtime\.folder to"
    ):
        private_folder(tmp_path)


def test_a_place_that_is_no_folder_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError, match="cannot use the runtime folder"):
        private_folder(tmp_path / "file")
    with pytest.raises(UnavailableError, match="cannot use the runtime folder"):
        private_folder(tmp_path / "file" / "below")
