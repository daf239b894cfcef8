"""The commands `gate` and `plan`: their arguments. What they do is imported when they run."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shadowbench.cli.arguments import ConfigOption, LogOption, QuietOption
from shadowbench.cli.report_command import (
    AgainOption,
    CandidateOption,
    LogsArgument,
    PolicyOption,
    SeedOption,
    SinceOption,
    SliceOption,
    UntilOption,
)

PANEL = "Read the log"


class GateFormat(StrEnum):
    """How `gate` prints."""

    terminal = "terminal"
    markdown = "markdown"
    junit = "junit"
    json = "json"


class PlanFormat(StrEnum):
    """How `plan` prints."""

    terminal = "terminal"
    json = "json"


class LooksChoice(StrEnum):
    """How often one looks."""

    any = "any"
    planned = "planned"
    once = "once"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(rich_help_panel=PANEL)(gate)
    app.command(rich_help_panel=PANEL)(plan)


def gate(
    logs: LogsArgument = None,
    config: ConfigOption = None,
    log: LogOption = None,
    policy: PolicyOption = None,
    candidate: CandidateOption = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="FILE", help="An earlier report as JSON: nothing may have become worse."),
    ] = None,
    format: Annotated[GateFormat, typer.Option("--format", help="How the result is told.")] = GateFormat.terminal,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where. Default: stdout.")
    ] = None,
    also: Annotated[
        list[Path] | None,
        typer.Option("--also", metavar="FILE", help="The result once more: .md, .xml, .json or .txt. May be repeated."),
    ] = None,
    report: Annotated[
        list[Path] | None,
        typer.Option("--report", metavar="FILE", help="The whole report: .html, .md, .json (a later --baseline), …"),
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    slice: SliceOption = None,
    again: AgainOption = None,
    allow_uncalibrated_judges: Annotated[
        bool,
        typer.Option("--allow-uncalibrated-judges", help="Judges may decide that nobody has compared with people."),
    ] = False,
    seed: SeedOption = 0,
    quiet: QuietOption = False,
) -> None:
    """May the traffic move, yes or no? For CI: exit 0 pass, 1 fail, 3 inconclusive; 2 usage, 4 could not run.

    Goes by a policy: mvp, migration, fine-tuning, critical, cost, or a file of your own (docs/gate.md).
    """
    from shadowbench.cli.threads import one_thread

    one_thread(os.environ)  # before numpy is imported
    from shadowbench.cli.analysed import asked, files_of
    from shadowbench.cli.gate import GateOptions, run_gate
    from shadowbench.cli.prune import wall_clocks
    from shadowbench.cli.quantities import moment_of

    now = wall_clocks().now()
    wanted = asked(
        config,
        tuple(logs or ()),
        log=log,
        policy=policy,
        again=tuple(again or ()),
        slices=tuple(slice or ()),
        since=None if since is None else moment_of(since, "--since", now),
        until=None if until is None else moment_of(until, "--until", now),
        redact=True,
        seed=seed,
        examples=0,
        progress=False if quiet else None,
    )
    options = GateOptions(
        asked=wanted,
        only=frozenset(candidate or ()),
        baseline=baseline,
        uncalibrated_judges=allow_uncalibrated_judges,
        form=format.value,
        output=output,
        also=tuple(also or ()),
        reports=tuple(report or ()),
        own_files=files_of(wanted, config),
    )
    raise typer.Exit(run_gate(options, now=now))


def plan(
    logs: LogsArgument = None,
    config: ConfigOption = None,
    log: LogOption = None,
    policy: PolicyOption = None,
    again: AgainOption = None,
    since: SinceOption = None,
    power: Annotated[
        float, typer.Option("--power", metavar="SHARE", min=0.5, max=0.999, help="Chance that it shows, if true.")
    ] = 0.8,
    alpha: Annotated[
        float | None,
        typer.Option("--alpha", metavar="SHARE", min=1e-6, max=0.5, help="Of false alarms. Default: the policy's."),
    ] = None,
    looks: Annotated[LooksChoice | None, typer.Option("--looks", help="Default: the policy's, else any.")] = None,
    planned: Annotated[
        int | None, typer.Option("--planned", metavar="N", min=2, max=50, help="So many looks are planned.")
    ] = None,
    clusters: Annotated[
        int | None,
        typer.Option("--clusters", metavar="N", min=2, help="That are hoped to be enough. Default: the policy's."),
    ] = None,
    difference: Annotated[
        list[str] | None,
        typer.Option(
            "--difference", metavar="[MEASURE=]NUMBER", help="By how much the candidate is expected to be better."
        ),
    ] = None,
    margin: Annotated[
        float | None, typer.Option("--margin", metavar="NUMBER", min=0, help="Without a log: how much worse would do.")
    ] = None,
    sd: Annotated[
        float | None, typer.Option("--sd", metavar="NUMBER", min=0, help="Without a log: of a pair's difference.")
    ] = None,
    discordant: Annotated[
        float | None,
        typer.Option(
            "--discordant", metavar="SHARE", min=0, max=1, help="Without a log: of pairs that differ, yes or no."
        ),
    ] = None,
    icc: Annotated[
        float, typer.Option("--icc", metavar="SHARE", min=0, max=1, help="How alike pairs of one cluster are.")
    ] = 0.0,
    cluster_size: Annotated[
        float, typer.Option("--cluster-size", metavar="NUMBER", min=1, help="Pairs of one cluster.")
    ] = 1.0,
    per_day: Annotated[
        float | None, typer.Option("--per-day", metavar="NUMBER", min=0, help="Pairs that come in a day.")
    ] = None,
    format: Annotated[PlanFormat, typer.Option("--format", help="For eyes, or for programs.")] = PlanFormat.terminal,
    quiet: QuietOption = False,
) -> None:
    """How many pairs, and how many days, until every claim of a policy shows; from a log, or from expected numbers.

    Without a log: --margin with --sd or --discordant.
    """
    from shadowbench.cli.threads import one_thread

    one_thread(os.environ)  # before numpy is imported
    from shadowbench.cli.plan import Numbers, PlanOptions, Wanted, differences_of, run_plan
    from shadowbench.cli.prune import wall_clocks
    from shadowbench.cli.quantities import moment_of
    from shadowbench.report.policy import Looks

    now = wall_clocks().now()
    how = looks if looks is not None else None if planned is None else LooksChoice.planned
    wanted = Wanted(
        power=power, alpha=alpha, looks=None if how is None else Looks(how.value), planned=planned, clusters=clusters
    )
    expected = differences_of(tuple(difference or ()))
    if sd is not None or discordant is not None:
        numbers = Numbers(
            margin=margin or 0.0,
            sd=sd,
            discordant=discordant,
            icc=icc,
            cluster_size=cluster_size,
            per_day=per_day,
        )
        options = PlanOptions(wanted=wanted, numbers=numbers, differences=expected, form=format.value)
        raise typer.Exit(run_plan(options, now=now))
    from shadowbench.cli.analysed import asked

    read = asked(
        config,
        tuple(logs or ()),
        log=log,
        policy=policy,
        again=tuple(again or ()),
        since=None if since is None else moment_of(since, "--since", now),
        redact=True,
        examples=0,
        progress=False if quiet else None,
    )
    raise typer.Exit(run_plan(PlanOptions(wanted=wanted, asked=read, differences=expected, form=format.value), now=now))
