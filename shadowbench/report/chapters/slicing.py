"""Parts of the traffic, with a warning where they contradict the whole."""

from __future__ import annotations

from shadowbench.report import words
from shadowbench.report.chapters import cells
from shadowbench.report.chapters.nouns import Chapter, Column, Row, Table, Tone, notes
from shadowbench.report.document.parts import SliceRow, SliceTable
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.words import remarks


def slices(document: Document) -> Chapter:
    """A table for each candidate, measure and property of the traffic."""
    blocks = tuple(
        _of(candidate, table) for candidate in cells.in_order(document.candidates) for table in candidate.slices
    )
    return Chapter(title="Slices", blocks=blocks)


def _of(candidate: Candidate, table: SliceTable) -> Table:
    columns = (
        Column(title=table.by),
        Column(title="share", numbers=True),
        Column(title="difference", numbers=True),
        Column(title="p", numbers=True, spare=True),
        Column(title="n", numbers=True),
        Column(title="clusters", numbers=True, spare=True),
        Column(title=""),
    )
    whole = cells.of_measure(candidate, table.measure)
    rows = tuple(_row(row, table, "" if whole is None else whole.subject.unit) for row in table.rows)
    title = f"{cells.title(candidate)}: {words.measure_title(table.measure)} by {table.by}"
    told = notes(remarks.slices(table), Tone.BAD if table.reversed else Tone.FAINT)
    return Table(title=title, columns=columns, rows=rows, notes=told)


def _row(found: SliceRow, table: SliceTable, unit: str) -> Row:
    told = (
        found.value,
        words.share(found.share),
        cells.scaled(found.effect, table.scale, unit),
        cells.p(found.p_adjusted),
        f"{found.n:,}",
        f"{found.clusters:,}",
        "against the whole" if found.against_the_whole else "",
    )
    return Row(told, tone=Tone.BAD if found.against_the_whole else None)
