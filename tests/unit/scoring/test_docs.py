"""What the pages say about scoring is so."""

import re
from pathlib import Path

from shadowbench.metrics.base import Need
from shadowbench.metrics.running import FAILURES
from shadowbench.settings import DEFAULT_METRICS
from shadowbench.telemetry.meanings import MEANINGS

ROOT = Path(__file__).parents[3]
SCORING = (ROOT / "docs" / "scoring.md").read_text()
PLUGINS = (ROOT / "docs" / "plugins.md").read_text()
PACKAGE = ROOT / "tests" / "plugins" / "shouting"


def code(text: str) -> str:
    """Without what comes before the first import of ours, and without blank lines."""
    lines = text[text.index("from shadowbench") :].splitlines()
    return "\n".join(line for line in lines if line.strip())


def test_the_metric_in_the_page_is_the_one_that_a_test_installs() -> None:
    (shown,) = re.findall(r"```python\n(.*?)```", PLUGINS, re.DOTALL)
    assert code(shown) == code((PACKAGE / "shouting" / "metrics.py").read_text())


def test_the_entry_points_in_the_page_are_the_packages() -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", PLUGINS, re.DOTALL)
    package = (PACKAGE / "pyproject.toml").read_text()
    assert all(line in package for line in shown.splitlines())


def test_every_fault_of_a_metric_and_every_need_is_in_the_page() -> None:
    assert [reason for reason in FAILURES if f"`{reason}`" not in PLUGINS] == []
    assert [reason for reason in FAILURES if f"`{reason}`" not in SCORING] == []
    assert [need.name for need in Need if need is not Need.ANSWER and f"`{need.name}`" not in PLUGINS] == []


def test_signals_in_the_page_are_counted() -> None:
    named = set(re.findall(r"`((?:scores|scoring|judge)_[a-z_]+)", SCORING))
    assert named <= MEANINGS.keys()


def test_the_metrics_by_default_are_the_examples() -> None:
    example = (ROOT / "config" / "shadowbench.yaml").read_text()
    (listed,) = re.findall(r"\n  metrics:\n((?:    - \w+\n)+)", example)
    assert tuple(re.findall(r"- (\w+)", listed)) == DEFAULT_METRICS
