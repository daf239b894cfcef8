"""The score log as the worker's loop sees it: one connection, one caller at a time, in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from shadowbench.store.scoring import Claim, ScoreLog

T = TypeVar("T")


class Ledger:
    """Waits for the log without holding up the loop. The log is not thread-safe: the lock gives it to one at a time."""

    def __init__(self, log: ScoreLog) -> None:
        self._log = log
        self._lock = asyncio.Lock()

    async def do(self, work: Callable[[ScoreLog], T]) -> T:
        """What `work` returns. Once begun it is brought to its end, also when the caller is cancelled."""
        async with self._lock:
            running = asyncio.get_running_loop().run_in_executor(None, work, self._log)
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                await asyncio.wait([running])  # nobody else may have the log before
                raise

    @asynccontextmanager
    async def keeping(self, claim: Claim, *, lease_s: float, now: Callable[[], float]) -> AsyncIterator[None]:
        """Renew the lease from time to time. Should it be lost, what is settled then is what the other one finds, too."""
        keeper = asyncio.get_running_loop().create_task(self._keep(claim, lease_s, now))
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.wait([keeper])

    async def _keep(self, claim: Claim, lease_s: float, now: Callable[[], float]) -> None:
        while True:
            await asyncio.sleep(lease_s / 3)
            if not await self.do(lambda log: log.renew(claim, now=now(), lease_s=lease_s)):
                return

    def close(self) -> None:
        """Let go of the log."""
        self._log.close()
