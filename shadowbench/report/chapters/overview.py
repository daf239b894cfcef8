"""Period, models, pairs, spend: what the report is of."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.chapters import cells
from shadowbench.report.chapters.nouns import Chapter, Column, Row, Table, notes
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.words import remarks

_COLUMNS = (
    Column(title="candidate"),
    Column(title="asked for"),
    Column(title="answered as", spare=True),
    Column(title="sent", numbers=True),
    Column(title="both answered", numbers=True),
    Column(title="clusters", numbers=True),
)


def overview(document: Document) -> Chapter:
    """The executive summary."""
    facts = Table(columns=(Column(), Column()), rows=tuple(Row(fact) for fact in _facts(document)))
    rows = tuple(_row(candidate) for candidate in cells.in_order(document.candidates))
    return Chapter(title="Summary", blocks=(facts, Table(columns=_COLUMNS, rows=rows, notes=notes(_again(document)))))


def _facts(document: Document) -> Iterator[tuple[str, str]]:
    source, totals, policy = document.source, document.totals, document.policy
    yield "period", remarks.period(source)
    if asked := remarks.asked_for(source):
        yield "of it", asked
    yield "logs", ", ".join(source.logs) or words.ABSENT
    yield "production", ", ".join(document.production_models) or words.ABSENT
    exchanges = words.count(totals.exchanges, "exchange")
    yield "pairs", f"{words.count(totals.pairs, 'pair')} of {exchanges}, {words.count(totals.clusters, 'cluster')}"
    yield "spent, production", remarks.spend(totals.production)
    yield "spent, candidates", remarks.spend(totals.candidates)
    yield "spent, judges", remarks.spend(totals.judges)
    yield "declared", policy.name or "nothing by name"
    yield "intervals", remarks.looks(policy)


def _row(candidate: Candidate) -> Row:
    counts = candidate.counts
    models = (", ".join(given) or words.ABSENT for given in (candidate.requested_models, candidate.reported_models))
    return Row((cells.title(candidate), *models, f"{counts.sent:,}", f"{counts.answered:,}", f"{counts.clusters:,}"))


def _again(document: Document) -> Iterator[str]:
    names = ", ".join(candidate.name for candidate in document.candidates if candidate.again)
    if names:
        yield f"{names}: {remarks.A_A_LANE}"
