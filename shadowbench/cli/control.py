"""`shadowbench control …`: asks the control port of a sidecar that runs, and shows what it says."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shadowbench.cli.commands import Commands
from shadowbench.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.table import Table

_WIDTH_OF_FILES = 10_000
"""Where no terminal shows it (a pipe, `kubectl exec` without -t) no line is broken and no name cut."""

control = Commands(no_args_is_help=True, help="Look at a sidecar that runs, and change what it copies.")

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "-c", "--config", metavar="FILE", help="The sidecar's configuration: where it listens, and its token."
    ),
]
AddressOption = Annotated[
    str | None, typer.Option("--address", metavar="HOST:PORT", help="Default: the configuration's control.listen.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="What the control port said, as JSON.")]


@control.command()
def state(config: ConfigOption = None, address: AddressOption = None, as_json: JsonOption = False) -> None:
    """What is copied, at which rates, and how each candidate's lane is."""
    said = _ask(config, address, "state")
    if as_json:
        _print_json(said)
    else:
        _show_state(said)


@control.command()
def pause(config: ConfigOption = None, address: AddressOption = None, as_json: JsonOption = False) -> None:
    """Copy nothing new. Calls under way finish."""
    _change(config, address, "pause", as_json=as_json)


@control.command()
def resume(config: ConfigOption = None, address: AddressOption = None, as_json: JsonOption = False) -> None:
    """Copy again, after a pause or the kill switch."""
    _change(config, address, "resume", as_json=as_json)


@control.command()
def kill(config: ConfigOption = None, address: AddressOption = None, as_json: JsonOption = False) -> None:
    """The kill switch: hand nothing off, withdraw all calls that wait or run. Until resume."""
    _change(config, address, "kill", as_json=as_json)


@control.command()
def reload(config: ConfigOption = None, address: AddressOption = None, as_json: JsonOption = False) -> None:
    """Let the sidecar read its configuration again, as SIGHUP does."""
    _change(config, address, "reload", as_json=as_json)


@control.command()
def rates(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME=RATE…", help="small=0.2 (a candidate), rare:=1 (a stratum), rare:small=0.5 (both)."
        ),
    ],
    config: ConfigOption = None,
    address: AddressOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set shares from 0 to 1. They hold until the configuration says something new about them."""
    _change(config, address, "rates", read_rates(given), as_json=as_json)


def read_rates(given: list[str]) -> dict[str, Any]:
    """`small=0.2 rare:=1 rare:small=0.5` as the body of `/v1/rates`. Raises ConfigurationError."""
    candidates: dict[str, float] = {}
    strata: dict[str, dict[str, Any]] = {}
    for text in given:
        name, _, rate = text.rpartition("=")
        try:
            value = float(rate)
        except ValueError:
            value = -1.0
        if not name or not 0 <= value <= 1:
            raise ConfigurationError(f"{text}: write NAME=RATE with a rate from 0 to 1, as in small=0.2")
        stratum, colon, candidate = name.partition(":")
        if not colon:
            candidates[name] = value
        elif candidate:
            strata.setdefault(stratum, {}).setdefault("rates", {})[candidate] = value
        else:
            strata.setdefault(stratum, {})["sample_rate"] = value
    return {"candidates": candidates, "strata": strata}


def _ask(config: Path | None, address: str | None, action: str, fields: Mapping[str, Any] | None = None) -> Any:
    from shadowbench.cli.asking import ask, place_of

    return ask(place_of(config, address, os.environ), action, fields)


def _change(
    config: Path | None,
    address: str | None,
    action: str,
    fields: Mapping[str, Any] | None = None,
    *,
    as_json: bool,
) -> None:
    said = _ask(config, address, action, fields)
    if as_json:
        _print_json(said)
        return
    version = said.get("policy_version")
    typer.echo(f"mirroring is {said['mirroring']}" + ("" if version is None else f", policy version {version}"))
    for key in said.get("changed", said.get("applied", ())):
        typer.echo(f"changed: {key}")
    for key in said.get("needs_restart", ()):
        typer.echo(f"needs a restart: {key}")


def _print_json(said: Any) -> None:
    json.dump(said, sys.stdout, indent=2)
    sys.stdout.write("\n")


# ── for eyes ──


def _show_state(said: Mapping[str, Any]) -> None:
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)
    mirror = said.get("mirror")
    console.print(f"mirroring: [bold]{said['mirroring']}[/bold]   role: {said['role']}   version: {said['version']}")
    if mirror is not None and not mirror["answers"]:
        console.print(f"the mirror does not answer: {mirror['reason']}", markup=False)
    elif mirror is not None:
        console.print(f"policy version: {mirror['policy_version']}   {_links(mirror)}")
        console.print(_lanes(mirror))
        if mirror["strata"]:
            console.print(_strata(mirror))
    console.print(_workers(said))


def _links(mirror: Mapping[str, Any]) -> str:
    recorder, handoff = mirror["recorder"], mirror["handoff"]
    link = "full" if recorder["full"] else "connected" if recorder["connected"] else "away"
    return f"proxies: {handoff['proxies']}   recorder: {link}, {recorder['unsettled']} unsettled"


def _lanes(mirror: Mapping[str, Any]) -> Table:
    from rich.table import Column, Table

    name = Column("candidate", overflow="fold")
    table = Table(name, "rate", "in force", "queued", "running", "breaker", "spent", "budget left", "note", box=None)
    for lane in mirror["lanes"]:
        table.add_row(
            lane["name"],
            _number(lane["sample_rate"]),
            _number(lane["in_force"]),
            str(lane["queued"]),
            str(lane["running"]),
            str(lane["breaker"]),
            _spent(lane),
            _left(lane["budget"]),
            _note(lane),
        )
    return table


def _left(budget: list[Mapping[str, Any]]) -> str:
    usd = [window["left_usd"] for window in budget if window["left_usd"] is not None]
    tokens = [window["left_tokens"] for window in budget if window["left_tokens"] is not None]
    parts = ([f"{min(usd):.2f} USD"] if usd else []) + ([f"{min(tokens)} tokens"] if tokens else [])
    return ", ".join(parts) or "no limit"


def _spent(lane: Mapping[str, Any]) -> str:
    """In all, over restarts; and how many calls since the start are not in it, or with no more than a guess."""
    usd = lane["budget"][-1]["spent_usd"]
    unknown = lane["unknown_costs"]
    known = "unknown" if usd is None else f"{usd:.2f} USD"
    return f"{known}, {unknown} calls of unknown cost" if unknown else known


def _note(lane: Mapping[str, Any]) -> str:
    said = {"paused": "paused", "price_unknown": "price unknown", "usage_unknown": "usage unknown"}
    notes = [words for key, words in said.items() if lane[key]]
    if short := lane.get("short"):
        notes.append(_short(short, lane["budget"]))
    if lane["last_fault"]:
        notes.append(f"last fault: {lane['last_fault']}")
    return "; ".join(notes)


def _short(short: Mapping[str, Any], budget: list[Mapping[str, Any]]) -> str:
    """What the last call that found no room would have taken, and what there is."""
    unit, _, name = short["limit"].partition("_")
    left = next(window[f"left_{unit}"] for window in budget if window["window"] == name)
    if unit == "usd":
        return f"a call reserves about {short['reserves_usd']:.4g} USD, {left or 0:.4g} are left ({name})"
    return f"a call reserves {short['reserves_tokens']} tokens, {left or 0} are left ({name})"


def _strata(mirror: Mapping[str, Any]) -> Table:
    from rich.table import Column, Table

    names = ("stratum", *(lane["name"] for lane in mirror["lanes"]))
    table = Table(*(Column(name, overflow="fold") for name in names), box=None)
    for stratum in mirror["strata"]:
        table.add_row(stratum["name"], *(_number(rate) for rate in stratum["rates"].values()))
    return table


def _workers(said: Mapping[str, Any]) -> Table:
    from rich.table import Table

    table = Table("worker", "pid", "ready", "restarts", box=None)
    for worker in said["workers"]:
        pid = "-" if worker["pid"] is None else str(worker["pid"])
        table.add_row(f"{worker['role']} {worker['worker']}", pid, _yes(worker["ready"]), str(worker["restarts"]))
    return table


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _number(value: float) -> str:
    return f"{value:g}"
