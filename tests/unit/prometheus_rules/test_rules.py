"""config/prometheus: rules ask for what there is, and alerts say what to do. promtool tries what they do, in tests/verify."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.charts import GATEWAY, only, render
from tests.unit.grafana.labels import WrongError
from tests.unit.prometheus_rules.promql import (
    FOLDER,
    ROOT,
    Rule,
    alerts,
    known,
    labels,
    level,
    records,
    rules,
    selectors,
    words,
)

SOURCE = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "shadowbench").rglob("*.py")))
IMPACTS = {"production", "evidence", "money"}


@pytest.mark.parametrize("rule", rules(), ids=str)
def test_an_expression_asks_for_signals_and_labels_that_are_there(rule: Rule) -> None:
    assert labels(rule.expr)


@pytest.mark.parametrize(
    "expr",
    [
        "rate(shadowbench_proxy_request_total[5m])",
        'shadowbench_worker_ready{rol="proxy"}',
        "sum by (reason) (shadowbench_worker_ready)",
        "shadowbench_worker_ready == on (version) shadowbench_build_info",
    ],
)
def test_what_is_misspelt_would_be_found(expr: str) -> None:
    with pytest.raises(WrongError):
        labels(expr)


@pytest.mark.parametrize("rule", rules(), ids=str)
def test_values_that_are_asked_for_are_words_of_the_code(rule: Rule) -> None:
    asked = [
        (each.name, label, word)
        for each in selectors(rule.expr)
        for label, value in each.matchers
        for word in words(value)
    ]
    assert [each for each in asked if f'"{each[2]}"' not in SOURCE] == []


@pytest.mark.parametrize("rule", records(), ids=str)
def test_names_of_recorded_series_keep_to_the_convention(rule: Rule) -> None:
    """https://prometheus.io/docs/practices/rules: level:metric:operations. The level is what the rule groups by."""
    assert re.fullmatch(r"[a-z_]+:shadowbench_[a-z_]+:[a-z0-9_]+", rule.name)
    assert labels(rule.expr) == level(rule.name)


def test_recorded_series_are_used() -> None:
    asked = {each.name for rule in alerts() for each in selectors(rule.expr)}
    assert [rule.name for rule in records() if rule.name not in asked] == []


def test_no_rule_is_there_twice() -> None:
    assert [name for name, count in Counter(map(str, rules())).items() if count > 1] == []


@pytest.mark.parametrize("rule", alerts(), ids=str)
def test_an_alert_says_how_bad_it_is_and_what_to_do(rule: Rule) -> None:
    assert rule.name.startswith("Shadowbench")
    assert rule.impact in IMPACTS
    assert rule.severity in ("critical", "warning", "info")
    assert rule.severity != "critical" or rule.impact == "production", "nobody is woken for pairs"
    assert re.fullmatch(r"\d+[mhd]", rule.patience)
    assert set(rule.annotations) == {"summary", "description", "runbook_url"}
    assert not rule.annotations["summary"].endswith(".")
    assert "$value" in rule.annotations["description"]
    assert rule.annotations["description"].endswith(".")
    assert rule.annotations["runbook_url"] == f"docs/runbook.md#{rule.name.lower()}"


def test_what_is_watched_of_production_is_all_that_the_proxy_counts_of_it() -> None:
    asked = {each.name for rule in rules() for each in selectors(rule.expr)}
    trouble = {name for name in known() if re.fullmatch(r"shadowbench_proxy_.*(fault|refus|error).*_total", name)}
    assert trouble
    assert trouble <= asked


def test_the_chart_installs_them_as_they_are() -> None:
    values = {**GATEWAY, "metrics": {"prometheusRule": {"enabled": True}}}
    groups = only(render(values), "PrometheusRule")["spec"]["groups"]
    assert [each.get("alert") or each["record"] for group in groups for each in group["rules"]] == [
        rule.name for rule in rules()
    ]
    assert [each["expr"] for group in groups for each in group["rules"]] == [rule.expr for rule in rules()]
    assert sorted(path.name for path in FOLDER.iterdir()) == ["shadowbench.alerts.yaml", "shadowbench.rules.yaml"]
