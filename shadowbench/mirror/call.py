"""One call to a candidate, stamped as it happens: the same protocol and the same clock as production's side.

Runs in callbacks; only connecting is a task, and only when no pooled connection is at hand. Ends exactly once: `on_end`, a
fault, or a cancellation after which nothing is told. A call is one attempt: whether another follows, `attempts` decides.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from shadowbench import handoff, keyed
from shadowbench.handoff import Kind
from shadowbench.http1.client import ClientConnection
from shadowbench.http1.handlers import ResponseHandler
from shadowbench.http1.origin import ConnectFault
from shadowbench.http1.responses import ResponseHead
from shadowbench.limits.retry import BUSY, STALE
from shadowbench.making import maker_of
from shadowbench.mirror.clock import Clock
from shadowbench.mirror.lag import LagMeter
from shadowbench.mirror.options import CandidateOptions
from shadowbench.mirror.shaping import Shaped

# Up to here head and body are joined: one write costs less than a copy of this size.
_JOINED_BYTES = 65536


class Transport(Protocol):
    """What a call needs of `http1.origin.Origin`."""

    def take(self) -> ClientConnection | None: ...

    async def connect(self) -> ClientConnection: ...

    def addressed(self, head: bytes) -> bytes: ...


class Effort(NamedTuple):
    """What a call has kept the candidate busy with."""

    duration_s: float = 0.0  # t0 → now
    received_bytes: int = 0  # of the body


_effort = maker_of(Effort)


class CallListener(Protocol):
    """Who is told how a call goes. May cancel it from within."""

    def on_answer(self, frames: list[bytes]) -> None:
        """A piece of the answer."""

    def on_over(self, frames: list[bytes], fault: str | None, status: int | None) -> None:
        """The last of it: a whole answer, or a fault."""

    def is_repeated(self, fault: str | None, status: int | None, *, sent: bool, retry_after: str | None) -> bool:
        """It came to nothing, before an answer or with the head of a refusal. True: nothing more is to be told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallContext:
    """What all calls to one candidate share."""

    options: CandidateOptions
    origin: Transport
    salt: bytes
    loop: asyncio.AbstractEventLoop
    clock: Clock
    lag: LagMeter
    chance: random.Random = field(default_factory=random.Random)


class Call(ResponseHandler):
    """Handler of one candidate's response."""

    __slots__ = (
        "_began_ns",
        "_connect_us",
        "_connecting",
        "_connection",
        "_context",
        "_deadline_ns",
        "_ended",
        "_heard_ns",
        "_listener",
        "_number",
        "_parts",
        "_queue_us",
        "_received",
        "_sent_ns",
        "_shaped",
        "_side",
        "_status",
        "_told_t0",
        "_untold",
    )

    def __init__(
        self,
        context: CallContext,
        listener: CallListener,
        shaped: Shaped,
        *,
        number: int,
        side: int,
        queue_us: int,
        deadline_ns: int | None = None,
    ) -> None:
        self._context = context
        self._listener = listener
        self._number = number  # of the exchange, in frames
        self._side = side
        self._shaped: Shaped | None = shaped  # None once nothing can follow
        self._queue_us = queue_us
        self._connect_us = handoff.ABSENT_US
        self._connection: ClientConnection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._parts = handoff.PartWriter(number, side)
        self._sent_ns = 0  # t0
        self._heard_ns = 0  # the last sign of life
        self._began_ns = began_ns = context.clock.now_ns()
        self._deadline_ns = (
            began_ns + int(context.options.total_timeout_s * 1e9) if deadline_ns is None else deadline_ns
        )
        self._status: int | None = None
        self._received = 0
        self._told_t0 = False
        self._untold: list[bytes] = []  # frames of the read under way: most answers come, and are told, in one
        self._ended = False

    @property
    def sent(self) -> bool:
        """Whether the candidate may have got the request."""
        return bool(self._sent_ns)

    def effort(self, now_ns: int) -> Effort:
        """What the candidate has done for it until now."""
        return _effort((now_ns - self._sent_ns) / 1e9 if self._sent_ns else 0.0, self._received)

    def again(self, listener: CallListener) -> Call:
        """The next attempt at the same, within the same time. Only when this one came to nothing."""
        assert self._shaped is not None
        return Call(
            self._context,
            listener,
            self._shaped,
            number=self._number,
            side=self._side,
            queue_us=self._queue_us,
            deadline_ns=self._deadline_ns,
        )

    def attempt_frame(self, reason: str, status: int | None, now_ns: int) -> bytes:
        """What is told of this one when another follows."""
        told = {"reason": reason, "status": status, "started_ns": self._began_ns, "ended_ns": now_ns}
        return handoff.json_frame(Kind.ATTEMPT, told, self._number, self._side)

    def abort_frame(self, reason: str, now_ns: int) -> bytes:
        """What is told when none follows after all."""
        return handoff.abort_frame(self._number, now_ns, reason, side=self._side)

    # ── for its owner ──

    def start(self, *, fresh: bool = False) -> None:
        """Send on a pooled connection at once, or connect first; `fresh`: in any case."""
        connection = self._context.origin.take() if not fresh else None
        if connection is not None:
            self._send(connection)
        else:
            self._connect()

    def cancel(self) -> None:
        """End without a word."""
        self._ended = True
        self._untold = []
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is not None:
            self._connection.abort()
            self._connection = None

    def fault(self, reason: str, *, ours: bool = False) -> None:
        """End now, because of `reason`; `ours`: we want no answer any more, so that nothing is tried again."""
        if self._ended:
            return
        untold = self._untold
        self.cancel()
        if not ours and self._status is None and self._is_repeated(reason, None):
            return
        reason = "reset" if reason == STALE else reason
        frames = untold + self._t0_frame() + self._parts.flush()
        now_ns = self._context.clock.now_ns()
        lag_us = self._context.lag.lag_us(self._sent_ns or now_ns, now_ns)
        frames.append(handoff.abort_frame(self._number, now_ns, reason, 0, lag_us, self._side))
        self._listener.on_over(frames, reason, self._status)

    # ── the request ──

    def _connect(self) -> None:
        self._connecting = self._context.loop.create_task(
            self._connect_and_send(), name=f"call-{self._context.options.name}"
        )

    async def _connect_and_send(self) -> None:
        began_ns = self._context.clock.now_ns()
        try:
            connection = await self._context.origin.connect()
        except ConnectFault as fault:
            self._connecting = None
            self.fault(fault.reason)
            return
        except Exception:
            self._connecting = None
            self.fault("unreachable")
            raise
        self._connecting = None
        if self._ended:
            connection.abort()
        elif connection.transport.is_closing():
            self.fault("reset")  # gone between its making and our turn
        else:
            self._connect_us = (self._context.clock.now_ns() - began_ns) // 1000
            self._send(connection)

    def _send(self, connection: ClientConnection) -> None:
        shaped = self._shaped
        assert shaped is not None
        self._connection = connection
        connection.begin(self)
        head = self._context.origin.addressed(shaped.head)
        if len(shaped.body) <= _JOINED_BYTES:
            connection.write(head + shaped.body)
        else:
            connection.write(head)
            connection.write(shaped.body)
        self._sent_ns = self._heard_ns = self._context.clock.now_ns()
        connection.request_sent()

    # ── time-outs ──

    def check(self, now_ns: int) -> None:
        """End it when it takes too long; the lane asks now and then. Connecting has a time-out of its own."""
        if not self._sent_ns:
            return
        due_ns, reason = self._due()
        if due_ns <= now_ns:
            self.fault(reason)

    def excuse(self, late_ns: int) -> None:
        """We stood still: what the candidate said meanwhile is yet to be read."""
        self._heard_ns += late_ns
        self._deadline_ns += late_ns

    def _due(self) -> tuple[int, str]:
        options = self._context.options
        if self._status is None:
            waits_s, reason = options.first_byte_timeout_s, "timed_out_first_byte"
        else:
            waits_s, reason = options.idle_timeout_s, "timed_out_idle"
        due_ns = self._heard_ns + int(waits_s * 1e9)
        return (due_ns, reason) if due_ns <= self._deadline_ns else (self._deadline_ns, "timed_out_total")

    # ── the response ──

    def on_informational(self, head: ResponseHead) -> None:
        """Not the answer, but a sign of life."""
        self._heard_ns = self._context.clock.now_ns()

    def on_head(self, head: ResponseHead) -> None:
        now_ns = self._heard_ns = self._context.clock.now_ns()
        if head.status in BUSY and self._is_repeated(None, head.status, retry_after(head)):
            self.cancel()
            return
        lines = redacted_lines(head, self._context.salt)
        if len(lines) > handoff.MAX_HEAD_BYTES:
            self.fault("bad_response")
            return
        self._shaped = None
        self._status = head.status
        self._untold = self._t0_frame()
        self._untold.append(
            handoff.head_frame(
                self._number,
                now_ns,
                lines,
                connect_us=self._connect_us,
                queue_us=self._queue_us,
                side=self._side,
            )
        )

    def on_body(self, data: bytes) -> None:
        if self._ended:
            return
        now_ns = self._heard_ns = self._context.clock.now_ns()
        self._received += len(data)
        if self._received > self._context.options.max_response_bytes:
            self.fault("overflow")
            return
        frames = self._parts.add(now_ns, data)
        if frames:
            self._untold += frames

    def on_end(self) -> None:
        if self._ended:
            return
        now_ns = self._context.clock.now_ns()
        self._connection = None  # at rest in its pool, or closed
        frames = self._untold + self._parts.flush()
        self.cancel()
        lag_us = self._context.lag.lag_us(self._sent_ns, now_ns)
        frames.append(handoff.end_frame(self._number, now_ns, 0, lag_us, self._side))
        self._listener.on_over(frames, None, self._status)

    def on_read_done(self) -> None:
        """More of the answer will come later."""
        if self._untold:
            frames, self._untold = self._untold, []
            self._listener.on_answer(frames)

    def on_fault(self, reason: str) -> None:
        self._connection = None
        self.fault("bad_response" if reason == "internal" else reason)

    def on_writable(self, writable: bool) -> None:
        """The request is handed over whole; its size is bounded."""

    def on_switched(self, head: ResponseHead) -> None:
        self.fault("bad_response")  # nobody asked for another protocol

    def on_tunnel_eof(self) -> None:
        """Cannot come: `on_switched` ends the call."""

    def _is_repeated(self, fault: str | None, status: int | None, retry_after: str | None = None) -> bool:
        return self._listener.is_repeated(fault, status, sent=bool(self._sent_ns), retry_after=retry_after)

    def _t0_frame(self) -> list[bytes]:
        # Told with the first event, so that all attempts leave one t0.
        if self._told_t0 or not self._sent_ns:
            return []
        self._told_t0 = True
        return [handoff.request_end_frame(self._number, self._sent_ns, self._side)]


def redacted_lines(head: ResponseHead, salt: bytes) -> bytes:
    """Status line and fields, with placeholders for cookies and the like."""
    for at in head.credentials_at or ():
        head.fields[at] = keyed.placeholder(salt, head.fields[at])
    return head.lines


def retry_after(head: ResponseHead) -> str | None:
    """The value of Retry-After, if there is one."""
    names = head.fields[0::4]
    at = next((at for at, name in enumerate(names) if name.lower() == b"retry-after"), None)
    return head.fields[4 * at + 2].decode("latin-1") if at is not None else None
