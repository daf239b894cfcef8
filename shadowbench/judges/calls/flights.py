"""Of those that ask the same at the same time, one asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from shadowbench.judges.base import Reply


def is_usable(reply: Reply) -> bool:
    """Whether a reply is whole: worth keeping, and worth sharing."""
    return reply.text is not None and reply.reason is None


class Flights:
    """Questions that are being asked, by key."""

    def __init__(self) -> None:
        self._asked: dict[bytes, asyncio.Future[Reply | None]] = {}

    async def share(self, key: bytes, ask: Callable[[], Awaitable[Reply]]) -> Reply:
        """The reply of whoever asks this already, else of `ask`.

        Only a usable reply is shared: budgets, and those who lose patience, are each judge's own.
        """
        while (asked := self._asked.get(key)) is not None:
            reply = await asyncio.shield(asked)
            if reply is not None:
                return replace(reply, cached=True)
        future = self._asked[key] = asyncio.get_running_loop().create_future()
        reply = None
        try:
            reply = await ask()
            return reply
        finally:
            del self._asked[key]
            future.set_result(reply if reply is not None and is_usable(reply) else None)
