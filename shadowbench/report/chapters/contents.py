"""All chapters in the order they are read in: the answer first."""

from __future__ import annotations

from shadowbench.report.chapters.course import course, trend
from shadowbench.report.chapters.funnel import funnel
from shadowbench.report.chapters.judging import judging
from shadowbench.report.chapters.matrix import matrix, missing
from shadowbench.report.chapters.methods import methods
from shadowbench.report.chapters.money import money
from shadowbench.report.chapters.notes import findings, recommendations, warnings
from shadowbench.report.chapters.nouns import Chapter
from shadowbench.report.chapters.overview import overview
from shadowbench.report.chapters.pairs import pairs
from shadowbench.report.chapters.ranking import ranking
from shadowbench.report.chapters.slicing import slices
from shadowbench.report.chapters.times import times
from shadowbench.report.chapters.verdicts import verdicts
from shadowbench.report.document.root import Document

_ALL = (
    verdicts,
    overview,
    findings,
    warnings,
    recommendations,
    matrix,
    times,
    money,
    slices,
    course,
    trend,
    judging,
    ranking,
    funnel,
    missing,
    pairs,
    methods,
)


def opening(document: Document) -> tuple[Chapter, ...]:
    """What one reads first, where there is room for no more."""
    return tuple(chapter for write in (verdicts, overview, findings, warnings) if (chapter := write(document)).blocks)


def contents(document: Document) -> tuple[Chapter, ...]:
    """Chapters that have something to say."""
    return tuple(chapter for write in _ALL if (chapter := write(document)).blocks)
