"""What became of all requests, and of every candidate's pairs: nobody should take the pairs for all that came."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.chapters import cells
from shadowbench.report.chapters.nouns import Chapter, Column, Line, Row, Table
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.words import remarks

_PAIRS = (
    Column(title="candidate"),
    Column(title="pairs", numbers=True),
    Column(title="sent", numbers=True),
    Column(title="production ok", numbers=True),
    Column(title="candidate ok", numbers=True),
    Column(title="as telling as", numbers=True, spare=True),
    Column(title="not sent"),
)
_FAULTS = (
    Column(title="failures"),
    Column(title="production", numbers=True),
    Column(title="candidate", numbers=True),
    Column(title="of sent", numbers=True),
)


def funnel(document: Document) -> Chapter:
    """Traffic, pairs, failures."""
    traffic = () if document.traffic is None else tuple(remarks.traffic(document.traffic))
    pairs = Table(columns=_PAIRS, rows=tuple(_row(candidate) for candidate in cells.in_order(document.candidates)))
    faults = tuple(table for candidate in cells.in_order(document.candidates) for table in _faults(candidate))
    return Chapter(title="Traffic and failures", blocks=(*(Line(text=text) for text in traffic), pairs, *faults))


def _row(candidate: Candidate) -> Row:
    found = candidate.counts
    numbers = (found.pairs, found.sent, found.production_ok, found.candidate_ok)
    effective = words.number(found.effective_n)
    return Row((cells.title(candidate), *(f"{number:,}" for number in numbers), effective, remarks.not_sent(found)))


def _faults(candidate: Candidate) -> Iterator[Table]:
    if candidate.faults:
        rows = tuple(
            Row(
                (
                    _name(each.outcome, each.reason),
                    f"{each.production:,}",
                    f"{each.candidate:,}",
                    f"{candidate.counts.sent:,}",
                )
            )
            for each in candidate.faults
        )
        yield Table(title=cells.title(candidate), columns=_FAULTS, rows=rows)


def _name(outcome: str, reason: str | None) -> str:
    told = outcome if not reason else reason if reason.startswith(outcome) else f"{outcome}: {reason}"
    return told.replace("_", " ")
