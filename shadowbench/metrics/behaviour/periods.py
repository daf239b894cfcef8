"""Where a text repeats itself, in numpy.

Not every period is tried at every place. In a loop of period p, runs of characters come again after p: so the distances at
which runs come again are counted, and those that are common enough for a loop are looked into exactly. In texts whose words
are short it is enough to look at the runs that words begin with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

LONGEST = 100_000
"""Characters that a text may have."""

_Codes: TypeAlias = NDArray[np.uint8] | NDArray[np.uint32]  # a text's characters as numbers
_Numbers: TypeAlias = NDArray[np.uint64]

_TIMES = 3
_RUN = 8  # characters; a power of two
_LONG_WORD = 24  # characters: three runs
_CANDIDATES = 8  # periods that are looked into
_MIXING = 0x9E3779B97F4A7C15  # odd: 2^64 divided by the golden ratio
_FACTOR = np.uint64(_MIXING)
_PLACES = np.uint64(2**17 - 1)  # the bits of a place in the text: 2^17 > LONGEST
_LEAST = np.maximum(np.arange(LONGEST // _TIMES + 1), 1)


class Loop(NamedTuple):
    """Where a block stands again and again."""

    start: int
    end: int
    period: int


def loops_in(text: str) -> list[Loop]:
    """Where a block of `text` stands three times in a row or more. They may overlap."""
    if len(text) < _RUN + _TIMES:
        return []
    if text.isascii():
        codes: _Codes = np.frombuffer(text.encode(), dtype=np.uint8)
    else:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return [loop for period in _periods(codes) for loop in _loops_of(codes, period)]


def _periods(codes: _Codes) -> list[int]:
    """Distances at which runs come again as often as they would in a loop, the commonest first."""
    places = _places(codes)
    # One sort brings equal runs together, each in the order of the text: the place is the lower part of the number.
    numbers = _runs(codes, places) & ~_PLACES
    numbers |= places.astype(np.uint64)
    numbers.sort()
    apart = numbers[1:] - numbers[:-1]
    counts = np.bincount(apart[apart <= len(codes) // _TIMES].astype(np.int64))
    # In a loop that stands three times, of the runs of its last two blocks at least half come again after one period.
    furthest_apart = 1 if len(places) > len(codes) - _RUN else _LONG_WORD
    common: list[int] = (counts * furthest_apart >= _LEAST[: len(counts)]).nonzero()[0].tolist()
    return sorted(common, key=lambda period: -int(counts[period]))[:_CANDIDATES]


def _places(codes: _Codes) -> NDArray[np.int64]:
    """Where runs are looked at: before each word; everywhere where a word is so long that it may be a loop."""
    last = len(codes) - _RUN
    blanks = (codes[: last + 1] <= ord(" ")).nonzero()[0]  # line feeds are below
    if len(blanks) < 2 or int(blanks[0]) >= _LONG_WORD or last - int(blanks[-1]) >= _LONG_WORD - _RUN:
        return np.arange(last + 1)
    return blanks if int((blanks[1:] - blanks[:-1]).max()) < _LONG_WORD else np.arange(last + 1)


def _runs(codes: _Codes, places: NDArray[np.int64]) -> _Numbers:
    """A number for the run of `_RUN` characters at each place, equal for equal ones. Mixed: the upper bits depend on all."""
    if codes.dtype == np.uint8:  # eight of them are a number already
        eights: _Numbers = np.ndarray((len(codes) - _RUN + 1,), dtype=np.uint64, buffer=codes.data, strides=(1,))
        return eights[places] * _FACTOR
    runs, size, factor = codes.astype(np.uint64), 1, _MIXING
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
