"""Prometheus' own judge of config/prometheus: every rule is well-formed, and does in each case what it should."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.charts import GATEWAY, only, render

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "config" / "prometheus").glob("*.yaml"))
CASES = sorted((ROOT / "tests" / "unit" / "prometheus_rules" / "cases").glob("*.yaml"))
PROMTOOL = shutil.which("promtool")

pytestmark = [pytest.mark.verify, pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")]


def promtool(*arguments: str | Path) -> str:
    """What it says; fails where it does not agree."""
    assert PROMTOOL is not None
    judged = subprocess.run([PROMTOOL, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    return judged.stdout


def test_rules_are_well_formed() -> None:
    assert RULES
    assert promtool("check", "rules", "--lint=all", "--lint-fatal", *RULES).count("SUCCESS") == len(RULES)


def test_so_are_those_that_the_chart_installs(tmp_path: Path) -> None:
    values = {
        **GATEWAY,
        "metrics": {"prometheusRule": {"enabled": True, "runbookUrl": "https://wiki.example.com/runbook"}},
    }
    spec = only(render(values), "PrometheusRule")["spec"]
    installed = tmp_path / "rules.yaml"
    installed.write_text(yaml.safe_dump(spec))
    assert "SUCCESS" in promtool("check", "rules", "--lint=all", "--lint-fatal", installed)
    links = [
        rule["annotations"]["runbook_url"] for group in spec["groups"] for rule in group["rules"] if "alert" in rule
    ]
    assert links
    assert all(link.startswith("https://wiki.example.com/runbook#shadowbench") for link in links)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(case: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", case)
