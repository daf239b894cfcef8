"""What a kind of secret or personal data is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

Place = tuple[int, int]
"""Start and end in a text."""


def whole(match: re.Match[str]) -> Place | None:
    """All that a rule's pattern matched."""
    return match.span()


class Rule(Protocol):
    """How one form of a kind is found. In time linear in the text, whatever that holds."""

    def places(self, text: str, start: int, end: int) -> Iterator[Place]:
        """Where it stands between `start` and `end`; what stands before `start` may be looked at."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rule that is one pattern. `place` may refuse a match, or narrow it.

    Linear, because every pattern begins with a literal or is kept by a lookbehind from starting within a run it has just
    failed on, and its repetitions are possessive, bounded, or last. Quick, because what it begins with is looked at before
    what stands left of it: Python's engine skips to the characters that a pattern can begin with.
    """

    pattern: re.Pattern[str]
    place: Callable[[re.Match[str]], Place | None] = whole

    def places(self, text: str, start: int, end: int) -> Iterator[Place]:
        """See `Rule`."""
        for match in self.pattern.finditer(text, start, end):
            if place := self.place(match):
                yield place


@dataclass(frozen=True, slots=True)
class Numbered:
    """As `Pattern`, of numbers in groups, where a match may begin with groups of another number, as with a year before a card.
    So each match is looked into for another one, which may overlap with it.

    Linear, because matches are bounded in length.
    """

    pattern: re.Pattern[str]
    place: Callable[[re.Match[str]], Place | None]

    def places(self, text: str, start: int, end: int) -> Iterator[Place]:
        """See `Rule`."""
        match = self.pattern.search(text, start, end)
        while match:
            if place := self.place(match):
                yield place
            match = self.pattern.search(text, match.start() + 1, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind. `name` stands in placeholders and labels.

    `cue` is a pattern in RE2's syntax over bytes that matches wherever a rule may, in plain text and in JSON's escaped form of
    it; it may match elsewhere too. `floor` is one that no stored text may match in the end.
    """

    name: str
    cue: str
    rules: tuple[Rule, ...]
    floor: str | None = None
