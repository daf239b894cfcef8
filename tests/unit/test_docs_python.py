"""docs/python.md against the code: its examples run, every column it names is there, and every usual one is named."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from benchmarks.made_log import make_log
from shadowbench.reading.log import ReadLog
from shadowbench.reading.names import LOG, NUMBER, SIDE, USUAL
from shadowbench.store.columns_spec import all_names

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
TEXT = PAGE.read_text("utf-8")


def named(text: str) -> set[str]:
    """Columns in back-ticks; `…_name` is of both sides."""
    found = set(re.findall(r"`([a-z…][a-z_0-9…]+)`", text))
    sides = {name for name in found if name.startswith("…")}
    return (found - sides) | {name.replace("…", side) for name in sides for side in ("production", "candidate")}


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    make_log(tmp_path / "shadowbench.db", pairs=2000, metrics=6, seed=1)
    monkeypatch.chdir(tmp_path)
    examples = "\n".join(re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE))
    runner = doctest.DocTestRunner()
    ran = runner.run(doctest.DocTestParser().get_doctest(examples, {}, PAGE.name, str(PAGE), 0))
    assert ran.attempted > 15
    assert ran.failed == 0


def test_the_table_has_the_usual_columns() -> None:
    table = TEXT.partition("| column | holds | unit |")[2].partition("\n\n")[0]
    columns = {name for line in table.splitlines() for name in named(line.split("|")[1] if "|" in line else "")}
    assert columns == {*USUAL, NUMBER, SIDE, LOG}


def test_what_else_can_be_read_is_named() -> None:
    more = TEXT.partition("More by `columns=[…]`")[2].partition("\n\n")[0]
    words = set(re.findall(r"`([a-z_0-9]+)`", more))
    sides = {name.removeprefix("production_") for name in all_names() if name.startswith("production_")}
    usual = {name.removeprefix("production_") for name in USUAL if name.startswith("production_")}
    exchange = {
        name
        for name in all_names()
        if not name.startswith("production_") and name.removeprefix("candidate_") not in sides
    }
    assert words == (sides - usual) | (exchange - set(USUAL)) | {"candidate_config_hash"}


def test_every_member_is_named() -> None:
    members = [name for name in vars(ReadLog) if not name.startswith("_") and name != "close"]
    assert [name for name in members if not re.search(rf"\b{name}\b", TEXT)] == []
