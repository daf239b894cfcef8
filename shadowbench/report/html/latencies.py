"""Latency, time to first token and gaps: quantiles of both sides and their differences."""

from __future__ import annotations

from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.times import Distribution, QuantileRow
from shadowbench.report.html.matrix import reasons_told
from shadowbench.report.html.tables import Cell, Table, estimated, table


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
        title=title.capitalize(),
        table=table(f"{candidate}: quantiles of {title}", columns, rows, numeric=(1, 2, 3)),
        notes=tuple(_notes(distribution)),
    )


def _row(row: QuantileRow) -> tuple[Cell | str, ...]:
    return (
        f"p{row.level * 100:g}",
        estimated(words.interval(row.production, "s")),
        estimated(words.interval(row.candidate, "s")),
        estimated(words.interval(row.difference, "s", signed=True)),
    )


def _notes(distribution: Distribution) -> list[str]:
    notes = [
        f"Of {words.sizes(distribution.n, distribution.clusters)}. A typical pair, where both sides answered, takes "
        f"{words.scaled(distribution.ratio, Scale.RATIO)} as long."
    ]
    censored = distribution.censored_production, distribution.censored_candidate
    if any(censored):
        notes.append(
            f"Failures took longer than anybody waited for: {censored[0]:,} of production's calls, {censored[1]:,} of the "
            "candidate's. Quantiles among them cannot be told."
        )
    if any(distribution.left_out.values()):
        notes.append(f"Left out, since their times are not the endpoints' own: {reasons_told(distribution.left_out)}.")
    return notes
