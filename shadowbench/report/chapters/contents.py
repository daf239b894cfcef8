"""All chapters in the order they are read in: the answer first."""

from __future__ import annotations

from dataclasses import replace

from shadowbench.report.chapters.course import course, trend
from shadowbench.report.chapters.funnel import funnel
from shadowbench.report.chapters.judging import judging
from shadowbench.report.chapters.matrix import matrix, missing
from shadowbench.report.chapters.methods import methods
from shadowbench.report.chapters.money import money
from shadowbench.report.chapters.notes import findings, recommendations, warnings
from shadowbench.report.chapters.nouns import Chapter, Line, Tone
from shadowbench.report.chapters.overview import overview
from shadowbench.report.chapters.pairs import pairs
from shadowbench.report.chapters.ranking import ranking
from shadowbench.report.chapters.slicing import slices
from shadowbench.report.chapters.times import times
from shadowbench.report.chapters.verdicts import verdicts
from shadowbench.report.document.root import Document

_MOST_ITEMS = 5  # of findings, and of warnings, in an opening
_HOW_TO_GET_IT = "--full shows everything here; -o report.html makes a page of it, with charts and pairs side by side."

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
    """What one reads first, where there is room for no more: the answer, and the first of what speaks for and against it."""
    chapters = (write(document) for write in (verdicts, overview, findings, warnings))
    return tuple(_cut(chapter) for chapter in chapters if chapter.blocks)


def in_brief(document: Document) -> tuple[Chapter, ...]:
    """The opening, and how to get what it leaves out."""
    shown = opening(document)
    titles = {chapter.title for chapter in shown}
    left = [chapter.title.lower() for chapter in contents(document) if chapter.title not in titles]
    told = f"Not shown here: {', '.join(left)}." if left else "All chapters:"
    return (*shown, Chapter(title="More", blocks=(Line(text=f"{told} {_HOW_TO_GET_IT}", tone=Tone.FAINT),)))


def contents(document: Document) -> tuple[Chapter, ...]:
    """Chapters that have something to say."""
    return tuple(chapter for write in _ALL if (chapter := write(document)).blocks)


def _cut(chapter: Chapter) -> Chapter:
    """A list with no more items than are read at once, and how many more there are."""
    items = [place for place, block in enumerate(chapter.blocks) if isinstance(block, Line) and block.item]
    is_list = len(items) == len(chapter.blocks)
    if not is_list or len(items) <= _MOST_ITEMS + 1:
        return chapter
    more = Line(text=f"… and {len(items) - _MOST_ITEMS} more.", item=True, tone=Tone.FAINT)
    return replace(chapter, blocks=(*chapter.blocks[:_MOST_ITEMS], more))
