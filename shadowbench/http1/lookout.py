"""Whether the peer is still there while nothing is read from it: uvloop reports neither FIN nor RST then."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Final

EVERY_S: Final = 1.0


class Lookout:
    """One per connection that was ever paused."""

    __slots__ = ("_every_s", "_on_gone", "_poll", "_timer", "_transport")

    def __init__(self, transport: asyncio.Transport, on_gone: Callable[[], None], every_s: float = EVERY_S) -> None:
        self._every_s = every_s
        self._transport = transport
        self._on_gone = on_gone
        self._poll: select.poll | None = None  # made when first used: most pauses are over sooner
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Reading was paused: look now and then, and tell `on_gone` once when the peer left."""
        self._timer = asyncio.get_running_loop().call_later(self._every_s, self._look)

    def end(self) -> None:
        """Reading goes on, or the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        if self._transport.is_closing():
            return
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self._transport.get_extra_info("socket").fileno(), select.POLLRDHUP)
        if self._poll.poll(0):
            self._on_gone()
        else:
            self.begin()
