"""One copy's calls after the first, where it is safe to ask again. Most copies need none, and then there is nothing of this.

An attempt that is followed by another is told to the recorder in a frame of its own, and leaves no other trace: t0, head and
body are those of the last one. The copy keeps its place in the lane while it waits for its next attempt.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from shadowbench.limits.retry import STALE, Failed, RetryAt, RetryPolicy, decide, retry_after_s
from shadowbench.mirror.call import Call, CallContext, Effort
from shadowbench.mirror.gates import MIN_WAIT_S, Gates, Permit

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
    """Owns the call under way, or the timer until the next. Implements `CallListener` for all calls but the first."""

    __slots__ = (
        "_call",
        "_cancelled",
        "_context",
        "_gates",
        "_last",
        "_latest_ns",
        "_listener",
        "_permit",
        "_reason",
        "_retries",
        "_timer",
        "_was_stale",
    )

    def __init__(
        self,
        context: CallContext,
        gates: Gates,
        permit: Permit,
        listener: AttemptsListener,
        first: Call,
        *,
        latest_ns: int,
    ) -> None:
        """`first` is about to end. `latest_ns`: after it the copy is stale, and no attempt begins."""
        self._context = context
        self._gates = gates
        self._permit = permit
        self._listener = listener
        self._latest_ns = latest_ns
        self._last = first
        self._call: Call | None = first
        self._timer: asyncio.TimerHandle | None = None
        self._reason = ""  # why the last attempt came to nothing
        self._retries = 0
        self._was_stale = False
        self._cancelled = False

    @property
    def sent(self) -> bool:
        """Whether the candidate got a request that it may have worked on."""
        return self._call is not None and self._call.sent

    def effort(self, now_ns: int) -> Effort:
        """What the last call has kept the candidate busy with."""
        return Effort() if self._call is None else self._call.effort(now_ns)

    # ── for the lane ──

    def cancel(self) -> None:
        """End without a word."""
        self._cancelled = True
        if self._timer is not None:
            self._timer.cancel()
        if self._call is not None:
            self._call.cancel()

    def fault(self, reason: str, *, ours: bool = False) -> None:
        """End now, as a call does; between two calls nothing is tried again in any case."""
        if self._call is not None:
            self._call.fault(reason, ours=ours)
        elif not self._cancelled:
            self._give_up(reason)

    def check(self, now_ns: int) -> None:
        """End a call that takes too long."""
        if self._call is not None:
            self._call.check(now_ns)

    def excuse(self, late_ns: int) -> None:
        """We stood still: give a call that much more time."""
        if self._call is not None:
            self._call.excuse(late_ns)

    # ── CallListener ──

    def on_answer(self, frames: list[bytes]) -> None:
        """From the call."""
        self._listener.on_answer(frames)

    def on_over(self, frames: list[bytes], fault: str | None, status: int | None) -> None:
        """From the call."""
        self._listener.on_over(frames, fault, status)

    def is_repeated(self, fault: str | None, status: int | None, *, sent: bool, retry_after: str | None) -> bool:
        """From a call, or the copy for its first: decide, and tell of the attempt when another follows."""
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
        self._gates.attempt_over(self._permit, now_ns, fault, status)
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
        if not isinstance(verdict, RetryAt) or self._cancelled:
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
        self._listener.on_retry(verdict.reason, self._last.attempt_frame(verdict.reason, failed.status, now_ns))
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
        self._call = self._last = self._last.again(self)
        self._call.start(fresh=fresh)

    def _give_up(self, reason: str) -> None:
        """There is no call to tell of its end."""
        self.cancel()
        now_ns = self._context.clock.now_ns()
        self._gates.attempt_over(self._permit, now_ns, None, None)
        self._listener.on_over([self._last.abort_frame(reason, now_ns)], reason, None)
