"""One exchange's request on its way to one candidate, from its lane's queue to the last word about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from shadowbench.mirror.attempts import Attempts
from shadowbench.mirror.call import Call
from shadowbench.mirror.exchange import LiveExchange
from shadowbench.mirror.gates import Permit
from shadowbench.mirror.plan import CopiedRequest

if TYPE_CHECKING:
    from shadowbench.mirror.lane import Lane


class Sink(Protocol):
    """Who is told about a copy. May withdraw it from within."""

    def tell(self, copy: Copy, frames: Sequence[bytes]) -> None:
        """A piece of the candidate's answer."""

    def retried(self, copy: Copy, frame: bytes) -> None:
        """An attempt came to nothing and is followed by another."""

    def end(self, copy: Copy, frames: Sequence[bytes]) -> None:
        """The last of it; the slot is free again."""

    def not_sent(self, copy: Copy, reason: str) -> None:
        """It was never called."""

    def dispatched(self, copy: Copy) -> None:
        """The copy needs the request no more."""


class Copy:
    """An exchange's request on its way to one candidate. Implements `PendingCopy`, `AttemptsListener`, and
    `CallListener` for the first call."""

    __slots__ = ("call", "lane", "live", "permit", "queued_ns", "request", "side", "since_ns")

    def __init__(self, live: LiveExchange, side: int, lane: Lane, request: CopiedRequest, queued_ns: int) -> None:
        self.live = live
        self.side = side
        self.lane = lane
        self.request: CopiedRequest | None = request  # None once it was sent
        self.queued_ns = queued_ns
        self.since_ns = live.asked_ns  # what its age counts from
        self.permit: Permit | None = None
        self.call: Call | Attempts | None = None  # the first, or what follows when that came to nothing

    @property
    def needs_request(self) -> bool:
        """Whether it has not been sent yet."""
        return self.request is not None

    def withdraw(self, reason: str) -> None:
        """Nobody wants the answer any more."""
        self.lane.withdraw(self, reason)

    def production_ended(self, reason: str | None) -> None:
        """Production's side is over, whole or because of `reason`."""
        self.lane.production_ended(self, reason)

    def check(self, now_ns: int) -> None:
        """For the lane's sweep: end a call that takes too long."""
        if self.call is not None:
            self.call.check(now_ns)

    def excuse(self, late_ns: int) -> None:
        """For the lane's sweep: we stood still, and the call has that much more time."""
        if self.call is not None:
            self.call.excuse(late_ns)

    def on_answer(self, frames: list[bytes]) -> None:
        """From the call, or the attempts."""
        self.lane.sink.tell(self, frames)

    def on_over(self, frames: list[bytes], fault: str | None, status: int | None) -> None:
        """From the call, or the attempts."""
        self.lane.ended(self, frames, fault, status)

    def is_repeated(self, fault: str | None, status: int | None, *, sent: bool, retry_after: str | None) -> bool:
        """From the first call."""
        self.call = attempts = self.lane.attempts_of(self)
        return attempts.is_repeated(fault, status, sent=sent, retry_after=retry_after)

    def on_retry(self, reason: str, frame: bytes) -> None:
        """From the attempts."""
        self.lane.retried(reason)
        self.lane.sink.retried(self, frame)
