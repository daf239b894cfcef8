"""Latency, time to first token and gaps: quantiles of both sides and their differences."""

from __future__ import annotations

from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.document.times import Distribution, QuantileRow
from shadowbench.report.html.tables import Cell, Table, estimated, table
from shadowbench.report.html.texts import titled
from shadowbench.report.words import remarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """One measure of time."""

    title: str
    table: Table
    notes: tuple[str, ...]


def times(candidate: str, distribution: Distribution) -> Times:
    """The table, and what must be known about it."""
    title = words.measure_title(distribution.measure)
    rows = map(_row, distribution.rows)
    columns = ("Quantile", "Production", "Candidate", "Difference")
    return Times(
        title=titled(title),
        table=table(f"{candidate}: quantiles of {title}", columns, rows, numeric=(1, 2, 3)),
        notes=tuple(remarks.distribution(distribution)),
    )


def _row(row: QuantileRow) -> tuple[Cell | str, ...]:
    return (
        f"p{row.level * 100:g}",
        estimated(words.interval(row.production, "s")),
        estimated(words.interval(row.candidate, "s")),
        estimated(words.interval(row.difference, "s", signed=True)),
    )
