"""One text that came in pieces: an edit of the whole, done to the pieces."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from shadowbench.redaction.finder import Edit


def edit_pieces(pieces: Sequence[str], edits: Sequence[Edit]) -> list[str]:
    """The pieces after `edits` of their sum. New text goes where the old began; what the old held of later pieces goes."""
    result = list(pieces)
    starts = [0, *accumulate(map(len, pieces))][:-1]
    for edit in reversed(edits):
        first = bisect_right(starts, edit.start) - 1
        last = first
        while last + 1 < len(starts) and starts[last + 1] < edit.end:
            last += 1
        rest = result[last][edit.end - starts[last] :]
        before = result[first][: edit.start - starts[first]]
        if first == last:
            result[first] = before + edit.text + rest
        else:
            result[first] = before + edit.text
            result[first + 1 : last] = [""] * (last - first - 1)
            result[last] = rest
    return result
