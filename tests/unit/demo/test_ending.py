import io
import shlex
import sys
from pathlib import Path

import pytest
from rich.console import Console

from shadowbench.demo.configuration import Places
from shadowbench.demo.ending import as_started, next_steps
from shadowbench.demo.starting import Model

PLACES = Places(folder=Path("/demo"), runtime=Path("/demo/run"), model_port=1, proxy_port=2, admin_port=3)


def told(model: Model, *, kept: bool, command: str = "shadowbench") -> str:
    console = Console(file=io.StringIO(), width=80)
    next_steps(console, PLACES, model, kept=kept, command=command)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_commands_stay_on_one_line_however_narrow_the_terminal() -> None:
    text = told(Model.REAL, kept=True)
    assert "curl -s http://127.0.0.1:2/v1/chat/completions -H 'content-type: application/json' -d '{" in text
    assert "shadowbench report -c /demo/shadowbench.yaml" in text


def test_only_a_kept_demo_suggests_talking_to_it() -> None:
    assert "curl" not in told(Model.REAL, kept=False)
    assert "--keep" in told(Model.REAL, kept=False)


def test_a_script_is_called_one() -> None:
    assert "script" in told(Model.SCRIPTED, kept=False)
    assert "script" not in told(Model.REAL, kept=False)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    program = tmp_path / "a venv" / "shadowbench"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_every_hint_calls_us_as_we_were_called() -> None:
    text = told(Model.REAL, kept=False, command=".venv/bin/shadowbench")
    for hint in ("report -c", "export -c", "demo --keep"):
        assert f"    .venv/bin/shadowbench {hint}" in text


def test_the_short_name_is_for_the_program_that_a_shell_finds_by_it(program: Path, tmp_path: Path) -> None:
    link = tmp_path / "bin" / "shadowbench"
    link.parent.mkdir()
    link.symlink_to(program)
    assert as_started(str(program), str(program.parent)) == "shadowbench"
    assert as_started(str(program), str(link.parent)) == "shadowbench"


def test_elsewhere_it_is_the_path_quoted(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other" / "shadowbench"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    for path in ("/nowhere", str(other.parent)):
        assert shlex.split(as_started(str(program), path)) == [str(program)]
    monkeypatch.chdir(program.parent)
    assert as_started("shadowbench", "/nowhere") == "./shadowbench"


@pytest.mark.parametrize("started", ["/x/shadowbench/cli/__main__.py", "-c", "/usr/bin/pytest", "/gone/shadowbench"])
def test_a_module_is_called_as_a_module(started: str) -> None:
    assert shlex.split(as_started(started, None)) == [sys.executable, "-m", "shadowbench.cli"]


def test_paths_with_spaces_can_be_pasted() -> None:
    places = Places(folder=Path("/a demo"), runtime=Path("/r"), model_port=1, proxy_port=2, admin_port=3)
    console = Console(file=io.StringIO(), width=80)
    next_steps(console, places, Model.REAL, kept=False, command="shadowbench")
    assert isinstance(console.file, io.StringIO)
    assert "report -c '/a demo/shadowbench.yaml'" in console.file.getvalue()
    assert "sqlite3 '/a demo/pairs.db' " in console.file.getvalue()
