"""The log as calls see it: through somebody who gives it to one at a time, for it is not thread-safe; in a thread, perhaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from shadowbench.store.scoring import JudgeBook

T = TypeVar("T")


class Bookkeeper(Protocol):
    """Whoever has the log. `scoring.ledger.Ledger` is one."""

    async def do(self, work: Callable[[JudgeBook], T]) -> T:
        """What `work` returns. Once begun it is brought to its end, also when the caller is cancelled."""


class InLoop:
    """A bookkeeper that holds up the loop meanwhile: for commands that have nothing else to do."""

    def __init__(self, book: JudgeBook) -> None:
        self._book = book

    async def do(self, work: Callable[[JudgeBook], T]) -> T:
        """See `Bookkeeper`."""
        return work(self._book)
