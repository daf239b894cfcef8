"""What clients and production need not wait for: exchanges tell the mirror a moment after their writes, many at a time.

Else an exchange would be copied between its write to production and the reading of the answer, and a client that asks again at
once would wait for the copy of its last answer. Told together, all that a millisecond brings is also one write to the mirror:
each costs a system call and wakes the other process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

WAIT_S: Final = 0.001
# Telling takes some five microseconds each: more in one turn of the loop would be a delay that streams notice.
MOST_WAITING: Final = 32


class Teller(Protocol):
    """Who has something to tell."""

    def tell(self) -> None:
        """Tell it. Raises nothing. From now on it may be added again."""


class Afterwards:
    """One per worker. `flush` is called behind all that was told."""

    __slots__ = ("_flush", "_is_awaited", "_waiting")

    def __init__(self, flush: Callable[[], None]) -> None:
        self._flush = flush
        self._waiting: list[Teller] = []
        self._is_awaited = False

    def add(self, teller: Teller) -> None:
        """Let it tell soon; once, however often it would like to."""
        self._waiting.append(teller)
        if not self._is_awaited:
            self._is_awaited = True
            asyncio.get_running_loop().call_later(WAIT_S, self._due)
        if len(self._waiting) >= MOST_WAITING:
            self.now()

    def now(self) -> None:
        """Let all tell that wait."""
        waiting, self._waiting = self._waiting, []
        for teller in waiting:
            teller.tell()
        try:
            self._flush()
        except Exception as error:  # noqa: BLE001  whatever it is, it is not the client's whose turn this is
            context = {"message": "handoff: write", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    def _due(self) -> None:
        self._is_awaited = False
        self.now()
