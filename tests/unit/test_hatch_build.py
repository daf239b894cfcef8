"""The hook that compiles: when it does, what it asks for, and what it says where it cannot. `make verify` compiles."""

import importlib.util
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]


class Aborted(Exception):
    """What hatchling makes of `abort`: it prints the sentence and ends."""


class App:
    """Hatchling's application, as hooks see it."""

    def abort(self, message: str) -> None:
        raise Aborted(message)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The hook for a wheel of this project; nothing is in the environment."""
    monkeypatch.delenv("SHADOWBENCH_COMPILE", raising=False)
    monkeypatch.delenv("CC", raising=False)
    spec = importlib.util.spec_from_file_location("hatch_build", REPOSITORY / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Compiling(str(REPOSITORY), {"modules": []}, None, None, str(REPOSITORY), "wheel", App())


def made_of(hook: Any, version: str = "standard") -> dict[str, Any]:
    data: dict[str, Any] = {"pure_python": True, "infer_tag": False, "force_include": {}}
    hook.initialize(version, data)
    return data


@pytest.mark.parametrize("said", [None, "0", ""])
def test_unless_asked_the_wheel_is_pure_and_needs_nothing(hook: Any, said: str | None, monkeypatch: pytest.MonkeyPatch):
    if said is not None:
        monkeypatch.setenv("SHADOWBENCH_COMPILE", said)
    assert hook.dependencies() == []
    assert made_of(hook) == {"pure_python": True, "infer_tag": False, "force_include": {}}


def test_a_checkout_that_is_edited_is_not_compiled(hook: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SHADOWBENCH_COMPILE", "1")
    assert made_of(hook, "editable")["pure_python"]


def test_a_compiler_is_asked_for_where_there_is_none(hook: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("SHADOWBENCH_COMPILE", "1")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [name.partition("[")[0].partition(">")[0] for name in hook.dependencies()] == [
        "mypy",
        "setuptools",
        "ziglang",
    ]
    monkeypatch.setenv("CC", "some-cc")
    assert [name.partition("[")[0].partition(">")[0] for name in hook.dependencies()] == ["mypy", "setuptools"]


def test_a_word_that_is_neither_yes_nor_no_is_refused(hook: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SHADOWBENCH_COMPILE", "true")
    with pytest.raises(Aborted, match="SHADOWBENCH_COMPILE is 'true': set it to 1 to compile"):
        hook.dependencies()


def test_without_headers_it_says_what_to_install(hook: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("SHADOWBENCH_COMPILE", "1")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(Aborted, match="python3-dev"):
        made_of(hook)


def test_modules_that_are_compiled_exist(hook: Any):
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    named = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["modules"]
    assert named == sorted(named) and all((REPOSITORY / file).is_file() for file in named)
