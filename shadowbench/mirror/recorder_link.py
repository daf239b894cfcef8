"""The way to the recorder: exchanges opened there, closed there, and settled in the order of their CLOSE.

An exchange belongs to the connection it was opened on. When that ends, it is lost, and so is what would still have come.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from shadowbench import handoff
from shadowbench.handoff import HEADER, PRODUCTION, Frame, Kind
from shadowbench.links import Sender
from shadowbench.mirror import names
from shadowbench.mirror.exchange import LiveExchange
from shadowbench.signals import Counters

AWAY = "recorder_away"
FULL = "recorder_full"
# Nobody waits for what the recorder reads: fewer and larger writes wake it less often.
_GATHER_S = 0.005
# Up to here header and payload are joined: one buffer costs less than two.
_JOINED_BYTES = 4096


class RecorderListener(Protocol):
    """Who owns the exchanges."""

    def on_settled(self, live: LiveExchange, *, recorded: bool) -> None:
        """The recorder is done with a closed exchange."""

    def on_recorder_lost(self, opened: Sequence[LiveExchange]) -> None:
        """These were opened, not settled, and never will be."""

    def on_cost(self, number: int, side: int, cost: handoff.CostPayload) -> None:
        """What one side of an exchange cost. Before its settlement."""


class RecorderLink:
    """Opens exchanges under numbers of the mirror's own, and matches settlements to them."""

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        listener: RecorderListener,
        counters: Counters,
        chance: random.Random,
    ) -> None:
        self.sender = Sender(
            path, role="mirror", name=name, listener=self, counters=counters, chance=chance, gather_s=_GATHER_S
        )
        self.sender.on_ack = self._on_ack
        self._counters = counters
        self._listener = listener
        self._number = 0
        self._opened: dict[int, LiveExchange] = {}  # and not closed
        self._closed: deque[LiveExchange] = deque()  # and not settled
        self._recorded = 0
        self._discarded = 0
        self._settling = asyncio.Event()  # set whenever something was settled or lost

    @property
    def unsettled(self) -> int:
        """Exchanges opened there whose end is not known."""
        return len(self._opened) + len(self._closed)

    @property
    def is_full(self) -> bool:
        """Whether payload has to stop."""
        return self.sender.full

    def reads(self, kind: Kind) -> bool:
        """Whether the recorder is there and knows frames of this kind."""
        return self.sender.ready and (self.sender.peer_version >= 2 or kind not in handoff.SINCE_2)

    def refusal(self) -> str | None:
        """Why no exchange can be opened now."""
        if self.sender.ready:
            return None
        return FULL if self.sender.full else AWAY

    def open(self, live: LiveExchange) -> None:
        """Give the exchange its number. Only when not refused."""
        self._number += 1
        live.number = self._number
        self.sender.opened += 1
        self._opened[live.number] = live

    def write(self, frames: Sequence[bytes]) -> None:
        """Frames of open exchanges."""
        self.sender.write(frames)

    def flush(self) -> None:
        """Do not wait for more."""
        self.sender.flush()

    def relay(self, frame: Frame, number: int) -> None:
        """A proxy's frame, under the mirror's number."""
        payload = frame.payload
        size = len(payload)
        if size <= _JOINED_BYTES:
            self.sender.write_joined(HEADER.pack(size, frame.kind, PRODUCTION, 0, number) + payload)
        else:
            self.sender.write(renumbered(frame.kind, payload, number))

    def close(self, live: LiveExchange, last: Sequence[bytes] = ()) -> None:
        """Nothing more comes of it but these last frames."""
        del self._opened[live.number]
        self._closed.append(live)
        closed = HEADER.pack(0, Kind.CLOSE, PRODUCTION, 0, live.number)
        if last:
            self.sender.write([*last, closed])
        else:
            self.sender.write_joined(closed)

    async def until_settled(self, deadline_s: float) -> None:
        """Wait until the recorder has settled everything, is gone, or the deadline."""
        try:
            async with asyncio.timeout(deadline_s):
                while self.unsettled and self.sender.ready:
                    self._settling.clear()
                    await self._settling.wait()
        except TimeoutError:
            pass  # what is not settled then is counted as lost

    async def leave(self, deadline_s: float) -> bool:
        """Say goodbye and wait for settlements. Whether all came."""
        return await self.sender.leave(deadline_s)

    # ── SenderListener ──

    def on_ready(self, epoch: str) -> None:
        """A new connection: the recorder counts from zero."""
        self._recorded = self._discarded = 0

    def on_frame(self, frame: Frame) -> None:
        """COST. A recorder has no wishes."""
        if frame.kind == Kind.COST:
            self._listener.on_cost(frame.sequence, frame.side, handoff.read_cost(frame.payload))

    def on_lost(self, epoch: str, count: int) -> None:
        """Everything that was under way is lost."""
        lost = [*self._closed, *self._opened.values()]
        self._closed.clear()
        self._opened.clear()
        self._listener.on_recorder_lost(lost)
        self._settling.set()

    def _on_ack(self, ack: handoff.AckPayload) -> None:
        recorded, discarded = ack.recorded - self._recorded, ack.discarded - self._discarded
        self._recorded, self._discarded = ack.recorded, ack.discarded
        if min(recorded, discarded) < 0 or recorded + discarded > len(self._closed):
            self._counters.add(names.MISCOUNTED_ACKS)
        # An acknowledgement raises one of the two counts: it says not only how many, but how.
        for count, is_recorded in ((recorded, True), (discarded, False)):
            for _ in range(min(count, len(self._closed))):
                self._listener.on_settled(self._closed.popleft(), recorded=is_recorded)
        self._settling.set()


def renumbered(kind: int, payload: bytes, number: int) -> list[bytes]:
    """A frame of production's side under the mirror's number."""
    header = HEADER.pack(len(payload), kind, PRODUCTION, 0, number)
    return [header + payload] if len(payload) <= _JOINED_BYTES else [header, payload]
