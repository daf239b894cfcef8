"""The commands and their arguments. What they do is imported when they run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from shadowbench import __version__
from shadowbench.cli import gate_commands, judge_commands, log_commands
from shadowbench.cli.arguments import ConfigOption, LogOption, QuietOption
from shadowbench.cli.commands import Commands
from shadowbench.cli.control import control
from shadowbench.cli.demo import demo
from shadowbench.cli.report_command import report

app = Commands(
    name="shadowbench",
    help="Mirror LLM traffic to candidate models, compare the answers, decide with evidence.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"shadowbench {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(rich_help_panel="Run")
def serve(config: ConfigOption = None) -> None:
    """Run the sidecar: proxy, mirror and recorder under one parent."""
    from shadowbench.cli.serve import run_role

    raise typer.Exit(run_role(config, "serve"))


@app.command(rich_help_panel="Run")
def proxy(config: ConfigOption = None) -> None:
    """Run the proxy alone. It hands copies to a mirror with the same runtime.folder.

    On one host with the mirror, one of the two needs ports of its own: SHADOWBENCH_ADMIN__LISTEN=127.0.0.1:9466 and
    SHADOWBENCH_CONTROL__LISTEN=127.0.0.1:9467.
    """
    from shadowbench.cli.serve import run_role

    raise typer.Exit(run_role(config, "proxy"))


@app.command(rich_help_panel="Run")
def mirror(config: ConfigOption = None) -> None:
    """Run the mirror and its recorder alone.

    On one host with a proxy, one of the two needs ports of its own: SHADOWBENCH_ADMIN__LISTEN=127.0.0.1:9466 and
    SHADOWBENCH_CONTROL__LISTEN=127.0.0.1:9467.
    """
    from shadowbench.cli.serve import run_role

    raise typer.Exit(run_role(config, "mirror"))


@app.command(rich_help_panel="Run")
def score(
    config: ConfigOption = None,
    once: Annotated[bool, typer.Option("--once", help="End when all is scored that can be now.")] = False,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", min=1, max=64, help="Processes. Default: the configuration's."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="NAME", help="Only this metric or judge; may be repeated."),
    ] = None,
    log: LogOption = None,
    quiet: QuietOption = False,
) -> None:
    """Score the pairs of the log: metrics, then judges. Several of these may run at a time, beside a sidecar, too.

    Without --once it is a role with an admin port; on one host with a sidecar it needs its own:
    SHADOWBENCH_ADMIN__LISTEN=127.0.0.1:9466.
    """
    from shadowbench.cli.score import ScoreOptions, run_score

    options = ScoreOptions(
        config=config,
        once=once,
        workers=workers,
        only=tuple(metric or ()),
        log=log,
        progress=False if quiet else None,
    )
    raise typer.Exit(run_score(options))


@app.command(rich_help_panel="Start here")
def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="Where to write.")] = Path("shadowbench.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file when it exists.")] = False,
) -> None:
    """Write a configuration with every key, its default and what it does."""
    from shadowbench.cli.init import write_example

    write_example(file, force=force)


@app.command(rich_help_panel="Start here")
def validate(config: ConfigOption = None) -> None:
    """Check the configuration and print what holds, file and environment together. Secrets are hidden."""
    from shadowbench.cli.validate import validate_configuration

    validate_configuration(config, os.environ)


@app.command(rich_help_panel="Start here")
def doctor(
    config: ConfigOption = None,
    judges: Annotated[
        bool, typer.Option("--judges", help="Put one question to each judge. Without it, you are told what that costs.")
    ] = False,
) -> None:
    """Check the configuration against the world: endpoints, keys, ports, disk, limits. Says what to fix."""
    from shadowbench.cli.doctor import run_doctor

    raise typer.Exit(run_doctor(config, os.environ, ask_judges=judges))


app.command(rich_help_panel="Start here")(demo)
app.add_typer(control, name="control", rich_help_panel="Run")


app.command(rich_help_panel="Read the log")(report)
gate_commands.add_to(app)
judge_commands.add_to(app)
log_commands.add_to(app)
