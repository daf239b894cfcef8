"""A queue survives its file, and a file of something else is told."""

from pathlib import Path

import pytest

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.scores import PairRef
from shadowbench.scoring.calibration.label_queue import draw
from shadowbench.scoring.calibration.label_queue_file import load, save

QUEUE = draw({PairRef(n, 1): "a · b" for n in range(9)}, question="q", size=4, twice=0.5, seed="s", now=1.0, upto=9)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save(tmp_path / "q.json", QUEUE)
    assert load(tmp_path / "q.json") == QUEUE
    assert [each.name for each in tmp_path.iterdir()] == ["q.json"]


def test_no_file_is_no_queue(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json") is None


@pytest.mark.parametrize("text", ["what?", "{}", "[]", '{"version": 1}', '{"version": 1, "items": 3}'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "q.json").write_text(text)
    with pytest.raises(ConfigurationError, match="is no label queue"):
        load(tmp_path / "q.json")


def test_a_later_version_is_told(tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text('{"version": 2}')
    with pytest.raises(ConfigurationError, match="of version 2"):
        load(tmp_path / "q.json")


def test_a_place_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot write"):
        save(tmp_path / "none" / "q.json", QUEUE)
    with pytest.raises(UnavailableError, match="cannot read"):
        load(tmp_path)
