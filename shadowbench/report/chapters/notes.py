"""Findings, warnings and recommendations: their sentences."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.chapters.nouns import Chapter, Column, Line, Row, Table, Tone
from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Recommendation, Standpoint
from shadowbench.report.words import remarks


def findings(document: Document) -> Chapter:
    """What passed its own rule."""
    lines = tuple(Line(text=words.sentence(note), item=True) for note in document.findings)
    return Chapter(title="Key findings", blocks=lines)


def warnings(document: Document) -> Chapter:
    """What one must know before one believes the rest."""
    lines = tuple(Line(text=words.sentence(note), item=True, tone=Tone.OPEN) for note in document.warnings)
    return Chapter(title="Warnings", blocks=lines)


def recommendations(document: Document) -> Chapter:
    """Whom to take, by what matters most, and what would change that."""
    found = document.recommendations
    lines = tuple(line for each, after in zip(found, (*found, None)[1:], strict=True) for line in _lines(each, after))
    return Chapter(title="Recommendations", blocks=(*lines, *_front(document)))


def _front(document: Document) -> Iterator[Table]:
    """Where everybody stands."""
    if len(document.standpoints) > 1:
        quality = next((found.quality_of for found in document.standpoints if found.quality_of), None)
        columns = (
            Column(title=""),
            Column(title="quality" if quality is None else words.measure_title(quality), numbers=True),
            Column(title="latency", numbers=True),
            Column(title="cost of a request", numbers=True),
            Column(title="Pareto front"),
        )
        yield Table(columns=columns, rows=tuple(_stand(found) for found in document.standpoints))


def _stand(found: Standpoint) -> Row:
    numbers = (words.number(found.quality), words.number(found.latency_s, "s"), words.number(found.cost_usd, "USD"))
    return Row((found.name, *numbers, remarks.place(found)))


def _lines(found: Recommendation, after: Recommendation | None) -> Iterator[Line]:
    """What would change several in a row is told once, after the last of them."""
    because = " ".join(words.sentence(note) for note in found.because)
    yield Line(text=f"{words.goal(found.goal)}: {found.choose}. {because}".rstrip(), item=True)
    if found.would_change and (after is None or after.would_change != found.would_change):
        changes = " ".join(words.sentence(note) for note in found.would_change)
        yield Line(text=f"What would change that: {changes}", tone=Tone.FAINT, depth=1)
