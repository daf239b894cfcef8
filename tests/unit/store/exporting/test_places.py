"""Files appear in their place whole, over what was there, or not at all."""

from io import BytesIO
from pathlib import Path

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.store.exporting.places import check_installed, gathering, put, room_for


def test_a_file_is_put_over_the_old_one(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/a/b"
    for content in (b"old and longer", b"new"):
        put(url, "pairs.csv", BytesIO(content))
    assert (tmp_path / "a/b/pairs.csv").read_bytes() == b"new"
    assert (tmp_path / "a/b/pairs.csv").stat().st_mode & 0o777 == 0o600


def test_a_file_that_fails_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    put(f"file://{tmp_path}", "pairs.csv", BytesIO(b"old"))
    with pytest.raises(OSError, match="Input/output"):
        put(f"file://{tmp_path}", "pairs.csv", Broken())
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("pairs.csv", b"old")]


def test_what_gathers_has_no_name(tmp_path: Path) -> None:
    with gathering(tmp_path) as file:
        file.write(b"x")
        assert list(tmp_path.iterdir()) == []


def test_without_room_beside_the_log_the_systems_place_is_taken(tmp_path: Path) -> None:
    assert room_for(tmp_path) == tmp_path
    assert room_for(tmp_path / "none") is None


def test_missing_libraries_are_named_where_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    check_installed("s3://b/p", "parquet")
    monkeypatch.setattr("shadowbench.store.exporting.places.find_spec", lambda name: None)
    check_installed("file:///x", "csv")
    for url, format, name in (("az://c/p", "jsonl", "obstore"), ("file:///x", "parquet", "arro3.core")):
        with pytest.raises(ConfigurationError, match=f"store.export needs {name}, which is not installed: pip install"):
            check_installed(url, format)
