"""`shadowbench report`: reads a pair log and shows its summary."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shadowbench.cli.output import standard_output
from shadowbench.cli.progress import tracked
from shadowbench.records import Exchange
from shadowbench.store.base import PairLog, each_exchange
from shadowbench.store.opening import open_log, open_score_log

if TYPE_CHECKING:
    from shadowbench.report.scores import ScoreSummary
    from shadowbench.report.summary import Summary

NO_PAIRS = 3

HOW_TO_GET_PAIRS = """\
no pairs in {url} yet, so there is nothing to compare ({exchanges} exchanges).
Give a candidate a sample_rate above 0 in the configuration, run `shadowbench serve`, and send requests to its address;
`shadowbench doctor` checks the way, and /metrics of the admin address counts why requests were not copied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """`production_again`: names of the candidates that are production itself (A/A); wiring knows them."""

    log_url: str
    format: Literal["terminal", "json"] = "terminal"
    production_again: frozenset[str] = frozenset()
    progress: bool | None = None  # None: when stderr is a terminal


def run_report(options: ReportOptions) -> int:
    """Print the report; the exit code: 0, or 3 when there is nothing to report on."""
    from shadowbench.report.scores import summarise_scores
    from shadowbench.report.summary import summarise

    log, score_log = open_log(options.log_url, "read"), open_score_log(options.log_url, "read")
    try:
        summary = summarise(_exchanges(log, options), options.production_again, log.funnel())
        scores = summarise_scores(log, score_log)
    finally:
        log.close()
        score_log.close()
    with standard_output():
        _print(summary, scores, options)
    if not summary.pairs:
        sys.stderr.write(HOW_TO_GET_PAIRS.format(url=options.log_url, exchanges=summary.exchanges) + "\n")
        return NO_PAIRS
    return 0


def _print(summary: Summary, scores: Sequence[ScoreSummary], options: ReportOptions) -> None:
    if options.format == "json":
        from shadowbench.report.as_json import render

        sys.stdout.write(render(summary, scores))
    elif summary.pairs:
        from rich.console import Console

        from shadowbench.report.scores_terminal import show_scores
        from shadowbench.report.terminal import show

        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal without "–" or "─" shows "?", and the numbers
        console = Console(highlight=False)
        show(summary, console)
        show_scores(scores, console)


def _exchanges(log: PairLog, options: ReportOptions) -> Iterator[Exchange]:
    found = each_exchange(log, with_bodies=False)
    return tracked(found, total=log.counts().exchanges, label="Reading", wanted=options.progress)
