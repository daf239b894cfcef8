"""Every alert and every recorded series has a case that `make verify` lets promtool try."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.prometheus_rules.promql import TARGET, Rule, alerts, known, records, selectors, words
from tests.unit.prometheus_rules.test_rules import SOURCE

CASES = Path(__file__).parent / "cases"
QUIET = "quiet.yaml"


@cache
def scenes(name: str = "") -> list[dict[str, Any]]:
    """The tests of one file, or of all but the quiet one."""
    files = [CASES / name] if name else [path for path in sorted(CASES.glob("*.yaml")) if path.name != QUIET]
    return [scene for path in files for scene in yaml.safe_load(path.read_text())["tests"]]


def outcomes(rule: Rule) -> list[list[dict[str, Any]]]:
    """What each question about this alert expects of it, at its severity."""
    asked = [each for scene in scenes() for each in scene["alert_rule_test"] if each["alertname"] == rule.name]
    return [
        [told for told in each.get("exp_alerts", ()) if told["exp_labels"]["severity"] == rule.severity]
        for each in asked
    ]


@pytest.mark.parametrize("rule", alerts(), ids=str)
def test_an_alert_fires_in_one_case_and_is_silent_in_another(rule: Rule) -> None:
    found = outcomes(rule)
    assert [each for each in found if each], "no case in which it fires"
    assert [each for each in found if not each], "no case in which it does not"


@pytest.mark.parametrize("rule", alerts(), ids=str)
def test_labels_that_an_alert_speaks_of_are_there_when_it_fires(rule: Rule) -> None:
    spoken = set(re.findall(r"\$labels\.(\w+)", " ".join(rule.annotations.values())))
    for told in (each for found in outcomes(rule) for each in found):
        assert spoken <= set(told["exp_labels"])
        assert told["exp_annotations"]["runbook_url"] == rule.annotations["runbook_url"]


@pytest.mark.parametrize("rule", records(), ids=str)
def test_a_recorded_series_has_a_case_with_its_value(rule: Rule) -> None:
    asked = [each for scene in scenes() for each in scene.get("promql_expr_test", ()) if each["expr"] == rule.name]
    assert [each for each in asked if each["exp_samples"]]


@pytest.mark.parametrize("scene", scenes(QUIET), ids=lambda scene: scene["name"])
def test_silence_is_asked_of_every_alert(scene: dict[str, Any]) -> None:
    asked = scene["alert_rule_test"]
    assert {each["alertname"] for each in asked} == {rule.name for rule in alerts()}
    assert not [each for each in asked if each.get("exp_alerts")]


def test_series_of_cases_are_ours() -> None:
    """A misspelt label would make an alert silent where it should be."""
    told = [each["series"] for scene in (*scenes(), *scenes(QUIET)) for each in scene["input_series"]]
    wrong = []
    for (each,) in map(list, map(selectors, set(told))):
        labels = dict(each.matchers)
        missing = known()[each.name] - TARGET - set(labels)
        extra = set(labels) - known()[each.name]
        fixed = [labels[name] for name in ("role", "decision", "stage", "outcome", "result") if name in labels]
        words_of_nobody = [word for value in fixed for word in words(value) if f'"{word}"' not in SOURCE]
        if missing or extra or words_of_nobody:
            wrong.append((each.name, missing, extra, words_of_nobody))
    assert wrong == []
