"""Which words two answers do not share, for showing them side by side.

Words are compared without the space around them. The longest common subsequence is rapidfuzz's, which takes milliseconds for
thousands of words; difflib takes seconds. Long texts are cut first: nobody reads a difference of fifty pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

MOST_CHARACTERS = 6_000  # of a text that is shown
_LEAST_SHARED = 0.15  # of the words: where less is shared, marks would cover all of both texts
_LONELY = 2  # so few words between two changes are a part of the change: scattered marks are harder to read than one

# A word with the space after it; of scripts without spaces a character; or one mark.
_WORD = re.compile(
    r"(?:[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+|[^\w\s])\s*|\s+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of words. `changed`: the other side does not have it here."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Two texts in pieces, with the numbers of characters that were cut off. `unlike`: they share so little that nothing is
    marked."""

    production: tuple[Piece, ...]
    candidate: tuple[Piece, ...]
    production_cut: int = 0
    candidate_cut: int = 0
    unlike: bool = False


@dataclass(frozen=True, slots=True)
class _Span:
    """Words [begin, end) of both sides, that are the same or not."""

    same: bool
    production: tuple[int, int]
    candidate: tuple[int, int]

    def joined(self, later: _Span) -> _Span:
        return _Span(
            False, (self.production[0], later.production[1]), (self.candidate[0], later.candidate[1])
        )  # fmt: skip


def compare(production: str, candidate: str, *, most: int = MOST_CHARACTERS) -> Sides:
    """Both texts, up to `most` characters of each, in pieces that the other side has or has not. The pieces of a side, joined,
    are its text."""
    ours, theirs = _words(production[:most]), _words(candidate[:most])
    spans = _tidied(list(_spans(ours, theirs)))
    unlike = _shared(spans) < _LEAST_SHARED * (len(ours) + len(theirs)) / 2
    return Sides(
        production=tuple(_pieces(ours, [(unlike or span.same, span.production) for span in spans])),
        candidate=tuple(_pieces(theirs, [(unlike or span.same, span.candidate) for span in spans])),
        unlike=unlike,
        production_cut=max(0, len(production) - most),
        candidate_cut=max(0, len(candidate) - most),
    )


def plain(text: str, *, most: int = MOST_CHARACTERS) -> tuple[str, int]:
    """A text that is compared with nothing, and how many characters were cut off."""
    return text[:most], max(0, len(text) - most)


def _shared(spans: Sequence[_Span]) -> int:
    """How many words stand on both sides."""
    return sum(span.production[1] - span.production[0] for span in spans if span.same)


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _spans(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[_Span]:
    for step in LCSseq.opcodes(*_numbered(ours, theirs)):
        yield _Span(step.tag == "equal", (step.src_start, step.src_end), (step.dest_start, step.dest_end))


def _numbered(*sides: Sequence[str]) -> list[list[int]]:
    """Words as numbers: hashes of strings differ between processes, and these must not."""
    numbers: dict[str, int] = {}
    return [[numbers.setdefault(word.rstrip(), len(numbers)) for word in side] for side in sides]


def _tidied(spans: Sequence[_Span]) -> list[_Span]:
    """Neighbouring changes are one, and so are changes around fewer words than they are worth."""
    tidy: list[_Span] = []
    for position, span in enumerate(spans):
        between = 0 < position < len(spans) - 1
        changed = not span.same or (between and span.production[1] - span.production[0] <= _LONELY)
        span = span if span.same and not changed else _Span(False, span.production, span.candidate)
        if tidy and changed and not tidy[-1].same:
            span = tidy.pop().joined(span)
        tidy.append(span)
    return tidy


def _pieces(words: Sequence[str], runs: Sequence[tuple[bool, tuple[int, int]]]) -> Iterator[Piece]:
    for same, (begin, end) in runs:
        if begin < end:
            yield Piece(text="".join(words[begin:end]), changed=not same)
