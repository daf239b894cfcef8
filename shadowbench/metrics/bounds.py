"""How long a text may be for a metric: some take time that grows with its square, and a scorer must not stand still."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import groupby
from unicodedata import combining, normalize

from shadowbench.metrics.base import Absent, Value

MOST_CHARACTERS = 100_000
TOO_LONG = Absent("too_long")

# Longer runs of combining marks are in no real text (UAX #15, stream-safe format), and sorting them takes their square.
_MOST_MARKS = 30


def bounded(most: int = MOST_CHARACTERS) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Let a comparison of two texts be absent as `too_long` where one has more than `most` characters."""

    def limit(function: Callable[..., Value]) -> Callable[..., Value]:
        @functools.wraps(function)
        def within(text: str, target: str, **options: object) -> Value:
            return TOO_LONG if max(len(text), len(target)) > most else function(text, target, **options)

        return within

    return limit


def nfkc(text: str) -> str | None:
    """The text in normal form KC (UAX #15); None where that would take too long."""
    if text.isascii():
        return text
    longest = max(sum(1 for _ in run) if are_marks else 0 for are_marks, run in groupby(text, _is_mark))
    return None if longest > _MOST_MARKS else normalize("NFKC", text)


def _is_mark(character: str) -> bool:
    return combining(character) > 0
