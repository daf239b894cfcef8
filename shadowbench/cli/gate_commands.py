"""The commands `gate` and `plan`: their arguments. What they do is imported when they run."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from shadowbench.cli.arguments import ConfigOption, QuietOption
from shadowbench.cli.pair_arguments import (
    AgainOption,
    CandidateOption,
    FurtherLogOption,
    LogsArgument,
    PolicyOption,
    SeedOption,
    SinceOption,
    SliceOption,
    Typed,
    UntilOption,
    begun,
)
from shadowbench.report.policy import Looks

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


BaselineOption = Annotated[
    str | None,
    typer.Option("--baseline", metavar="FILE", help="An earlier report as JSON: nothing may have become worse."),
]
GateFormatOption = Annotated[
    GateFormat | None, typer.Option("--format", help="Default: by the output's ending, else for a terminal.")
]
OutputOption = Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Where. Default: stdout.")]
AlsoOption = Annotated[
    list[str] | None,
    typer.Option("--also", metavar="FILE", help="The result once more: .md, .xml, .json or .txt. May be repeated."),
]
ReportOption = Annotated[
    list[str] | None,
    typer.Option("--report", metavar="FILE", help="The whole report: .html, .md, .json (a later --baseline), …"),
]
UncalibratedOption = Annotated[
    bool, typer.Option("--allow-uncalibrated-judges", help="Judges may decide that nobody has compared with people.")
]
PowerOption = Annotated[
    float, typer.Option("--power", metavar="SHARE", min=0.5, max=0.999, help="Chance that it shows, if true.")
]
AlphaOption = Annotated[
    float | None,
    typer.Option("--alpha", metavar="SHARE", min=1e-6, max=0.5, help="Of false alarms. Default: the policy's."),
]
LooksOption = Annotated[Looks | None, typer.Option("--looks", help="Default: the policy's, else any.")]
PlannedOption = Annotated[
    int | None,
    typer.Option("--planned", metavar="N", min=2, max=50, help="So many looks: with --looks planned, which it means."),
]
ClustersOption = Annotated[
    int | None,
    typer.Option("--clusters", metavar="N", min=2, help="That are hoped to be enough. Default: the policy's."),
]
DifferenceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--difference", metavar="[MEASURE=]NUMBER", help="By how much the candidate is expected to be better."
    ),
]
MarginOption = Annotated[
    float | None, typer.Option("--margin", metavar="NUMBER", min=0, help="Without a log: how much worse would do.")
]
SdOption = Annotated[
    float | None, typer.Option("--sd", metavar="NUMBER", min=0, help="Without a log: of a pair's difference.")
]
DiscordantOption = Annotated[
    float | None,
    typer.Option("--discordant", metavar="SHARE", min=0, max=1, help="Without a log: of pairs that differ, yes or no."),
]
IccOption = Annotated[
    float, typer.Option("--icc", metavar="SHARE", min=0, max=1, help="How alike pairs of one cluster are.")
]
ClusterSizeOption = Annotated[
    float, typer.Option("--cluster-size", metavar="NUMBER", min=1, help="Pairs of one cluster.")
]
PerDayOption = Annotated[
    float | None, typer.Option("--per-day", metavar="NUMBER", min=0, help="Pairs that come in a day.")
]
PlanFormatOption = Annotated[PlanFormat, typer.Option("--format", help="For eyes, or for programs.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(rich_help_panel=PANEL)(gate)
    app.command(rich_help_panel=PANEL)(plan)


def gate(
    logs: LogsArgument = None,
    config: ConfigOption = None,
    log: FurtherLogOption = None,
    policy: PolicyOption = None,
    candidate: CandidateOption = None,
    baseline: BaselineOption = None,
    format: GateFormatOption = None,
    output: OutputOption = None,
    also: AlsoOption = None,
    report: ReportOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    slice: SliceOption = None,
    again: AgainOption = None,
    allow_uncalibrated_judges: UncalibratedOption = False,
    seed: SeedOption = 0,
    quiet: QuietOption = False,
) -> None:
    """May the traffic move, yes or no? For CI: exit 0 pass, 1 fail, 3 inconclusive; 2 usage, 4 could not run.

    Goes by a policy: mvp, migration, fine-tuning, critical, cost, or a file of your own (docs/gate.md).
    """
    now = begun()
    typed = Typed(
        logs=logs,
        config=config,
        log=log,
        policy=policy,
        again=again,
        since=since,
        until=until,
        slices=slice,
        quiet=quiet,
    )
    from shadowbench.cli.analysed import asked, files_of
    from shadowbench.cli.gate import GateOptions, form_by, run_gate
    from shadowbench.cli.output import file_of

    place = None if output is None else file_of(output, "--output")
    wanted = asked(typed, now=now, redact=True, seed=seed, examples=0)
    options = GateOptions(
        asked=wanted,
        only=frozenset(candidate or ()),
        baseline=baseline,
        uncalibrated_judges=allow_uncalibrated_judges,
        form=form_by(place) if format is None else format.value,
        output=place,
        also=tuple(file_of(each, "--also") for each in also or ()),
        reports=tuple(file_of(each, "--report") for each in report or ()),
        own_files=files_of(wanted, config),
    )
    raise typer.Exit(run_gate(options, now=now))


def plan(
    logs: LogsArgument = None,
    config: ConfigOption = None,
    log: FurtherLogOption = None,
    policy: PolicyOption = None,
    again: AgainOption = None,
    since: SinceOption = None,
    power: PowerOption = 0.8,
    alpha: AlphaOption = None,
    looks: LooksOption = None,
    planned: PlannedOption = None,
    clusters: ClustersOption = None,
    difference: DifferenceOption = None,
    margin: MarginOption = None,
    sd: SdOption = None,
    discordant: DiscordantOption = None,
    icc: IccOption = 0.0,
    cluster_size: ClusterSizeOption = 1.0,
    per_day: PerDayOption = None,
    format: PlanFormatOption = PlanFormat.terminal,
    quiet: QuietOption = False,
) -> None:
    """How many pairs, and how many days, until every claim of a policy shows; from a log, or from expected numbers.

    Without a log: --margin with --sd or --discordant; of a policy it takes looks, alpha and requirements.
    """
    now = begun()
    from shadowbench.cli.analysed import asked, declared
    from shadowbench.cli.plan import Numbers, PlanOptions, Wanted, check_typed, differences_of, run_plan

    numbers = Numbers(
        margin=margin or 0.0, sd=sd, discordant=discordant, icc=icc, cluster_size=cluster_size, per_day=per_day
    )
    typed = Typed(logs=logs, config=config, log=log, policy=policy, again=again, since=since, quiet=quiet)
    check_typed(typed, numbers)
    options = PlanOptions(
        wanted=Wanted(power=power, alpha=alpha, looks=looks, planned=planned, clusters=clusters),
        differences=differences_of(tuple(difference or ())),
        form=format.value,
    )
    if numbers.are_there:
        options = replace(options, numbers=numbers, policy=declared(typed))
    else:
        options = replace(options, asked=asked(typed, now=now, redact=True, examples=0))
    raise typer.Exit(run_plan(options, now=now))
