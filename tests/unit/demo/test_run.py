from pathlib import Path

import pytest

from shadowbench.demo import model_server
from shadowbench.demo.run import DemoOptions, run_demo
from shadowbench.errors import UnavailableError


def test_a_folder_that_is_a_file_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="--folder"):
        run_demo(DemoOptions(folder=tmp_path / "file"))


def test_ctrl_c_while_it_starts_ends_it_quietly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(model_server, "missing", interrupted)
    assert run_demo(DemoOptions(folder=tmp_path)) == 130
