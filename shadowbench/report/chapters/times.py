"""Latency, time to first token, gaps: quantiles of both sides and how far apart they are."""

from __future__ import annotations

from shadowbench.report import words
from shadowbench.report.chapters import cells
from shadowbench.report.chapters.nouns import Chapter, Column, Row, Table, notes, under
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.times import Distribution, QuantileRow
from shadowbench.report.words import remarks

_COLUMNS = (
    Column(title="quantile"),
    Column(title="production", numbers=True),
    Column(title="candidate", numbers=True),
    Column(title="difference", numbers=True),
    Column(title="n", numbers=True),
)


def times(document: Document) -> Chapter:
    """A table for each candidate and measure."""
    blocks = tuple(
        _of(candidate, found) for candidate in cells.in_order(document.candidates) for found in candidate.distributions
    )
    return Chapter(title="Latency", blocks=under(remarks.for_a_look(document.policy), blocks))


def _of(candidate: Candidate, found: Distribution) -> Table:
    title = f"{cells.title(candidate)}: {words.measure_title(found.measure)}"
    rows = tuple(_row(each) for each in found.rows)
    return Table(title=title, columns=_COLUMNS, rows=rows, notes=notes(remarks.distribution(found)))


def _row(found: QuantileRow) -> Row:
    sides = (cells.value(side, "s") for side in (found.production, found.candidate))
    difference = cells.value(found.difference, "s", signed=True)
    return Row((f"p{100 * found.level:g}", *sides, difference, f"{found.difference.n:,}"))
