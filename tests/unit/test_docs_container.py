"""docs/container.md against the Dockerfile, the settings and the commands."""

from __future__ import annotations

import math
import re
from pathlib import Path

from typer.testing import CliRunner

from shadowbench import configuration, wiring
from shadowbench.cli.app import app
from shadowbench.settings import Settings
from shadowbench.supervisor import Plan

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "container.md").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def rows() -> dict[str, str]:
    """The second cell of each row by its first, from all tables."""
    lines = [line.strip("| ").split(" | ") for line in TEXT.splitlines() if line.startswith("| ")]
    return {cells[0]: " | ".join(cells[1:]) for cells in lines}


def test_the_commands_that_it_names_are_there() -> None:
    named = re.findall(r"`(\w+)`", rows()["command"])
    assert named[:2] == ["shadowbench", "serve"]
    for command in named[1:]:
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, command


def test_places_and_user_are_the_dockerfiles() -> None:
    for place in re.findall(r"`(/(?:var|run|etc)/\S+?)(?:/shadowbench\.yaml)?`", TEXT):
        assert place in DOCKERFILE, place
    assert re.findall(r"--uid (\d+) --gid (\d+)", DOCKERFILE) == [("10001", "10001")]
    assert "10001" in rows()["user"]
    assert configuration.DEFAULT_FILES[-1] == Path("/etc/shadowbench/shadowbench.yaml")


def test_ports_are_the_defaults() -> None:
    plan = bare_plan()
    addresses = {"proxy": plan.listen[0], "admin": plan.admin, "control": plan.control}
    defaults = {str(address.port): key for key, address in addresses.items() if address is not None}
    told = {cell: re.findall(r"`(\w+)\.listen`", rest)[0] for cell, rest in rows().items() if cell.isdigit()}
    assert told == defaults
    (exposed,) = re.findall(r"^EXPOSE (.+)$", DOCKERFILE, re.MULTILINE)
    assert set(exposed.split()) <= set(told)


def test_the_time_to_stop_is_what_the_defaults_add_up_to() -> None:
    # Roles leave one after the other.
    longest = {spec.role: spec.drain_s for spec in bare_plan().workers}
    asked = {int(seconds) for seconds in re.findall(r"(?:--stop-timeout |stop_grace_period: )(\d+)", TEXT)}
    assert asked == {math.ceil(sum(longest.values()) / 10) * 10}


def bare_plan() -> Plan:
    return wiring.plan(Settings(production={"url": "http://gateway:4000"}), "serve", {})
