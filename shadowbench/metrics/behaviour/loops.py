"""Answers that are caught in a loop.

A loop is a block of any length (one character, a word, a paragraph) that stands at least three times in a row. The value is
the share of the text that loops cover. What is merely said often, as in lists, tables and code, is no loop: other words stand
between; nor are blocks of signs alone, unless they go on and on: tables have rules, and forms have dots.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shadowbench.metrics.base import Detailed, Need, Value, metric
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape

if TYPE_CHECKING:
    from shadowbench.metrics.behaviour.periods import Loop

_LEAST_OF_SIGNS = 200  # characters from which a block without letters and digits is a loop


@metric(version="1", shape=Shape.SIDES, direction=Direction.LOWER, low=0, high=1, needs=(Need.TEXT,))
def repetition(side: Side) -> Value:
    """Share of the answer that is a block of words or characters standing three times in a row or more."""
    from shadowbench.metrics.behaviour.periods import LONGEST, loops_in  # numpy, and only where this is measured

    # Of a very long one its end: a model that is caught does not get out.
    text = (side.text or "").strip()[-LONGEST:]
    loops = [loop for loop in loops_in(text) if _counts(text, loop)]
    if not loops:
        return 0.0
    longest = max(loops, key=lambda loop: loop.end - loop.start)
    times = (longest.end - longest.start) / longest.period
    return Detailed(_covered(loops) / len(text), {"period": longest.period, "times": round(times, 1)})


def _counts(text: str, loop: Loop) -> bool:
    if loop.end - loop.start >= _LEAST_OF_SIGNS:
        return True
    return any(map(str.isalnum, text[loop.start : loop.start + loop.period]))


def _covered(loops: Iterable[Loop]) -> int:
    covered = reached = 0
    for loop in sorted(loops):
        covered += max(loop.end - max(loop.start, reached), 0)
        reached = max(reached, loop.end)
    return covered
