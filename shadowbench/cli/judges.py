"""`shadowbench judges`: reads a pair log and prints the card of each judge in it."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

import numpy as np
import orjson

from shadowbench.cli.output import standard_output
from shadowbench.scoring.calibration.card import ENOUGH_LABELS, Card, card_of
from shadowbench.scoring.calibration.evidence import evidence_in, facts_in, judges_of
from shadowbench.store.opening import open_log, open_score_log

NO_JUDGES = 3
VERSION = 1
_SEED = 20_260_101  # the same log gives the same intervals

HOW_TO_GET_JUDGES = """\
no judge{named} has said anything about a pair of {url} yet.
Configure one under scoring.judges, and run `shadowbench score`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOptions:
    """`enough`: labels, below which a judge is not calibrated."""

    log_url: str
    judge: str | None = None
    format: Literal["terminal", "json"] = "terminal"
    enough: int = ENOUGH_LABELS


def run_cards(options: CardOptions) -> int:
    """Print the cards; the exit code: 0, or 3 where there is no judge."""
    with closing(open_log(options.log_url, "read")) as log, closing(open_score_log(options.log_url, "read")) as scores:
        evidence = evidence_in(scores, facts_in(log), options.judge)
        cards = [card_of(each, np.random.default_rng(_SEED), enough=options.enough) for each in evidence]
        there = ", ".join(dict.fromkeys(known.measure.name for known in judges_of(scores)))
    with standard_output():
        _print(cards, options)
    if not cards and options.judge and there:
        sys.stderr.write(
            f"no judge {options.judge} has said anything about a pair of {options.log_url}; there are: {there}\n"
        )
    elif not cards:
        named = f" {options.judge}" if options.judge else ""
        sys.stderr.write(HOW_TO_GET_JUDGES.format(named=named, url=options.log_url))
    return 0 if cards else NO_JUDGES


def _print(cards: Sequence[Card], options: CardOptions) -> None:
    if options.format == "json":
        sys.stdout.write(as_json(cards))
        return
    from rich.console import Console

    from shadowbench.cli.judge_cards import show

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without "–" shows "?", and the numbers
    console = Console(highlight=False)
    for card in cards:
        show(card, console)


def as_json(cards: Sequence[Card]) -> str:
    """One document. `version` changes when a member changes its meaning or goes; members may be added."""
    document = {"report": "shadowbench.judges", "version": VERSION, "judges": list(cards)}
    keys = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(document, option=keys).decode()
