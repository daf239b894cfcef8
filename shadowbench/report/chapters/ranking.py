"""Candidates in the order in which judges prefer them, and what goes together with what."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.chapters import cells
from shadowbench.report.chapters.nouns import Chapter, Column, Row, Table, notes, under
from shadowbench.report.document.parts import Correlation, Place, Ranking
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.words import remarks

_COLUMNS = (Column(title=""), Column(title="strength", numbers=True), Column(title="n", numbers=True))
_CORRELATIONS = (
    Column(title="candidate"),
    Column(title="measure"),
    Column(title="with"),
    Column(title="rank correlation", numbers=True),
    Column(title="n", numbers=True),
)


def ranking(document: Document) -> Chapter:
    """A table for each judge that compares, and one of correlations."""
    blocks = (*(_table(found) for found in document.rankings), *_correlations(document))
    about = remarks.for_a_look(document.policy)
    return Chapter(title="Ranking and correlations", blocks=under(about, blocks), detail=True)


def _table(found: Ranking) -> Table:
    rows = tuple(_place(place) for place in found.places)
    title = f"by {words.measure_title(found.measure)}"
    return Table(title=title, columns=_COLUMNS, rows=rows, notes=notes(remarks.ranking(found)))


def _place(found: Place) -> Row:
    name = f"{found.name} (A/A)" if found.again else found.name
    return Row((name, cells.value(found.strength, signed=True), f"{found.strength.n:,}"))


def _correlations(document: Document) -> Iterator[Table]:
    rows = tuple(
        _correlation(candidate, each)
        for candidate in cells.in_order(document.candidates)
        for each in candidate.correlations
    )
    if rows:
        yield Table(title="differences that go together", columns=_CORRELATIONS, rows=rows)


def _correlation(candidate: Candidate, found: Correlation) -> Row:
    names = (words.measure_title(found.measure), words.measure_title(found.of))
    return Row((cells.title(candidate), *names, cells.value(found.rho, signed=True), f"{found.rho.n:,}"))
