"""Which pairs to look at first. Texts are not told here: they may be private, and terminals and pull requests are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.chapters.nouns import Chapter, Column, Row, Table, notes
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.words import remarks

_SHOWN = 5
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
    rows = tuple(row for candidate in document.candidates if not candidate.again for row in _rows(candidate))
    texts = remarks.HIDDEN if document.redacted else remarks.TEXTS_ELSEWHERE
    blocks = (Table(columns=_COLUMNS, rows=rows, notes=notes([texts])),) if rows else ()
    return Chapter(title="Pairs to look at", blocks=blocks, detail=True)


def _rows(candidate: Candidate) -> Iterator[Row]:
    """A few of each kind; all are in the other forms."""
    told: Counter[tuple[str, str]] = Counter()
    for each in candidate.examples:
        told[each.why, each.measure] += 1
        if told[each.why, each.measure] <= _SHOWN:
            outcomes = f"{each.outcome_production}, {each.outcome_candidate}".replace("_", " ")
            what = (each.why.replace("_", " "), words.measure_title(each.measure), words.number(each.value))
            yield Row((candidate.name, *what, str(each.exchange), each.log, outcomes))
