"""An event loop whose time passes only when nothing is left to do, and then at once. For tests of what waits."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any

from shadowbench.mirror.clock import Clock

NOON = 12 * 3600.0  # Unix seconds at the loop's time 0


class VirtualLoop(asyncio.SelectorEventLoop):
    """Sleeps by turning its clock forward. No sockets: nobody waits for them."""

    def __init__(self) -> None:
        self.now_s = 1.0
        super().__init__(_Turning(self))

    def time(self) -> float:
        return self.now_s

    @property
    def clock(self) -> Clock:
        """A clock of this loop's time, refreshed by nobody."""
        return Clock(lambda: NOON + self.now_s, lambda: round(self.now_s * 1e9))


class _Turning(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits, and nothing will come"
        self._loop.now_s += max(0.0, timeout)
        return super().select(0)


def run(story: Coroutine[Any, Any, None]) -> None:
    """Run an async test in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(story)
