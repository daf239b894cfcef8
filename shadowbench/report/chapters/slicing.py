"""Parts of the traffic, with a warning where they contradict the whole."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.chapters import cells
from shadowbench.report.chapters.nouns import Chapter, Column, Line, Row, Table, Tone, notes, under
from shadowbench.report.document.parts import SliceRow, SliceTable
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.words import remarks


def slices(document: Document) -> Chapter:
    """A table for each candidate, measure and property of the traffic whose values differ; of the others a line."""
    chosen = [candidate for candidate in document.candidates if not candidate.again]  # slices of noise are noise
    blocks = tuple(block for candidate in chosen for block in _blocks(candidate))
    return Chapter(title="Slices", blocks=under(remarks.for_a_look(document.policy), blocks))


def _blocks(candidate: Candidate) -> Iterator[Table | Line]:
    yield from (_of(candidate, table) for table in candidate.slices if remarks.is_noteworthy(table))
    quiet: dict[str, list[SliceTable]] = {}
    for table in candidate.slices:
        if not remarks.is_noteworthy(table):
            quiet.setdefault(table.by, []).append(table)
    for by, tables in quiet.items():
        yield Line(text=f"{cells.title(candidate)}, by {by}: {remarks.alike(tables)}.", tone=Tone.FAINT, item=True)


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
