"""Findings, warnings and recommendations: their sentences."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.chapters.nouns import Chapter, Line, Tone
from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Recommendation


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
    return Chapter(
        title="Recommendations", blocks=tuple(line for each in document.recommendations for line in _lines(each))
    )


def _lines(found: Recommendation) -> Iterator[Line]:
    because = " ".join(words.sentence(note) for note in found.because)
    yield Line(text=f"{words.goal(found.goal)}: {found.choose}. {because}".rstrip(), item=True)
    if found.would_change:
        changes = " ".join(words.sentence(note) for note in found.would_change)
        yield Line(text=f"What would change that: {changes}", tone=Tone.FAINT, depth=1)
