"""Answers that are caught in a loop.

A loop is a block of any length (one character, a word, a paragraph) that stands at least three times in a row. The value is
the share of the text that loops cover. What is merely said often, as in lists, tables and code, is no loop: other words stand
between; nor are blocks of signs alone, unless they go on and on: tables have rules, and forms have dots.

How loops are found, without trying every period at every place: in a loop of period p, runs of characters come again after p.
So the distances at which runs come again are counted, and those that are common enough for a loop are looked into exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from shadowbench.metrics.base import Detailed, Need, Value, metric
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOOKED_AT = 100_000
"""Characters, from the end: a model that is caught does not get out."""

_TIMES = 3
_LEAST_OF_SIGNS = 200  # characters from which a block without letters and digits is a loop
_RUN = 8  # characters; a power of two
_CANDIDATES = 8  # periods that are looked into
_PLACE_BITS = 17  # of a place in the text: 2^17 > LOOKED_AT
_FACTOR = 0x9E3779B97F4A7C15  # odd, and mixes: 2^64 divided by the golden ratio


class Loop(NamedTuple):
    """Where a block stands again and again."""

    start: int
    end: int
    period: int


@metric(version="1", shape=Shape.SIDES, direction=Direction.LOWER, low=0, high=1, needs=(Need.TEXT,))
def repetition(side: Side) -> Value:
    """Share of the answer that is a block of words or characters standing three times in a row or more."""
    text = " ".join(side.words)[-LOOKED_AT:]
    loops = loops_in(text)
    if not loops:
        return 0.0
    longest = max(loops, key=lambda loop: loop.end - loop.start)
    times = (longest.end - longest.start) / longest.period
    return Detailed(_covered(loops) / len(text), {"period": longest.period, "times": round(times, 1)})


def loops_in(text: str) -> list[Loop]:
    """The loops of a text of up to `LOOKED_AT` characters; they may overlap."""
    import numpy as np

    if len(text) < _RUN + _TIMES:
        return []
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return [loop for period in _periods(codes) for loop in _loops_of(codes, period) if _counts(text, loop)]


def _counts(text: str, loop: Loop) -> bool:
    if loop.end - loop.start >= _LEAST_OF_SIGNS:
        return True
    return any(map(str.isalnum, text[loop.start : loop.start + loop.period]))


def _covered(loops: list[Loop]) -> int:
    covered = reached = 0
    for loop in sorted(loops):
        covered += max(loop.end - max(loop.start, reached), 0)
        reached = max(reached, loop.end)
    return covered


def _periods(codes: NDArray[np.uint32]) -> list[int]:
    """Distances at which runs come again as often as they would in a loop, the commonest first."""
    import numpy as np

    # One sort brings equal runs together, each in the order of the text: the place is the lower part of the number.
    runs = _runs(codes) << np.uint64(_PLACE_BITS)
    runs |= np.arange(len(runs), dtype=np.uint64)
    runs.sort()
    apart = runs[1:] - runs[:-1]
    distances = apart[apart < np.uint64(len(codes))].astype(np.int64)
    if not len(distances):
        return []
    counts = np.bincount(distances)
    # In a loop that stands three times, of the runs of its last two blocks most come again after one period.
    common = np.flatnonzero(counts >= np.maximum(np.arange(len(counts)) - _RUN, 1))
    return [int(each) for each in common[np.argsort(-counts[common], kind="stable")][:_CANDIDATES] if each]


def _runs(codes: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """A number for each run of `_RUN` characters, equal for equal ones. Modulo 2^64, of which the lower bits are kept."""
    import numpy as np

    runs, size, factor = codes.astype(np.uint64), 1, _FACTOR
    while size < _RUN:
        runs = runs[:-size] * np.uint64(factor) + runs[size:]
        size, factor = size * 2, factor * factor % 2**64
    return runs


def _loops_of(codes: NDArray[np.uint32], period: int) -> Iterator[Loop]:
    """Where the text repeats itself with this period, three times at least."""
    import numpy as np

    same = np.zeros(len(codes) - period + 2, dtype=np.int8)
    np.equal(codes[period:], codes[:-period], out=same[1:-1].view(bool))
    edges = np.flatnonzero(same[1:] != same[:-1])
    starts, ends = edges[::2], edges[1::2]
    for at in np.flatnonzero(ends - starts >= max((_TIMES - 1) * period, _RUN)):
        yield Loop(int(starts[at]), int(ends[at]) + period, period)
