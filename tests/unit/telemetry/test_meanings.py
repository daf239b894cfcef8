"""The HELP table against the names the code counts."""

import ast
from collections.abc import Iterator
from pathlib import Path

from shadowbench.mirror import names
from shadowbench.telemetry.meanings import MEANINGS

ROOT = Path(__file__).parents[3] / "shadowbench"
COUNTING = ("add", "gauge", "set_total")
PARENTS_OWN = {name for name in MEANINGS if name in ("build_info", "draining") or name.startswith("worker_")}


def counted(tree: ast.AST) -> Iterator[str]:
    """First arguments of counting calls, and keys of tables of totals."""
    for node in ast.walk(tree):
        named: list[ast.expr | None] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in COUNTING:
            named = list(node.args[:1])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "report":
            named = list(node.args[1:2])  # a histogram's name
        elif isinstance(node, ast.Dict):
            named = [key for key in node.keys if isinstance(key, ast.Constant) and str(key.value).endswith("_total")]
        for each in named:
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and "_" in each.value:
                yield each.value


def all_counted() -> set[str]:
    files = [path for path in ROOT.rglob("*.py") if path.name != "meanings.py"]
    found = {name for path in files for name in counted(ast.parse(path.read_text()))}
    return {name.removesuffix("_sum").removesuffix("_count") for name in found | set(names.SIGNALS)}


def test_every_signal_that_is_counted_has_a_meaning() -> None:
    assert sorted(all_counted() - set(MEANINGS)) == []


def test_every_meaning_belongs_to_a_signal_that_is_counted() -> None:
    assert sorted(set(MEANINGS) - all_counted() - PARENTS_OWN) == []


def test_meanings_are_sentences() -> None:
    for name, meaning in MEANINGS.items():
        assert meaning[0].isupper() or meaning[0].isdigit(), name
        assert meaning.endswith("."), name
