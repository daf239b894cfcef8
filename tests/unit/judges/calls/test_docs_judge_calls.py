"""docs/judge-calls.md names every outcome and signal that there is, and its example can be used."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from shadowbench.judges.calls import attempts, costs, faults
from shadowbench.settings import Settings
from shadowbench.telemetry.meanings import MEANINGS

TEXT = (Path(__file__).parents[4] / "docs" / "judge-calls.md").read_text()
CODES = set(re.findall(r"`([a-z_0-9]+)`", TEXT))
FAILURES = {each.outcome: each for each in vars(faults).values() if isinstance(each, faults.Failure)}
REPLIES = {"ok", "cut", "refused", "empty", "cancelled"}


def rows(section: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    table = TEXT.split(f"## {section}")[1].split("\n\n|")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.splitlines()[2:]]


def test_every_outcome_is_explained_and_none_that_is_not() -> None:
    assert {row[0].strip("`") for row in rows("2")} == FAILURES.keys() | REPLIES


def test_the_table_of_outcomes_is_true() -> None:
    told = {row[0].strip("`"): row for row in rows("2")}
    for outcome, failure in FAILURES.items():
        assert told[outcome][2] == ("yes" if failure.is_retryable else "no"), outcome
        if outcome != "not_allowed":  # is both
            assert told[outcome][3] == f"{'the ' if failure.blame != 'either' else ''}{failure.blame}'s", outcome


def test_every_signal_is_explained() -> None:
    ours = {name for name in MEANINGS if name.startswith("judge_")}
    assert {name for name in CODES if name.startswith("judge_")} - {"judge_calls"} == ours


def test_reasons_are_named() -> None:
    assert {attempts.BUDGET, attempts.UNPRICED, costs.AT_MOST} <= CODES


def test_the_example_can_be_used() -> None:
    example = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0])
    settings = Settings.model_validate({"production": {"url": "https://api.openai.com"}, **example})
    assert settings.scoring.judges.keys() == {"quality", "embedding_cosine"}
