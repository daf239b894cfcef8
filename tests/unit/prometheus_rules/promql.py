"""Rules as they lie in config/prometheus, and what their expressions ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from tests.unit.grafana.labels import labels_of

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "config" / "prometheus"
SERIES = ROOT / "tests" / "unit" / "telemetry" / "series.txt"

TARGET = frozenset({"job", "instance", "namespace", "pod"})
"""Labels that a scrape adds; the last two on Kubernetes alone."""

_PARTS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A recording rule, or an alert, which has a severity."""

    name: str
    expr: str
    severity: str = ""
    impact: str = ""
    patience: str = ""  # `for`
    annotations: dict[str, str]

    def __str__(self) -> str:
        return f"{self.name}-{self.severity}".strip("-")


@dataclass(frozen=True, slots=True)
class Selector:
    """What is asked of one name."""

    name: str
    matchers: tuple[tuple[str, str], ...]  # label and value, which may be an expression


@cache
def rules() -> tuple[Rule, ...]:
    """Of all files, in their order."""
    groups = [group for path in sorted(FOLDER.glob("*.yaml")) for group in yaml.safe_load(path.read_text())["groups"]]
    return tuple(_rule(each) for group in groups for each in group["rules"])


def alerts() -> list[Rule]:
    return [rule for rule in rules() if rule.severity]


def records() -> list[Rule]:
    return [rule for rule in rules() if ":" in rule.name]


def _rule(fields: dict[str, Any]) -> Rule:
    return Rule(
        name=fields.get("alert") or fields["record"],
        expr=fields["expr"],
        severity=fields.get("labels", {}).get("severity", ""),
        impact=fields.get("labels", {}).get("impact", ""),
        patience=fields.get("for", ""),
        annotations=fields.get("annotations", {}),
    )


@cache
def known() -> dict[str, frozenset[str]]:
    """Labels of all that may be asked for, by name: frozen signals, recorded series, Prometheus' own."""
    found = {"up": TARGET}
    for line in SERIES.read_text().splitlines():
        name, kind, *labels = line.split(" ")
        own = TARGET.union(*(each.split(",") for each in labels))
        for part in _PARTS.get(kind, ("",)):
            found[name + part] = own | ({"le"} if part == "_bucket" else set())
    return found | {rule.name: level(rule.name) for rule in records()}


def level(record: str) -> frozenset[str]:
    """The labels that a recorded series has by its name: what stands before the first colon."""
    words = record.partition(":")[0].split("_")
    return frozenset({*words, *(TARGET if "instance" in words else ())})


def walk(node: Any) -> Iterator[Any]:
    """An expression and all that it is made of."""
    yield node
    below = [getattr(node, each, None) for each in ("expr", "lhs", "rhs", "param", "vector_selector")]
    for each in (*below, *getattr(node, "args", ())):
        if isinstance(each, promql_parser.Expr):
            yield from walk(each)


def selectors(expr: str) -> Iterator[Selector]:
    """Raises ValueError for what is no PromQL."""
    for node in walk(promql_parser.parse(expr)):
        if isinstance(node, promql_parser.VectorSelector):
            matchers = tuple((each.name, each.value) for each in node.matchers.matchers)
            yield Selector(node.name or "", matchers)


def labels(expr: str) -> frozenset[str]:
    """Of what it brings. Raises WrongError where it asks for what is not there, ValueError for what is no PromQL."""
    return labels_of(expr, known()) or frozenset()


def words(pattern: str) -> list[str]:
    """The plain words among the alternatives of a matcher's value."""
    return [each for each in pattern.split("|") if re.fullmatch(r"\w+", each)]
