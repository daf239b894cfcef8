"""What is declared of signals against what the code counts, the names that others build on, and the page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from shadowbench.mirror import names
from shadowbench.telemetry.declaring import PREFIX, WHERE, Signal
from shadowbench.telemetry.meanings import MEANINGS, PARTS
from tests.unit.telemetry import page

ROOT = Path(__file__).parents[3] / "shadowbench"
FROZEN = Path(__file__).with_name("series.txt")
COUNTING = ("add", "gauge", "set_total", "cell")
PARENTS_OWN = {name for name in MEANINGS if name in ("build_info", "draining") or name.startswith("worker_")}
SUBJECTS = {"worker", "lane", "judge", "target"}
"""What a signal is about may be told by its name and, which of them, by a label."""
NAMES = {f"names.{key}": value for key, value in vars(names).items() if isinstance(value, str)}


def counted(tree: ast.AST) -> Iterator[tuple[str, list[ast.expr]]]:
    """Names in counting calls and in tables of totals, each with what else the call was given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in COUNTING:
            yield from named(node.args[:1], node.args[1:])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "report":
            yield from named(node.args[1:2], node.args[2:])  # a histogram's name
        elif isinstance(node, ast.Dict):
            keys = [key for key in node.keys if isinstance(key, ast.Constant) and str(key.value).endswith("_total")]
            yield from named(keys, [])


def named(given: list[ast.expr] | list[ast.Constant], rest: list[ast.expr]) -> Iterator[tuple[str, list[ast.expr]]]:
    for each in given:
        name = NAMES.get(ast.unparse(each)) if isinstance(each, ast.Attribute) else getattr(each, "value", None)
        if isinstance(name, str) and ("_" in name or name in MEANINGS):
            yield name.removesuffix("_sum").removesuffix("_count"), rest


def labels_in(rest: list[ast.expr]) -> set[str]:
    """Names of labels that are written out in a call, as in `(("reason", reason),)`."""
    return {
        node.elts[0].value
        for each in rest
        for node in ast.walk(each)
        if isinstance(node, ast.Tuple)
        and len(node.elts) == 2
        and isinstance(node.elts[0], ast.Constant)
        and isinstance(node.elts[0].value, str)
    }


@cache
def all_counted() -> list[tuple[str, list[ast.expr]]]:
    files = [path for path in ROOT.rglob("*.py") if path.name != "meanings.py"]
    return [each for path in files for each in counted(ast.parse(path.read_text()))]


def test_every_signal_that_is_counted_has_a_meaning() -> None:
    assert sorted({name for name, _ in all_counted()} - set(MEANINGS)) == []


def test_every_meaning_belongs_to_a_signal_that_is_counted() -> None:
    assert sorted(set(MEANINGS) - {name for name, _ in all_counted()} - PARENTS_OWN) == []


def test_labels_that_are_counted_are_declared() -> None:
    undeclared = {
        (name, label) for name, rest in all_counted() for label in labels_in(rest) - set(MEANINGS[name].labels)
    }
    assert undeclared == set()


def test_no_signal_is_declared_twice() -> None:
    assert len(MEANINGS) == sum(len(part.signals) for part in PARTS)


def test_labels_that_the_parent_adds_are_nobodys_own() -> None:
    workers = [signal for part in PARTS if part.of_workers for signal in part.signals]
    assert [signal.name for signal in workers if set(signal.labels) & set(WHERE)] == []


def test_meanings_are_sentences() -> None:
    for name, signal in MEANINGS.items():
        assert signal.meaning[0].isupper() or signal.meaning[0].isdigit(), name
        assert signal.meaning.endswith("."), name


@pytest.mark.parametrize("signal", MEANINGS.values(), ids=lambda signal: signal.name)
def test_names_keep_to_the_conventions(signal: Signal) -> None:
    """https://prometheus.io/docs/practices/naming: base units, `_total` for counters alone, no label in a name."""
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", signal.name)
    assert signal.name.endswith("_total") == (signal.kind == "counter")
    assert not re.search(r"(^|_)(ms|us|milliseconds|minutes|hours|kb|mb|percent|bucket|sum|count)(_|$)", signal.name)
    assert not set(signal.name.split("_")) & (set(signal.labels) - SUBJECTS)
    assert "le" not in signal.labels
    if signal.kind in ("histogram", "summary"):
        assert signal.unit or signal.name == "score"


def test_names_that_others_build_on_change_only_on_purpose() -> None:
    """Dashboards and alerts of users break when one of these lines changes. A new signal is a new line; for any other change
    of the file tell users in the changelog."""
    declared = [
        f"{PREFIX}{each.name} {each.kind} {','.join(part.labels_of(each))}".rstrip()
        for part in PARTS
        for each in part.signals
    ]
    assert FROZEN.read_text().splitlines() == sorted(declared)


def test_the_page_says_what_is_declared() -> None:
    assert page.PATH.read_text("utf-8") == page.page(), "run python -m tests.unit.telemetry.page"
