"""Every expression of every dashboard against what a sidecar tells, and against the rules of Grafana's dashboard-linter."""

from __future__ import annotations

import re
from collections.abc import Iterator

import promql_parser as promql
import pytest

from tests.unit.grafana.boards import NAMES, ROOT, Target, board, panels, plain, series, targets
from tests.unit.grafana.labels import labels_of

KNOWN = series()
TARGETS = list(targets())
_RATES = ("rate", "irate", "increase")


def walk(node: object, above: tuple[object, ...] = ()) -> Iterator[tuple[object, tuple[object, ...]]]:
    """All nodes of an expression, each with those above it, the nearest last."""
    yield node, above
    inner = [getattr(node, name, None) for name in ("expr", "lhs", "rhs", "vector_selector", "param")]
    for each in [*inner, *getattr(node, "args", ())]:
        if each is not None:
            yield from walk(each, (*above, node))


def selectors(expression: str) -> Iterator[tuple[promql.VectorSelector, tuple[object, ...]]]:
    for node, above in walk(promql.parse(plain(expression))):
        if isinstance(node, promql.VectorSelector):
            yield node, above


def calls(above: tuple[object, ...]) -> list[str]:
    return [each.func.name for each in above if isinstance(each, promql.Call)]


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_it_asks_for_series_and_labels_that_there_are(target: Target) -> None:
    labels = labels_of(plain(target.expression), KNOWN)
    assert set(re.findall(r"\{\{\s*(\w+)\s*\}\}", target.legend)) <= (labels or set()), "the legend names others"


@pytest.mark.parametrize("name", NAMES)
def test_so_do_marks_and_variables(name: str) -> None:
    found = board(name)
    for mark in found["annotations"]["list"]:
        if "target" in mark:
            labels = labels_of(mark["target"]["expr"], KNOWN)
            assert set(re.findall(r"\{\{(\w+)\}\}", mark["textFormat"])) <= (labels or set())
    for variable in found["templating"]["list"]:
        if variable["type"] == "query":
            asked = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            assert asked is not None
            assert asked[2] in (labels_of(asked[1], KNOWN) or ())


def test_every_series_is_chosen_by_job_and_instance() -> None:
    for target in TARGETS:
        for selector, _ in selectors(target.expression):
            matchers = {(str(m.op), m.name, m.value) for m in selector.matchers.matchers}
            asked = {(name, value) for op, name, value in matchers if op.endswith("Re")}
            assert {("job", "$job"), ("instance", "$instance")} <= asked, str(target)


def test_counters_are_seen_as_they_grow() -> None:
    """Or by their value, where there was none an hour ago."""
    for target in TARGETS:
        for selector, above in selectors(target.expression):
            if str(selector.name).endswith("_total"):
                is_new = any(str(each.op) == "unless" for each in above if isinstance(each, promql.BinaryExpr))
                assert is_new or set(calls(above)) & set(_RATES), str(target)


def test_buckets_become_quantiles_and_ask_for_exemplars() -> None:
    for name in NAMES:
        for panel in panels(name):
            for each in panel["targets"]:
                found = [above for node, above in selectors(each["expr"]) if str(node.name).endswith("_bucket")]
                assert all("histogram_quantile" in calls(above) for above in found), panel["title"]
                assert each["exemplar"] == (bool(found) and not each["instant"]), panel["title"]


def test_rates_are_taken_over_what_the_resolution_wants() -> None:
    for target in TARGETS:
        ranges = set(re.findall(r"(\w+)\([^()]*\[(\$?\w+)\]", target.expression))
        assert {length for call, length in ranges if call == "rate"} <= {"$__rate_interval"}, str(target)
        assert {length for _, length in ranges} <= {"$__rate_interval", "$__range", "1h"}, str(target)
        assert any(length == "1h" for _, length in ranges) == (" offset 1h" in target.expression), str(target)


def test_what_covers_the_whole_period_is_asked_once() -> None:
    """A line of numbers that each cover the whole shown period would be misread as values of their moments."""
    for target in TARGETS:
        assert target.instant or "$__range" not in target.expression, str(target)


def test_values_that_are_asked_for_are_words_of_the_code() -> None:
    """What has no such value is quietly empty, or 0. `.*` at a value's end stands for any."""
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "shadowbench").rglob("*.py"))
    for target in TARGETS:
        for selector, _ in selectors(target.expression):
            for matcher in selector.matchers.matchers:
                for value in matcher.value.split("|"):
                    known = "$" in value or re.search(f"[\"']{re.escape(value.removesuffix('.*'))}", source)
                    assert known, f"{target}: {matcher.name} {value}"
