"""What requests cost on both sides, and what all of the traffic would."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.chapters import cells
from shadowbench.report.chapters.nouns import Chapter, Column, Row, Table, notes, under
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.times import Costs
from shadowbench.report.words import remarks
from shadowbench.stats.estimates import Estimate

_COLUMNS = (
    Column(title=""),
    Column(title="production", numbers=True),
    Column(title="candidate", numbers=True),
    Column(title="difference", numbers=True),
    Column(title="n", numbers=True),
)


def money(document: Document) -> Chapter:
    """A table for each candidate whose costs were looked at."""
    blocks = tuple(
        _of(candidate, candidate.costs)
        for candidate in cells.in_order(document.candidates)
        if candidate.costs is not None
    )
    return Chapter(title="Cost", blocks=under(remarks.for_a_look(document.policy), blocks))


def _of(candidate: Candidate, found: Costs) -> Table:
    rows = tuple(_rows(found))
    return Table(title=cells.title(candidate), columns=_COLUMNS, rows=rows, notes=notes(remarks.costs(found)))


def _rows(found: Costs) -> Iterator[Row]:
    n = f"{found.n:,}"
    yield Row(("a request", _usd(found.production_usd), _usd(found.candidate_usd), _usd(found.difference_usd, True), n))
    if found.production_per_correct is not None or found.candidate_per_correct is not None:
        yield Row(("a right answer", _usd(found.production_per_correct), _usd(found.candidate_per_correct), "", n))
    yield Row(("ratio of totals", "", "", cells.scaled(found.ratio, Scale.RATIO), n))
    if found.production_total is not None or found.candidate_total is not None:
        label = f"all traffic of {words.duration(found.period_s)}, extrapolated"
        saved = "" if found.saving_total is None else f"saves {_usd(found.saving_total)}"
        yield Row((label, _usd(found.production_total), _usd(found.candidate_total), saved, n))
    if found.saving_month is not None:
        yield Row(("a month of such traffic, extrapolated", "", "", f"saves {_usd(found.saving_month)}", n))


def _usd(found: Estimate | None, signed: bool = False) -> str:
    return words.ABSENT if found is None else cells.value(found, "USD", signed=signed)
