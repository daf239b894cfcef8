"""What was put in while redacting: counts, never values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

TOKEN_LISTS = "logprobs"


class Tally:
    """Counts placeholders that were put in."""

    __slots__ = ("placeholders", "token_lists")

    def __init__(self) -> None:
        self.placeholders: Counter[str] = Counter()
        self.token_lists = 0  # lists of tokens that were taken out as a whole

    def add(self, placeholders: Iterable[str]) -> None:
        """These were put in."""
        self.placeholders.update(placeholders)

    def include(self, other: Tally) -> None:
        """Those of `other` too."""
        self.placeholders.update(other.placeholders)
        self.token_lists += other.token_lists

    def __bool__(self) -> bool:
        return bool(self.placeholders or self.token_lists)

    def by_kind(self) -> dict[str, int]:
        """How many of each kind."""
        counts: Counter[str] = Counter()
        for mark, count in self.placeholders.items():
            counts[kind_of(mark)] += count
        if self.token_lists:
            counts[TOKEN_LISTS] += self.token_lists
        return dict(sorted(counts.items()))


def kind_of(placeholder: str) -> str:
    """The kind that a placeholder is of."""
    return placeholder[1:].partition(":")[0]
