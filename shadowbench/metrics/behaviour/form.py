"""How long an answer is, and how far the candidate's looks have moved from production's."""

from __future__ import annotations

import re

from shadowbench.metrics.base import Detailed, Need, Value, metric
from shadowbench.metrics.view import PairView, Side
from shadowbench.scores import Direction, Shape

# As Markdown has them (CommonMark 0.31, and GitHub's tables), each counted by the beginnings of lines but for emphasis.
_MARKS = {
    "headings": re.compile(r"^ {0,3}#{1,6}[ \t]", re.MULTILINE),
    "bullets": re.compile(r"^[ \t]*(?:[-*+•]|[0-9]{1,9}[.)])[ \t]", re.MULTILINE),
    "fences": re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE),
    "table_rows": re.compile(r"^[ \t]*\|", re.MULTILINE),
    "bold": re.compile(r"\*\*\S"),
}


@metric(
    version="1", shape=Shape.SIDES, direction=Direction.NEITHER, low=0, high=None, unit="characters", needs=(Need.TEXT,)
)
def length(side: Side) -> Value:
    """How many characters (Unicode code points) the answer's text has, without the white space around it."""
    return len((side.text or "").strip())


@metric(version="1", shape=Shape.SIDES, direction=Direction.NEITHER, low=0, high=None, unit="words", needs=(Need.TEXT,))
def length_words(side: Side) -> Value:
    """How many words the answer's text has, split at white space: in Chinese, Japanese and Thai that says little."""
    return len(side.words)


@metric(version="1", shape=Shape.PAIR, direction=Direction.LOWER, low=0, high=1, needs=(Need.TEXT,))
def format_drift(pair: PairView) -> Value:
    """How different both answers look: length, headings, bullets, fences, table rows, bold.

    The mean of |a - b| / (a + b) over the length and those marks that either has; 0 is alike. The detail has each: the ratio of
    lengths (candidate's by production's), and of the marks production's and candidate's numbers.
    """
    production, candidate = (side.text or "" for side in (pair.production, pair.candidate))
    counts = {name: (_count(mark, production), _count(mark, candidate)) for name, mark in _MARKS.items()}
    there = {name: both for name, both in counts.items() if any(both)}
    lengths = len(production.strip()), len(candidate.strip())
    drifts = [abs(one - other) / (one + other) for one, other in (lengths, *there.values())]
    told = {"length_ratio": round(lengths[1] / lengths[0], 4)} | {name: list(both) for name, both in there.items()}
    return Detailed(sum(drifts) / len(drifts), told)


def _count(mark: re.Pattern[str], text: str) -> int:
    return sum(1 for _ in mark.finditer(text))
