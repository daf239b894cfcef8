"""The command `report`: its arguments. What it does is imported when it runs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from shadowbench.cli.arguments import ConfigOption, QuietOption
from shadowbench.cli.memory import uncollected
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


class ReportFormat(StrEnum):
    """How `report` prints."""

    terminal = "terminal"
    markdown = "markdown"
    html = "html"
    json = "json"
    csv = "csv"
    junit = "junit"


FormatOption = Annotated[
    ReportFormat | None, typer.Option("--format", help="Default: by the output's ending, else for a terminal.")
]
FullOption = Annotated[
    bool, typer.Option("--full", help="On a terminal all chapters, not only the answer. Files are whole in any case.")
]
OutputOption = Annotated[
    str | None,
    typer.Option("-o", "--output", metavar="FILE|URL", help="A file, or s3://, gs://, az://. Default: stdout."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite the output when it exists.")]
RedactOption = Annotated[bool, typer.Option("--redact", help="Leave prompts and answers out.")]
EarlierOption = Annotated[
    list[str] | None,
    typer.Option("--earlier", metavar="FILE", help="A report as JSON that this one goes on from; may be repeated."),
]
ExamplesOption = Annotated[
    int, typer.Option("--examples", metavar="N", min=0, help="Pairs side by side, of each kind.")
]
ChartsOption = Annotated[
    bool | None, typer.Option("--charts/--no-charts", help="Of HTML. Default: where the extra is installed.")
]


def report(
    logs: LogsArgument = None,
    config: ConfigOption = None,
    log: FurtherLogOption = None,
    policy: PolicyOption = None,
    format: FormatOption = None,
    full: FullOption = False,
    since: SinceOption = None,
    until: UntilOption = None,
    candidate: CandidateOption = None,
    slice: SliceOption = None,
    again: AgainOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
    redact: RedactOption = False,
    earlier: EarlierOption = None,
    examples: ExamplesOption = 10,
    seed: SeedOption = 0,
    charts: ChartsOption = None,
    quiet: QuietOption = False,
) -> None:
    """May the traffic move? Compares the candidates with production: verdicts, intervals, latency, cost, slices, judges."""
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
    with uncollected():  # the libraries below are large
        from shadowbench.cli.analysed import asked, files_of
        from shadowbench.cli.output import place_of
        from shadowbench.cli.report import ReportOptions, format_by, run_report

        chosen, place = tuple(candidate or ()), place_of(output)
        wanted = asked(typed, now=now, earlier=earlier, candidates=chosen, redact=redact, seed=seed, examples=examples)
        options = ReportOptions(
            asked=wanted,
            format=format_by(output) if format is None else format.value,
            full=full,
            output=place,
            force=force,
            own_files=files_of(wanted, config),
            charts=charts,
        )
        code = run_report(options, now=now)
    raise typer.Exit(code)
