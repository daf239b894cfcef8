"""Scores as a table for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shadowbench.report.scores import ScoreSummary

ABSENT = "–"


def show_scores(scores: Sequence[ScoreSummary], console: Console) -> None:
    """Print one table per candidate."""
    for candidate in dict.fromkeys(score.candidate for score in scores):
        table = Table(box=box.SIMPLE_HEAD, expand=False, pad_edge=False, show_edge=False)
        table.add_column(Text(candidate, style="bold cyan"), overflow="fold")
        for title in ("production", "candidate", "n"):
            table.add_column(title, justify="right", no_wrap=True)
        table.add_column("absent", overflow="fold")
        for score in scores:
            if score.candidate == candidate:
                cells = (_number(score.production), _number(score.value), f"{score.n:,}", _absent(score.absent))
                table.add_row(Text(_name(score, scores)), *cells)
        console.print()
        console.print(table)


def _name(score: ScoreSummary, scores: Sequence[ScoreSummary]) -> str:
    """With its version and hash where there are several of the name."""
    twins = [each for each in scores if (each.measure, each.candidate) == (score.measure, score.candidate)]
    unit = f", {score.unit}" if score.unit else ""
    told = f" {score.version} {score.config_hash[:6]}".rstrip() if len(twins) > 1 else ""
    return f"{score.measure}{told}{unit}"


def _number(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.4g}"


def _absent(absent: Mapping[str, int]) -> str:
    """How many, and the most frequent reason."""
    if not absent:
        return ""
    more = ", …" if len(absent) > 1 else ""
    return f"{sum(absent.values()):,} ({next(iter(absent))}{more})"
