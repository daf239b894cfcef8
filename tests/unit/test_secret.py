from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.secret import load_or_create, read_secret


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secret"
    secret = load_or_create(path)
    assert len(secret) == 32 and load_or_create(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_all_that_create_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: load_or_create(tmp_path / "secret"), range(16)))
    assert len(secrets) == 1


def test_a_file_that_others_may_read_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"x" * 32)
    path.chmod(0o644)
    assert load_or_create(path) == b"x" * 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_of_the_wrong_size_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"short")
    with pytest.raises(UnavailableError, match="32 bytes"):
        load_or_create(path)
    assert path.read_bytes() == b"short"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="secret"):
        load_or_create(tmp_path / "file" / "secret")


def test_a_given_secret_is_hex() -> None:
    assert read_secret(" " + "ab" * 32 + "\n") == b"\xab" * 32
    for wrong in ("", "ab", "zz" * 32, "ab" * 33):
        with pytest.raises(ConfigurationError) as found:
            read_secret(wrong)
        assert not wrong or wrong not in str(found.value)
