"""One exchange while it lives in the mirror, from its OPEN to its settlement; and the books of one proxy's exchanges. Pure."""

from __future__ import annotations

from typing import Protocol

from shadowbench.handoff import Frame, OpenPayload
from shadowbench.mirror.head import RequestHead
from shadowbench.mirror.memory import Memory


class PendingCopy(Protocol):
    """The exchange's request on its way to one candidate, or the candidate's answer on its way back."""

    @property
    def needs_request(self) -> bool:
        """Whether it has not been sent yet."""

    def withdraw(self, reason: str) -> None:
        """Nobody wants the answer any more."""

    def production_ended(self, reason: str | None) -> None:
        """Production's side is over, whole or because of `reason`."""


class Stage(Protocol):
    """Where a candidate's copies are counted."""

    def count(self, stage: str, reason: str = "") -> None:
        """One more at a stage of the funnel."""


class LiveExchange:
    """State shared by the intake, which fills it, and the dispatcher, which ends it. Settled exactly once."""

    __slots__ = (
        "body",
        "body_bytes",
        "books",
        "called",
        "copies",
        "early",
        "early_bytes",
        "fingerprint",
        "head",
        "held_bytes",
        "number",
        "opened",
        "payload",
        "sent_ns",
        "sequence",
        "settled",
        "spoiled",
        "waiting",
    )

    def __init__(self, books: Books, sequence: int, payload: bytes, opened: OpenPayload, head: RequestHead) -> None:
        self.books = books
        self.sequence = sequence  # the proxy's
        self.number = 0  # the mirror's own, once the recorder was told
        self.payload = payload  # of OPEN, passed on as it came
        self.opened = opened
        self.head = head
        self.body: list[bytes] = []
        self.body_bytes = 0
        self.early: list[Frame] = []  # production's answer to a request that was not complete yet
        self.early_bytes = 0
        self.held_bytes = 0
        self.fingerprint = b""  # by which a repetition is recognised, as long as production may still fail
        self.sent_ns = 0  # production's t0; 0 while the request is not complete, or when production was never reached
        self.copies: list[PendingCopy] = []
        self.called: list[Stage] = []  # candidates that were called
        self.waiting: set[int] = set()  # sides that have not ended
        self.spoiled: str | None = None  # why the recorder will not see the whole of it
        self.settled = False

    @property
    def asked_ns(self) -> int:
        """When production was asked, as far as it was."""
        return self.sent_ns or self.opened.opened_ns


class Books:
    """What one proxy connection opened and what became of it. The cumulative counts are what the proxy is told."""

    def __init__(self, epoch: str, memory: Memory) -> None:
        self.epoch = epoch
        self.opened = 0
        self.recorded = 0
        self.discarded = 0
        self.live: dict[int, LiveExchange] = {}  # production's side has not ended
        self._memory = memory

    @property
    def unsettled(self) -> int:
        """Exchanges whose fate is not decided."""
        return self.opened - self.recorded - self.discarded

    def open(self, live: LiveExchange) -> None:
        """A new exchange."""
        self.opened += 1
        self.live[live.sequence] = live

    def forget(self, live: LiveExchange) -> bool:
        """What the proxy still says of this exchange is late. Whether it could say something."""
        return self.live.pop(live.sequence, None) is not None

    def hold(self, live: LiveExchange, size: int) -> bool:
        """Whether there is room for `size` more bytes of it."""
        if not self._memory.take(size):
            return False
        live.held_bytes += size
        return True

    def release(self, live: LiveExchange) -> None:
        """Its request is needed no more."""
        if not live.held_bytes:
            return
        self._memory.give_back(live.held_bytes)
        live.held_bytes = 0
        live.body = []
        live.early = []

    def settle(self, live: LiveExchange, *, recorded: bool) -> None:
        """The exchange has come to its end."""
        if live.settled:
            raise AssertionError(f"exchange {self.epoch}:{live.sequence} is settled twice")
        live.settled = True
        self.release(live)
        if recorded:
            self.recorded += 1
        else:
            self.discarded += 1

    def lose(self) -> list[LiveExchange]:
        """The connection ended: the exchanges that will never be told to the end."""
        cut = list(self.live.values())
        self.live.clear()
        return cut
