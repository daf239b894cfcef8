"""docs/gate.md against the code: every key is named, every preset, every option; its policy is one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from shadowbench.cli.app import app
from shadowbench.cli.gate import EXIT_CODES
from shadowbench.policies.fields import ClaimFields, PolicyFields, RequirementFields, WatchingFields
from shadowbench.policies.reading import preset_names, read_policy

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "gate.md").read_text("utf-8")


def table(title: str) -> str:
    return TEXT.partition(f"## {title}")[2].partition("\n## ")[0]


def first_cells(text: str) -> set[str]:
    return {
        name
        for line in text.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    }


def test_the_presets_are_those_that_come_along() -> None:
    assert first_cells(table("Policies that come with shadowbench")) == set(preset_names())


def test_every_key_of_a_claim_is_told() -> None:
    assert first_cells(table("A claim")) == set(ClaimFields.model_fields)


def test_every_other_key_is_told_with_its_default() -> None:
    told = table("The other keys")
    keys = {key for key in PolicyFields.model_fields if key not in ("watching", "requires", "radar")}
    keys |= {f"watching.{key}" for key in WatchingFields.model_fields}
    keys |= {f"requires.{key}" for key in RequirementFields.model_fields}
    assert first_cells(told) == keys | {"radar.MEASURE.begin", "radar.MEASURE.target"}
    for section, model in (("watching", WatchingFields), ("requires", RequirementFields)):
        for key, field in model.model_fields.items():
            (line,) = (line for line in told.splitlines() if f"`{section}.{key}`" in line.partition(" | ")[0])
            assert str(field.default).lower().removesuffix(".0") in line.split("|")[2].lower(), key


def test_the_example_is_a_policy(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    file = tmp_path / "ours.yaml"
    file.write_text(text)
    policy = read_policy(str(file), "--policy")
    assert [claim.measure for claim in policy.primary] == ["quality"]
    assert "json_schema" not in {claim.measure for claim in policy.guardrails}


def test_the_exit_codes_are_told() -> None:
    codes = {int(code): result for code, result in re.findall(r"^\| (\d) \| (\w+)", TEXT, re.MULTILINE)}
    assert {code: codes[code] for code in (0, 1, 3)} == {code: result.value for result, code in EXIT_CODES.items()}
    assert set(codes) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("command", ["gate", "plan"])
def test_every_option_that_is_shown_is_there(command: str) -> None:
    told = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}).output
    shown = re.findall(rf"^shadowbench {command} .*$", TEXT, re.MULTILINE)
    assert shown
    options = {option for line in shown for option in re.findall(r"--[a-z-]+", line.partition("#")[0])}
    assert [option for option in sorted(options) if option not in told] == []


def test_inputs_and_outputs_of_the_action_are_told() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    section = table("In GitHub Actions")
    assert first_cells(section) == set(action["inputs"])
    assert [name for name in action["outputs"] if f"`{name}`" not in section] == []
