"""One candidate's lane: a bounded queue, a limit of concurrent calls, and patience that ends.

A copy waits here, is called, or is not sent with a reason; whatever happens, it leaves by exactly one counted stage:

    sampled    = not_sent + cancelled + dispatched      (while none waits)
    dispatched = answered + fault + withdrawn           (while none runs)

A lane never touches another lane's memory or time, so that one candidate that hangs costs only its own pairs.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from functools import lru_cache

from shadowbench import handoff, keyed
from shadowbench.limits.budget import Refusal
from shadowbench.mirror import names
from shadowbench.mirror.attempts import Attempts
from shadowbench.mirror.call import Call, CallContext
from shadowbench.mirror.copies import Copy, Sink
from shadowbench.mirror.gates import MIN_WAIT_S, PAUSED, Gates
from shadowbench.mirror.lane_state import LaneState, state_of
from shadowbench.mirror.purse import Purse
from shadowbench.mirror.shaping import Shaped, Shaper, Unshapable
from shadowbench.mirror.sweep import Sweep, period_s
from shadowbench.mirror.unsettled import Unsettled
from shadowbench.signals import Cell, Counters

# Patching takes about 10 µs per KiB. Above this it would keep the loop from stamping for half a millisecond and more, and is
# done in a thread, which gives way to the loop (see `service.SWITCH_INTERVAL_S`).
MAX_SHAPED_AT_ONCE_BYTES = 49_152
CLIENT_CANCELLED = "client_cancelled"

# It changes once a second.
_marker = lru_cache(4)(keyed.make_marker)


class Lane:
    """The way to one candidate."""

    def __init__(
        self,
        context: CallContext,
        *,
        side: int,
        shaper: Shaper,
        sink: Sink,
        stale_after_s: float,
        pool: Executor,
        counters: Counters,
        purse: Purse | None = None,
    ) -> None:
        self.options = context.options
        self.side = side
        self.config_hash = context.options.config_hash
        self.sink = sink
        self.closing = False
        self.gates = Gates(context.options, purse or Purse(context.options), context.chance)
        self._context = context
        self._shaper = shaper
        self._stale_after_ns = int(stale_after_s * 1e9)
        self._pool = pool
        self._counters = counters
        self._held: OrderedDict[Copy, None] = OrderedDict()  # until production has answered
        self._queue: OrderedDict[Copy, None] = OrderedDict()
        self._running: set[Copy] = set()
        self._sweep = Sweep(self._running, period_s(context.options), loop=context.loop, now_ns=context.clock.now_ns)
        self._unsettled = Unsettled(self.gates.purse)
        self._last_fault: str | None = None
        self._cells: dict[tuple[str, str], Cell] = {}
        self._woken = False
        self._timer: asyncio.TimerHandle | None = None
        self._rings_ns = 0  # when it does
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def queued(self) -> int:
        """Copies that wait, for their turn or for production's answer."""
        return len(self._queue) + len(self._held)

    @property
    def running(self) -> int:
        """Calls under way."""
        return len(self._running)

    def state(self) -> LaneState:
        """What an operator sees."""
        now_ns = self._context.clock.now_ns()
        return state_of(
            self.gates,
            options=self.options,
            queued=self.queued,
            running=self.running,
            last_fault=self._last_fault,
            now_ns=now_ns,
            unix_at=self._context.clock.unix_at,
        )

    def count(self, stage: str, reason: str = "") -> None:
        """Count a copy at a stage of the funnel."""
        cell = self._cells.get((stage, reason))
        if cell is None:
            labels = (("candidate", self.options.name), ("stage", stage), ("reason", reason))
            cell = self._cells[stage, reason] = self._counters.cell(names.CALLS, labels)
        cell.value += 1

    def retried(self, reason: str) -> None:
        """Count an attempt that is followed by another."""
        self._counters.add(names.RETRIES, (("candidate", self.options.name), ("reason", reason)))

    # ── copies ──

    def refusal(self, now_ns: int) -> str | None:
        """Why a copy would not be sent now; None when it may be offered."""
        if self.closing:
            return "shutdown"
        if self.queued >= self.options.queue and self._would_wait(now_ns):
            return "queue_full"
        return self.gates.closed(now_ns)

    def _would_wait(self, now_ns: int) -> bool:
        if self._waits_for_production or self._queue:
            return True
        return len(self._running) >= self.options.concurrency or self.gates.rate.not_before_ns(now_ns) > now_ns

    def offer(self, copy: Copy) -> None:
        """Take a copy that was not refused."""
        self._idle.clear()
        if self._waits_for_production:
            self._held[copy] = None
        else:
            self._enqueue(copy)

    def _enqueue(self, copy: Copy) -> None:
        self._queue[copy] = None
        # Behind others it waits for what they wait for.
        if len(self._queue) == 1 or self._timer is None:
            self._advance()

    def production_ended(self, copy: Copy, reason: str | None) -> None:
        """The client has its answer, or left, or production failed."""
        if reason == CLIENT_CANCELLED and self.options.on_client_cancel == "cancel":
            self._end(copy, reason)
        elif copy in self._held:
            del self._held[copy]
            copy.since_ns = copy.queued_ns = self._context.clock.now_ns()
            self._enqueue(copy)

    def withdraw(self, copy: Copy, reason: str) -> None:
        """Nobody wants its answer any more. Nothing is told about it from now on."""
        if self._take_out(copy):
            self.count("cancelled", reason)
            self._note_idle()
        elif copy in self._running:
            self.count("withdrawn" if copy.call is not None else "cancelled", reason)
            if copy.call is not None:
                copy.call.cancel()
            self._leave(copy, answered=False)
        copy.request = None

    def cancel_all(self, reason: str) -> None:
        """The kill switch: nothing waits, nothing runs; all of it is told with this reason."""
        for copy in tuple(self._waiting()) + tuple(self._running):
            self._end(copy, reason)

    def pause(self) -> None:
        """Call nobody new. Calls under way go on."""
        self.gates.paused = True
        for copy in tuple(self._waiting()):
            self._end(copy, PAUSED)

    def resume(self) -> None:
        """Call again, also where that was stopped because nobody knew what calls cost."""
        self.gates.paused = False
        self.gates.purse.ledger.trust()

    async def drain(self, deadline_s: float) -> None:
        """Call nobody new, let running calls finish until the deadline, then end them with reason shutdown."""
        self.closing = True
        for copy in tuple(self._waiting()):
            self._end(copy, "shutdown")
        self._note_idle()
        try:
            async with asyncio.timeout(deadline_s):
                await self._idle.wait()
        except TimeoutError:
            self.cancel_all("shutdown")
        self._set_timer()

    def ended(self, copy: Copy, frames: Sequence[bytes], fault: str | None, status: int | None) -> None:
        """For copies: the last call is over."""
        assert copy.permit is not None
        self.gates.attempt_over(copy.permit, self._context.clock.now_ns(), fault, status)
        if fault is None:
            assert status is not None
            self.count("answered", "ok" if status < 400 else "http_4xx" if status < 500 else "http_5xx")
        else:
            self.count("fault", fault)
            self._last_fault = fault
        self._leave(copy, answered=fault is None, refused=status is not None and status >= 400)
        self.sink.end(copy, frames)

    def attempts_of(self, copy: Copy) -> Attempts:
        """For copies: the first call is about to come to nothing."""
        assert copy.permit is not None and isinstance(copy.call, Call)
        latest_ns = self._stale_at_ns(copy)
        return Attempts(self._context, self.gates, copy.permit, copy, copy.call, latest_ns=latest_ns)

    # ── costs ──

    def settle(self, number: int, usd: float | None, tokens: int | None, why: int | None = None) -> None:
        """What this candidate's side of an exchange cost, as far as the recorder could tell, and `why` no farther."""
        self._unsettled.settle(number, usd, tokens, why)

    def forget(self, number: int) -> None:
        """The exchange is settled or lost; what was not told of its cost will not be."""
        self._unsettled.forget(number)

    # ── queue ──

    @property
    def _waits_for_production(self) -> bool:
        return self.options.start == "after_response"

    def _waiting(self) -> Iterator[Copy]:
        yield from self._held
        yield from self._queue

    def _take_out(self, copy: Copy) -> bool:
        """Whether it was waiting."""
        for waiting in (self._queue, self._held):
            if copy in waiting:
                del waiting[copy]
                return True
        return False

    def _advance(self) -> None:
        self._woken = False
        while self._queue and self._advance_one(next(iter(self._queue))):
            pass
        self._set_timer()
        self._note_idle()

    def _advance_one(self, copy: Copy) -> bool:
        """Whether the first of the queue has left it."""
        now_ns = self._context.clock.now_ns()
        if self._stale_at_ns(copy) < now_ns:
            self._refuse(copy, "stale")
        elif len(self._running) >= self.options.concurrency:
            return False
        elif (reason := self.gates.closed(now_ns)) is not None:
            self._refuse(copy, reason)
        elif self.gates.rate.not_before_ns(now_ns) > now_ns:
            return False
        else:
            self._dispatch(copy, now_ns)
        return True

    def _stale_at_ns(self, copy: Copy) -> int:
        return copy.since_ns + self._stale_after_ns

    def _set_timer(self) -> None:
        """For the first of the queue: when its turn may come by the clock alone, or its patience ends."""
        if not self._queue:
            self._stop_timer()
            return
        now_ns = self._context.clock.now_ns()
        due_ns = self._stale_at_ns(next(iter(self._queue))) + 1
        if len(self._running) < self.options.concurrency:
            due_ns = min(due_ns, self.gates.rate.not_before_ns(now_ns))
        # One that rings too early is set again then: a queue that moves would set it anew for each copy.
        if self._timer is None or due_ns < self._rings_ns:
            self._stop_timer()
            self._rings_ns = due_ns
            self._timer = self._context.loop.call_later(max(MIN_WAIT_S, (due_ns - now_ns) / 1e9), self._ring)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        self._advance()

    def _dispatch(self, copy: Copy, now_ns: int) -> None:
        request = copy.request
        assert request is not None
        permit = self.gates.admit(now_ns, self._context.clock.unix_at(now_ns), request)
        if isinstance(permit, Refusal):
            self._refuse(copy, permit.reason)
            return
        del self._queue[copy]
        copy.permit = permit
        self._running.add(copy)
        marker = _marker(self._context.salt, int(self._context.clock.unix_at(now_ns)))
        if len(request.body) <= MAX_SHAPED_AT_ONCE_BYTES:
            self._send(copy, self._shaper.shape(request, marker), now_ns)
        else:
            shaping = self._context.loop.run_in_executor(self._pool, self._shaper.shape, request, marker)
            shaping.add_done_callback(lambda done: self._after_shaping(copy, done, now_ns))

    def _after_shaping(self, copy: Copy, done: asyncio.Future[Shaped | Unshapable], dispatched_ns: int) -> None:
        if copy not in self._running:
            return  # withdrawn meanwhile
        shaped = Unshapable(reason="shutdown") if done.cancelled() else done.result()
        self._send(copy, shaped, dispatched_ns)

    def _send(self, copy: Copy, shaped: Shaped | Unshapable, dispatched_ns: int) -> None:
        if isinstance(shaped, Unshapable):
            self._refuse(copy, shaped.reason)
            return
        self.count("dispatched")
        copy.request = None
        copy.call = Call(
            self._context,
            copy,
            shaped,
            number=copy.live.number,
            side=copy.side,
            queue_us=min((dispatched_ns - copy.queued_ns) // 1000, handoff.MAX_US),
        )
        self.sink.dispatched(copy)
        copy.call.start()
        self._sweep.wake()

    def _end(self, copy: Copy, reason: str) -> None:
        """We want no answer to it, and say so; unless it has left already."""
        if copy.call is not None:
            assert copy.permit is not None
            self.gates.attempt_over(copy.permit, self._context.clock.now_ns(), None, None)
            copy.call.fault(reason, ours=True)
        elif copy in self._running or copy in self._queue or copy in self._held:
            self._refuse(copy, reason)

    def _refuse(self, copy: Copy, reason: str) -> None:
        """It will not be sent, wherever it is now."""
        if copy in self._running:
            self._leave(copy, answered=False)
        else:
            self._take_out(copy)
        copy.request = None
        self.count("not_sent", reason)
        self.sink.not_sent(copy, reason)

    def _leave(self, copy: Copy, *, answered: bool, refused: bool = False) -> None:
        """Its slot is free; what it may have cost is not known yet."""
        self._running.discard(copy)
        call, copy.call = copy.call, None
        permit, copy.permit = copy.permit, None
        if permit is not None:
            now_ns = self._context.clock.now_ns()
            if permit.ticket is not None:  # no attempt has told of its end
                self.gates.attempt_over(permit, now_ns, None, None)
            if call is not None and call.sent:
                effort = call.effort(now_ns)
                held = self.gates.purse.ended(permit.reservation, permit.asked, effort, refused=refused)
                self._unsettled.add(copy.live.number, held, answered=answered and not refused)
            else:
                self.gates.purse.settle(permit.reservation, 0.0, 0, answered=False)
        if self._queue and not self._woken:
            # Not from within the connection's own callback, which may still be busy with the bytes that ended this call.
            self._woken = True
            self._context.loop.call_soon(self._advance)
        self._note_idle()

    def _note_idle(self) -> None:
        if not (self._running or self._queue or self._held):
            self._idle.set()
