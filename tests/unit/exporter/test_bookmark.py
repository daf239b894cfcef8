"""The bookmark is replaced whole, private, and never guessed."""

import stat
from pathlib import Path

import pytest

from shadowbench.errors import UnavailableError
from shadowbench.exporter.bookmark import bookmark_of, load, save
from shadowbench.exporter.shipment import Bookmark, Shipment


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    file = bookmark_of(tmp_path / "log.db")
    assert file == tmp_path / "log.db.export.json"
    assert load(file) == Bookmark()
    for bookmark in (Bookmark(after=7), Bookmark(after=7, pending=Shipment(after=7, upto=9, name="n"))):
        save(file, bookmark)
        assert load(file) == bookmark
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"after": "x", "pending": null}', '{"after": 1, "pending": {"a": 1}}']
)
def test_a_file_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "b"
    file.write_text(text)
    with pytest.raises(UnavailableError, match="is no bookmark of an export; move it away"):
        load(file)
