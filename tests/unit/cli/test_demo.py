from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from shadowbench.cli.demo import demo
from shadowbench.demo import run
from shadowbench.demo.run import DemoOptions

app = typer.Typer()
app.command()(demo)


def given(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> DemoOptions:
    seen: list[DemoOptions] = []
    monkeypatch.setattr(run, "run_demo", lambda options: seen.append(options) or 0)
    assert CliRunner().invoke(app, list(arguments)).exit_code == 0
    return seen[0]


def test_every_option_reaches_the_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    options = given(monkeypatch, "--keep", "--scripted", "--folder", str(tmp_path), "--requests", "7", "--port", "9")
    assert options == DemoOptions(folder=tmp_path, requests=7, keep=True, scripted=True, port=9)


def test_without_a_folder_it_makes_a_new_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert given(monkeypatch).folder.parent == tmp_path


def test_the_exit_code_is_the_demos(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "run_demo", lambda options: 130)
    assert CliRunner().invoke(app, ["--folder", str(tmp_path)]).exit_code == 130
