"""One copy's calls: the first, and those after it where it is safe to ask again.

An attempt that is followed by another is told to the recorder in a frame of its own, and leaves no other trace: t0, head and
body are those of the last one. The copy keeps its place in the lane while it waits for its next attempt.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from shadowbench import handoff
from shadowbench.handoff import Kind
from shadowbench.limits.retry import STALE, Failed, RetryAt, RetryPolicy, decide, retry_after_s
from shadowbench.mirror.call import Call, CallContext, Effort
from shadowbench.mirror.gates import MIN_WAIT_S, Gates, Permit
from shadowbench.mirror.shaping import Shaped

_TOO_MANY_REQUESTS = 429


class AttemptsListener(Protocol):
    """Who is told how it goes. May cancel from within."""

    def on_answer(self, frames: list[bytes]) -> None:
        """A piece of the answer."""

    def on_over(self, frames: list[bytes], fault: str | None, status: int | None) -> None:
        """The last of it: a whole answer, or a fault."""

    def on_retry(self, reason: str, frame: bytes) -> None:
        """An attempt came to nothing because of `reason`, as `frame` tells, and another will be made."""


class Attempts:
    """Owns the call under way, or the timer until the next. Implements `CallListener`."""

    __slots__ = (
        "_began_ns",
        "_call",
        "_cancelled",
        "_context",
        "_deadline_ns",
        "_effort",
        "_gates",
        "_latest_ns",
        "_listener",
        "_number",
        "_permit",
        "_queue_us",
        "_reason",
        "_retries",
        "_sent",
        "_shaped",
        "_side",
        "_timer",
        "_was_stale",
    )

    def __init__(
        self,
        context: CallContext,
        gates: Gates,
        permit: Permit,
        listener: AttemptsListener,
        shaped: Shaped,
        *,
        number: int,
        side: int,
        queue_us: int,
        latest_ns: int,
    ) -> None:
        """`latest_ns`: after it the copy is stale, and no attempt begins."""
        self._context = context
        self._gates = gates
        self._permit = permit
        self._listener = listener
        self._shaped: Shaped | None = shaped  # None once nothing can follow
        self._number = number
        self._side = side
        self._queue_us = queue_us
        self._latest_ns = latest_ns
        self._began_ns = context.clock.now_ns()
        self._deadline_ns = self._began_ns + int(context.options.total_timeout_s * 1e9)
        self._call: Call | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reason = ""  # why the last attempt came to nothing
        self._retries = 0
        self._was_stale = False
        self._sent = False
        self._cancelled = False
        self._effort: Effort | None = None  # of the last call, once it is over

    @property
    def may_be_billed(self) -> bool:
        """Whether the candidate got a request that it may have worked on."""
        return self._sent or (self._call is not None and self._call.sent)

    def effort(self, now_ns: int) -> Effort:
        """What the last call has kept the candidate busy with."""
        if self._effort is None:
            return Effort() if self._call is None else self._call.effort(now_ns)
        return self._effort

    # ── for the lane ──

    def start(self) -> None:
        """Make the first."""
        self._begin(fresh=False)

    def cancel(self) -> None:
        """End without a word."""
        self._cancelled = True
        self._shaped = None
        if self._timer is not None:
            self._timer.cancel()
        if self._call is not None:
            self._call.cancel()
        self._over(None, None)

    def fault(self, reason: str) -> None:
        """End now because we want no answer any more."""
        self._over(None, None)
        if self._call is not None:
            self._call.fault(reason, ours=True)
        elif not self._cancelled:
            self._give_up(reason)

    # ── CallListener ──

    def on_answer(self, frames: list[bytes]) -> None:
        """From the call."""
        self._sent = True
        self._shaped = None
        self._listener.on_answer(frames)

    def on_over(self, frames: list[bytes], fault: str | None, status: int | None) -> None:
        """From the call."""
        now_ns = self._context.clock.now_ns()
        if self._call is not None:
            self._sent = self._sent or self._call.sent
            self._effort = self._call.effort(now_ns)
            self._call = None
        self._gates.attempt_over(self._permit, now_ns, fault, status)
        self._listener.on_over(frames, fault, status)

    def is_repeated(self, fault: str | None, status: int | None, *, sent: bool, retry_after: str | None) -> bool:
        """From the call: decide, and tell of the attempt when another follows."""
        now_ns = self._context.clock.now_ns()
        if status == _TOO_MANY_REQUESTS and retry_after is not None:
            self._gates.hold(now_ns, retry_after_s(retry_after, self._context.clock.unix_at(now_ns)) or 0.0)
        failed = Failed(
            retries=self._retries,
            fault=fault,
            status=status,
            sent=sent,
            stale_before=self._was_stale,
            retry_after=retry_after,
        )
        verdict = self._decide(failed, now_ns)
        if not isinstance(verdict, RetryAt):
            return False
        self._over(fault, status)
        if self._gates.closed(now_ns) is not None:
            return False  # this one was enough for the breaker
        self._repeat(failed, verdict, now_ns)
        return True

    # ── again ──

    def _decide(self, failed: Failed, now_ns: int) -> RetryAt | None:
        options, clock = self._context.options.retries, self._context.clock
        policy = RetryPolicy(retries=options.attempts - 1, max_backoff_s=options.max_wait_s)
        verdict = decide(
            policy,
            failed,
            now_ns=now_ns,
            unix_s=clock.unix_at(now_ns),
            latest_ns=self._latest_ns,
            chance=self._context.chance.random(),
        )
        if not isinstance(verdict, RetryAt) or self._shaped is None:
            return None
        at_ns = self._gates.rate.not_before_ns(verdict.at_ns)
        return RetryAt(at_ns, verdict.reason) if at_ns <= self._latest_ns else None

    def _repeat(self, failed: Failed, verdict: RetryAt, now_ns: int) -> None:
        self._call = None
        self._reason = verdict.reason
        if failed.fault == STALE:
            self._was_stale = True
        else:
            self._retries += 1
        told = {"reason": verdict.reason, "status": failed.status, "started_ns": self._began_ns, "ended_ns": now_ns}
        self._listener.on_retry(verdict.reason, handoff.json_frame(Kind.ATTEMPT, told, self._number, self._side))
        if not self._cancelled:
            self._timer = self._context.loop.call_later((verdict.at_ns - now_ns) / 1e9, self._again)

    def _again(self) -> None:
        self._timer = None
        now_ns = self._context.clock.now_ns()
        at_ns = self._gates.rate.not_before_ns(now_ns)
        if self._gates.closed(now_ns) is not None or at_ns > self._latest_ns or now_ns > self._latest_ns:
            self._give_up("reset" if self._reason == STALE else self._reason)
        elif at_ns > now_ns:
            self._timer = self._context.loop.call_later(max(MIN_WAIT_S, (at_ns - now_ns) / 1e9), self._again)
        else:
            self._gates.again(self._permit, now_ns)
            self._begin(fresh=self._reason == STALE)

    def _begin(self, *, fresh: bool) -> None:
        assert self._shaped is not None
        self._began_ns = self._context.clock.now_ns()
        self._call = Call(
            self._context,
            self,
            self._shaped,
            number=self._number,
            side=self._side,
            queue_us=self._queue_us,
            deadline_ns=self._deadline_ns,
        )
        self._call.start(fresh=fresh)

    def _give_up(self, reason: str) -> None:
        """There is no call to tell of its end."""
        self.cancel()
        frame = handoff.abort_frame(self._number, self._context.clock.now_ns(), reason, side=self._side)
        self._listener.on_over([frame], reason, None)

    def _over(self, fault: str | None, status: int | None) -> None:
        self._gates.attempt_over(self._permit, self._context.clock.now_ns(), fault, status)
