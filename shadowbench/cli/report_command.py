"""The command `report`: its arguments. What it does is imported when it runs."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shadowbench.cli.arguments import ConfigOption, LogOption, QuietOption

LogsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="LOG", help="Pair logs, files or URLs; several are read as one. Default: the configuration's."
    ),
]
PolicyOption = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="NAME|FILE",
        help="What must be shown: a policy that comes with us, or yours. Default: the configuration's.",
    ),
]
AgainOption = Annotated[
    list[str] | None,
    typer.Option(
        "--again", metavar="NAME", help="This candidate is production itself (A/A). Known from a configuration."
    ),
]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="TIME", help="From then on: 2025-10-09, 7d.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before then.")]
CandidateOption = Annotated[
    list[str] | None, typer.Option("--candidate", metavar="NAME", help="Only this one; may be repeated.")
]
SliceOption = Annotated[
    list[str] | None,
    typer.Option("--slice", metavar="COL=VALUE", help="Only such traffic: stratum=long. May be repeated."),
]
SeedOption = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of what is resampled.")]


class ReportFormat(StrEnum):
    """How `report` prints."""

    terminal = "terminal"
    markdown = "markdown"
    html = "html"
    json = "json"
    csv = "csv"
    junit = "junit"


def report(
    logs: LogsArgument = None,
    config: ConfigOption = None,
    log: LogOption = None,
    policy: PolicyOption = None,
    format: Annotated[
        ReportFormat | None, typer.Option("--format", help="Default: by the output's ending, else for a terminal.")
    ] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    candidate: CandidateOption = None,
    slice: SliceOption = None,
    again: AgainOption = None,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE|URL", help="A file, or s3://, gs://, az://. Default: stdout."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output when it exists.")] = False,
    redact: Annotated[bool, typer.Option("--redact", help="Leave prompts and answers out.")] = False,
    earlier: Annotated[
        list[str] | None,
        typer.Option("--earlier", metavar="FILE", help="A report as JSON that this one goes on from; may be repeated."),
    ] = None,
    examples: Annotated[
        int, typer.Option("--examples", metavar="N", min=0, help="Pairs side by side, of each kind.")
    ] = 10,
    seed: SeedOption = 0,
    charts: Annotated[
        bool | None, typer.Option("--charts/--no-charts", help="Of HTML. Default: where the extra is installed.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """May the traffic move? Compares the candidates with production: verdicts, intervals, latency, cost, slices, judges."""
    from shadowbench.cli.threads import one_thread

    one_thread(os.environ)  # before numpy is imported
    from shadowbench.cli.analysed import asked, files_of
    from shadowbench.cli.prune import wall_clocks
    from shadowbench.cli.quantities import moment_of
    from shadowbench.cli.report import ReportOptions, format_by, run_report
    from shadowbench.store.exporting.objects import is_object

    now = wall_clocks().now()
    wanted = asked(
        config,
        tuple(logs or ()),
        log=log,
        policy=policy,
        again=tuple(again or ()),
        slices=tuple(slice or ()),
        earlier=tuple(earlier or ()),
        since=None if since is None else moment_of(since, "--since", now),
        until=None if until is None else moment_of(until, "--until", now),
        candidates=tuple(candidate or ()),
        redact=redact,
        seed=seed,
        examples=examples,
        progress=False if quiet else None,
    )
    options = ReportOptions(
        asked=wanted,
        format=format_by(output) if format is None else format.value,
        output=output if output is None or is_object(output) else Path(output.removeprefix("file://")),
        force=force,
        own_files=files_of(wanted, config),
        charts=charts,
    )
    raise typer.Exit(run_report(options, now=now))
