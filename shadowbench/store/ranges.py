"""Which numbers are done: ranges of whole numbers, both ends included, in order, that neither overlap nor touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce

Range = tuple[int, int]
Ranges = tuple[Range, ...]


def union(ranges: Iterable[Range]) -> Ranges:
    """What is in any of these, which may overlap and be in any order."""
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def common(several: Iterable[Ranges]) -> Ranges:
    """What is in all of these; nothing of none."""
    distinct = set(several)
    return reduce(_both, distinct) if distinct else ()


def _both(some: Ranges, others: Ranges) -> Ranges:
    overlaps = ((max(a, c), min(b, d)) for a, b in some for c, d in others)
    return tuple((first, last) for first, last in overlaps if first <= last)


def gaps(taken: Ranges) -> Iterator[tuple[int, int | None]]:
    """The stretches from 1 on that are not taken, in order. The last of them is open: it ends with None."""
    first = 1
    for start, last in taken:
        if first < start:
            yield first, start - 1
        first = last + 1
    yield first, None


def done_with_mark(mark: int, ahead: Iterable[Range]) -> Ranges:
    """Everything up to `mark`, and what is done ahead of it."""
    return union([(1, mark), *ahead] if mark else ahead)


def mark_of(done: Ranges) -> tuple[int, Ranges]:
    """The inverse of `done_with_mark`: up to where everything is done, and what is done ahead of that."""
    if done and done[0][0] <= 1:
        return done[0][1], done[1:]
    return 0, done
