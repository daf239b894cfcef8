"""docs/runbook.md: a section for every alert, and no command, query, key or link that does not exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from shadowbench.cli.app import app
from shadowbench.store import displaced, transactions
from tests.unit.prometheus_rules.promql import alerts, labels

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "runbook.md").read_text("utf-8")
VALUES = yaml.safe_load((DOCS.parent / "helm" / "shadowbench" / "values.yaml").read_text("utf-8"))
SECTIONS = dict(re.findall(r"^### (Shadowbench\w+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def commands() -> list[str]:
    """What comes after `shadowbench`, in blocks and within sentences, without what is another program's."""
    found = re.findall(
        r"(?:`|-- |\$ )shadowbench ((?:control|doctor|judges|label|report|gate|prune|export|score)\b[^`\n|]*)", PAGE
    )
    return sorted({re.split(r"\s[#|>]", each)[0].strip() for each in found})


def anchor(heading: str) -> str:
    """As code forges make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_alert_has_a_section_and_no_other_has() -> None:
    assert sorted(SECTIONS) == sorted({rule.name for rule in alerts()})


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_a_section_says_what_it_means_where_to_look_what_to_do_and_whom_to_wake(name: str) -> None:
    assert re.findall(r"^- \*\*(\w+)\.\*\*", SECTIONS[name], re.MULTILINE) == ["Means", "Look", "Do", "Wake"]


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_nobody_is_woken_but_for_clients(name: str) -> None:
    (wake,) = re.findall(r"\*\*Wake\.\*\* (.*)", SECTIONS[name])
    worst = {rule.severity for rule in alerts() if rule.name == name}
    impacts = {rule.impact for rule in alerts() if rule.name == name}
    assert ("on call for the gateway" in wake) == ("critical" in worst) or impacts == {"production"}
    assert wake.startswith("Nobody") or impacts == {"production"}


def test_every_reason_why_a_log_refuses_is_named() -> None:
    reasons = {*transactions._REASONS.values(), "other", displaced.REASON, "unavailable"}
    assert reasons - set(re.findall(r"`(\w+)`", SECTIONS["ShadowbenchStoreFailing"])) == set()
    (row,) = re.findall(
        r"^\| `shadowbench_recorder_store_failures_total.*", (DOCS / "metrics.md").read_text("utf-8"), re.MULTILINE
    )
    assert reasons - set(re.findall(r"\w+", row)) == set()


@pytest.mark.parametrize("command", commands())
def test_commands_exist_with_their_options(command: str) -> None:
    words = shlex.split(command)
    found: Any = typer.main.get_command(app)
    while words and words[0] in getattr(found, "commands", ()):
        found = found.commands[words.pop(0)]
    assert not hasattr(found, "commands") or found.invoke_without_command, command
    found.make_context("shadowbench", words, resilient_parsing=False)


def test_no_pod_has_a_name_that_only_some_installations_have() -> None:
    """A Deployment's pods have none that could be told beforehand."""
    assert set(re.findall(r"kubectl -n llm (?:exec|logs|port-forward|describe pod) ([^\s`]+)", PAGE)) == {"POD", "{}"}


def test_there_are_commands() -> None:
    assert {"control kill", "control state", "doctor"} <= set(commands())


@pytest.mark.parametrize("query", re.findall(r"```promql\n(.*?)```", PAGE, re.DOTALL))
def test_queries_ask_for_signals_that_are_there(query: str) -> None:
    assert labels(query)


def test_links_lead_somewhere() -> None:
    anchors = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)}
    for link in re.findall(r"\]\(([^)]+)\)", PAGE):
        path, _, place = link.partition("#")
        assert place in anchors if not path else (DOCS / path).exists(), link


def test_values_that_are_set_are_the_charts() -> None:
    named = re.findall(r"--set (?:shadowbench\.)?([\w.]+)=", PAGE)
    assert named
    for name in named:
        if name.startswith("config."):
            continue  # of the configuration: any key
        found: Any = VALUES
        for part in name.split("."):
            assert part in found, name
            found = found[part]


def test_the_way_around_is_the_one_of_the_page_about_kubernetes() -> None:
    patch = r"kubectl -n llm patch service \w+ --type=json -p '.*?'"
    assert re.findall(patch, PAGE)[:2] == re.findall(patch, (DOCS / "kubernetes.md").read_text("utf-8"))[:2]
