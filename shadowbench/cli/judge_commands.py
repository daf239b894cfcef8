"""The commands about people's labels and judges: their arguments. What they do is imported when they run."""

from __future__ import annotations

import getpass
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shadowbench.cli.arguments import ConfigOption, LogOption
from shadowbench.cli.commands import Commands

PANEL = "Judges"
judges = Commands(help="How far judges may be trusted: their cards, and frozen sets that they are asked again.")


class CardFormat(StrEnum):
    """How `judges` prints."""

    terminal = "terminal"
    json = "json"


class Source(StrEnum):
    """Whose word a frozen set holds."""

    labels = "labels"
    judge = "judge"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(rich_help_panel=PANEL)(label)
    app.add_typer(judges, name="judges", rich_help_panel=PANEL)


JudgeOption = Annotated[str | None, typer.Option("--judge", metavar="NAME", help="Only this one.")]


def label(
    config: ConfigOption = None,
    log: LogOption = None,
    labeller: Annotated[
        str | None, typer.Option("--labeller", metavar="NAME", help="Who you are. Default: the user's name.")
    ] = None,
    question: Annotated[
        str, typer.Option("--question", metavar="NAME", help="preference, or a rubric's criterion, rated 1 to 5.")
    ] = "preference",
    size: Annotated[int, typer.Option("--size", metavar="N", min=1, help="Pairs of a new queue.")] = 100,
    twice: Annotated[
        float, typer.Option("--twice", metavar="SHARE", min=0, max=1, help="Of them, to be labelled twice.")
    ] = 0.1,
    queue: Annotated[
        Path | None, typer.Option("--queue", metavar="FILE", help="The queue. Default: beside the log.")
    ] = None,
    seed: Annotated[
        str, typer.Option("--seed", metavar="TEXT", help="Of a new queue: which pairs are drawn.")
    ] = "shadowbench",
    keep_identity: Annotated[
        bool, typer.Option("--keep-identity", help="Show answers in which a model names itself as they are.")
    ] = False,
) -> None:
    """Say which of two answers is better, blind and in random order. Stops and goes on as you like.

    Keys: 1, 2, t for a tie; s skips, u goes back, q quits. Not in a terminal, it reads lines.
    """
    from shadowbench.cli.label import LabelOptions, run_label
    from shadowbench.cli.prune import wall_clocks
    from shadowbench.cli.source import configured_questions, log_source

    options = LabelOptions(
        log_url=log_source(config, log).url,
        labeller=getpass.getuser() if labeller is None else labeller,
        question=question,
        size=size,
        twice=twice,
        seed=seed,
        queue=queue,
        redact_identity=not keep_identity,
        configured=configured_questions(config),
    )
    raise typer.Exit(run_label(options, wall_clocks().now))


@judges.callback(invoke_without_command=True)
def cards(
    context: typer.Context,
    config: ConfigOption = None,
    log: LogOption = None,
    judge: JudgeOption = None,
    format: Annotated[CardFormat, typer.Option("--format", help="For eyes, or for programs.")] = CardFormat.terminal,
    enough: Annotated[
        int, typer.Option("--enough", metavar="N", min=1, help="Labels, below which a judge is not calibrated.")
    ] = 50,
) -> None:
    """Print the card of each judge: agreement with people, biases, noise, drift, cost."""
    if context.invoked_subcommand is not None:
        return
    from shadowbench.cli.judges import CardOptions, run_cards
    from shadowbench.cli.source import log_source

    options = CardOptions(log_url=log_source(config, log).url, judge=judge, format=format.value, enough=enough)
    raise typer.Exit(run_cards(options))


@judges.command()
def freeze(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the set.")],
    config: ConfigOption = None,
    log: LogOption = None,
    judge: JudgeOption = None,
    source: Annotated[
        Source, typer.Option("--from", help="What people said, or what the judge says now.")
    ] = Source.labels,
    question: Annotated[
        str, typer.Option("--question", metavar="NAME", help="Which labels: preference, or a criterion.")
    ] = "preference",
    size: Annotated[int, typer.Option("--size", metavar="N", min=1, help="Pairs at most.")] = 200,
) -> None:
    """Freeze a set of pairs with what is to be said about them. It stays as it is from then on."""
    from shadowbench.cli.canaries import FreezeOptions, run_freeze
    from shadowbench.cli.source import log_source

    options = FreezeOptions(
        log_url=log_source(config, log).url,
        name=name,
        judge=judge,
        source=source.value,
        question=question,
        size=size,
    )
    raise typer.Exit(run_freeze(options))


@judges.command()
def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the set.")],
    config: ConfigOption = None,
    log: LogOption = None,
    judge: JudgeOption = None,
) -> None:
    """Ask judges about a frozen set once more, and tell when one does not say what it said. Costs calls."""
    from shadowbench.cli.canaries import run_check
    from shadowbench.cli.source import log_source

    raise typer.Exit(run_check(config, log_source(config, log).url, name, judge, os.environ))
