"""Answers that are caught in a loop.

A loop is a block of any length (one character, a word, a paragraph) that stands at least three times in a row. The value is
the share of the text that loops cover. What is merely said often, as in lists, tables and code, is no loop: other words stand
between; nor are blocks of signs alone, unless they go on and on: tables have rules, and forms have dots.

How loops are found, without trying every period at every place: in a loop of period p, runs of characters come again after p.
So the distances at which runs come again are counted, and those that are common enough for a loop are looked into exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from shadowbench.metrics.base import Detailed, Need, Value, metric
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_Codes: TypeAlias = "NDArray[np.uint8] | NDArray[np.uint32]"  # a text's characters as numbers

LOOKED_AT = 100_000
"""Characters, from the end: a model that is caught does not get out."""

_TIMES = 3
_LEAST_OF_SIGNS = 200  # characters from which a block without letters and digits is a loop
_RUN = 8  # characters; a power of two
_CANDIDATES = 8  # periods that are looked into
_LONG_WORD = 24  # characters: three runs
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
    text = (side.text or "").strip()[-LOOKED_AT:]
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
    if text.isascii():
        codes: _Codes = np.frombuffer(text.encode(), dtype=np.uint8)
    else:
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


def _periods(codes: _Codes) -> list[int]:
    """Distances at which runs come again as often as they would in a loop, the commonest first."""
    import numpy as np

    places = _places(codes)
    # One sort brings equal runs together, each in the order of the text: the place is the lower part of the number.
    numbers = _runs(codes, places) & np.uint64(2**64 - 2**_PLACE_BITS)
    numbers |= places.astype(np.uint64)
    numbers.sort()
    apart = numbers[1:] - numbers[:-1]
    distances = apart[apart <= np.uint64(len(codes) // _TIMES)].astype(np.int64)
    if not len(distances):
        return []
    counts = np.bincount(distances)
    # In a loop that stands three times, of the runs of its last two blocks at least half come again after one period.
    apart_at_most = 1 if len(places) > len(codes) - _RUN else _LONG_WORD
    common = np.flatnonzero((counts > 0) & (counts * apart_at_most >= np.arange(len(counts)))).tolist()
    return sorted(common, key=lambda period: -int(counts[period]))[:_CANDIDATES]


def _places(codes: _Codes) -> NDArray[np.int64]:
    """Where runs are looked at: before each word; everywhere where a word is so long that it may be a loop."""
    import numpy as np

    last = len(codes) - _RUN
    blanks = np.flatnonzero(codes[: last + 1] <= ord(" "))  # line feeds are below
    if len(blanks) < 2 or int(blanks[0]) >= _LONG_WORD or last - int(blanks[-1]) >= _LONG_WORD - _RUN:
        return np.arange(last + 1)
    return blanks if int((blanks[1:] - blanks[:-1]).max()) < _LONG_WORD else np.arange(last + 1)


def _runs(codes: _Codes, places: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A number for the run of `_RUN` characters at each place, equal for equal ones. Mixed: the upper bits depend on all."""
    import numpy as np

    if codes.dtype == np.uint8:  # eight of them are a number already
        runs = np.ndarray((len(codes) - _RUN + 1,), dtype=np.uint64, buffer=codes.data, strides=(1,))
        return runs[places] * np.uint64(_FACTOR)
    runs, size, factor = codes.astype(np.uint64), 1, _FACTOR
    while size < _RUN:
        runs = runs[:-size] * np.uint64(factor) + runs[size:]
        size, factor = size * 2, factor * factor % 2**64
    return runs[places]


def _loops_of(codes: _Codes, period: int) -> Iterator[Loop]:
    """Where the text repeats itself with this period, three times at least."""
    same = (codes[period:] == codes[:-period]).tobytes()
    least = b"\1" * max((_TIMES - 1) * period, _RUN)
    start = same.find(least)
    while start >= 0:
        end = same.find(b"\0", start + len(least))
        end = len(same) if end < 0 else end
        yield Loop(start, end + period, period)
        start = same.find(least, end)
