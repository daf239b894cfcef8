"""Which pairs to look at first. Texts are not told here: they may be private, and terminals and pull requests are not."""

from __future__ import annotations

from shadowbench.report import words
from shadowbench.report.chapters import cells
from shadowbench.report.chapters.nouns import Chapter, Column, Row, Table, notes
from shadowbench.report.document.root import Document
from shadowbench.report.words import remarks

_COLUMNS = (
    Column(title="candidate"),
    Column(title="why"),
    Column(title="measure"),
    Column(title="value", numbers=True),
    Column(title="exchange", numbers=True),
    Column(title="log", spare=True),
    Column(title="outcomes", spare=True),
)


def pairs(document: Document) -> Chapter:
    """By their numbers."""
    rows = tuple(
        Row(
            (
                candidate.name,
                each.why.replace("_", " "),
                words.measure_title(each.measure),
                words.number(each.value, signed=True),
                str(each.exchange),
                each.log,
                f"{each.outcome_production}, {each.outcome_candidate}".replace("_", " "),
            )
        )
        for candidate in cells.in_order(document.candidates)
        for each in candidate.examples
    )
    texts = remarks.HIDDEN if document.redacted else remarks.TEXTS_ELSEWHERE
    blocks = (Table(columns=_COLUMNS, rows=rows, notes=notes([texts])),) if rows else ()
    return Chapter(title="Pairs to look at", blocks=blocks, detail=True)
