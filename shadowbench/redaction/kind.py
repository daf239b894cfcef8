"""What a kind of secret or personal data is made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Place = tuple[int, int]
"""Start and end in a text."""


def whole(match: re.Match[str]) -> Place | None:
    """All that a rule's pattern matched."""
    return match.span()


@dataclass(frozen=True, slots=True)
class Rule:
    """Where one form of a kind stands. `place` may refuse a match, or narrow it.

    Every pattern is linear in its text, whatever that holds: it begins with a literal or is kept by a lookbehind from starting
    within a run it has just failed on, and its repetitions are possessive, bounded, or last.
    """

    pattern: re.Pattern[str]
    place: Callable[[re.Match[str]], Place | None] = whole


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
