"""Words as numbers: each different word of a column gets a code, while the log is read.

SQLite hands over the code and not the word: making a Python string for every cell takes most of the time. A word that the
statement names itself, by CASE, costs some comparisons in C; any other is asked for by a function that learns it. What is met
first is named from then on, so that almost every cell of the few words that a log has takes the short way.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from itertools import count

ABSENT = -1
"""The code of no word."""

OTHERS = "(others)"
"""What words beyond a column's room are called: whoever sends a million names of models must not break a report."""

_NAMED = 12
"""So many words are compared one after the other before the function is asked: 15 ns each."""

_FEW = 64
"""Keys beyond so many are not named at all: hardly one would be among the first."""


class Words(dict[str, int]):
    """Code + 1 by word (0 is for none), learned by asking: `words[word]` for a new word gives the next number."""

    def __init__(self, room: int) -> None:
        """`room`: how many codes there are, that of OTHERS among them."""
        super().__init__()
        self._room = room

    def __missing__(self, word: str) -> int:
        if len(self) < self._room - 1 or word == OTHERS:
            self[word] = len(self) + 1
            return len(self)
        return self[OTHERS]


class Coder:
    """The words of one column on one connection: SQL for their codes, and what it binds."""

    def __init__(self, name: str, room: int | None = None) -> None:
        """`room`: how many codes there are. None: as many as words."""
        self.name = name
        # The second takes a third of the time to learn a word: no Python runs.
        self.words: dict[str, int] = Words(room) if room else defaultdict(count(1).__next__)
        self._room = room

    @property
    def texts(self) -> Sequence[str]:
        """The words by their codes."""
        return tuple(self.words)

    def teach(self, connection: sqlite3.Connection) -> None:
        """Let the connection ask for codes."""
        connection.create_function(f"code_of_{self.name}", 1, self.words.__getitem__)

    def expression(self, column: str, unit: int = 1) -> str:
        """SQL: 0 where the column is NULL, else its word's code + 1, times the unit."""
        known = "".join(f" WHEN :{self.name}_{place} THEN {(place + 1) * unit}" for place in range(self._count()))
        ask = f"code_of_{self.name}({column})" + (f" * {unit}" if unit > 1 else "")
        return f"CASE WHEN {column} IS NULL THEN 0 ELSE {f'CASE {column}{known} ELSE {ask} END' if known else ask} END"

    def bound(self) -> dict[str, str]:
        """What `expression` refers to."""
        return {f"{self.name}_{place}": word for place, word in zip(range(self._count()), self.words, strict=False)}

    def _count(self) -> int:
        """How many words the statement names."""
        return 0 if self._room is None and len(self.words) > _FEW else min(_NAMED, len(self.words))
