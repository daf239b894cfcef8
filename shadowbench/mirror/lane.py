"""One candidate's lane: a bounded queue, a limit of concurrent calls, and patience that ends.

A copy waits here, is called, or is not sent with a reason. A lane never touches another lane's memory or time, so that one
candidate that hangs costs only its own pairs.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Protocol

from shadowbench import keyed
from shadowbench.mirror import names
from shadowbench.mirror.call import Call, CallContext
from shadowbench.mirror.exchange import LiveExchange
from shadowbench.mirror.gates import Gate
from shadowbench.mirror.plan import CopiedRequest
from shadowbench.mirror.shaping import Shaped, Shaper, Unshapable
from shadowbench.signals import Counters, Labels

# Patching takes about 10 µs per KiB. Above this it would keep the loop from stamping for half a millisecond and more, and is
# done in a thread, which gives way to the loop (see `service.SWITCH_INTERVAL_S`).
MAX_SHAPED_AT_ONCE_BYTES = 49_152


class Sink(Protocol):
    """Who is told about a copy. May withdraw it from within."""

    def tell(self, copy: Copy, frames: Sequence[bytes]) -> None:
        """A piece of the candidate's answer."""

    def end(self, copy: Copy, frames: Sequence[bytes]) -> None:
        """The last of it; the slot is free again."""

    def not_sent(self, copy: Copy, reason: str) -> None:
        """It was never called."""

    def dispatched(self, copy: Copy) -> None:
        """The copy needs the request no more."""


class Copy:
    """An exchange's request on its way to one candidate. Implements `PendingCopy` and `CallListener`."""

    __slots__ = ("call", "lane", "live", "queued_ns", "request", "side")

    def __init__(self, live: LiveExchange, side: int, lane: Lane, request: CopiedRequest, queued_ns: int) -> None:
        self.live = live
        self.side = side
        self.lane = lane
        self.request: CopiedRequest | None = request  # None once it was sent
        self.queued_ns = queued_ns
        self.call: Call | None = None

    @property
    def needs_request(self) -> bool:
        """Whether it has not been sent yet."""
        return self.request is not None

    def withdraw(self, reason: str) -> None:
        """Nobody wants the answer any more."""
        self.lane.withdraw(self, reason)

    def on_answer(self, frames: list[bytes]) -> None:
        """From the call."""
        self.lane.sink.tell(self, frames)

    def on_over(self, frames: list[bytes], fault: str | None, status: int | None) -> None:
        """From the call."""
        self.lane.ended(self, frames, fault, status)

    def on_retry(self) -> None:
        """From the call."""
        self.lane.retried()


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
        gates: Sequence[Gate] = (),
    ) -> None:
        self.options = context.options
        self.side = side
        self.config_hash = context.options.config_hash
        self.sink = sink
        self._context = context
        self.closing = False
        self._shaper = shaper
        self._stale_after_ns = int(stale_after_s * 1e9)
        self._pool = pool
        self._counters = counters
        self._gates = gates
        self._queue: OrderedDict[Copy, None] = OrderedDict()
        self._running: set[Copy] = set()
        self._labels: dict[tuple[str, str], Labels] = {}
        self._woken = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def queued(self) -> int:
        """Copies that wait."""
        return len(self._queue)

    @property
    def running(self) -> int:
        """Calls under way."""
        return len(self._running)

    def count(self, stage: str, reason: str = "") -> None:
        """Count a copy at a stage of the funnel."""
        key = (stage, reason)
        labels = self._labels.get(key)
        if labels is None:
            labels = (("candidate", self.options.name), ("stage", stage), ("reason", reason))
            self._labels[key] = labels
        self._counters.add(names.CALLS, labels)

    def retried(self) -> None:
        """Count a call that was begun again."""
        self._counters.add(names.RETRIES, (("candidate", self.options.name),))

    def refusal(self, now_ns: int) -> str | None:
        """Why a copy would not be sent now; None when it may be offered."""
        if self.closing:
            return "shutdown"
        if len(self._queue) >= self.options.queue and len(self._running) >= self.options.concurrency:
            return "queue_full"
        return next((reason for gate in self._gates if (reason := gate.admit(now_ns)) is not None), None)

    def offer(self, copy: Copy) -> None:
        """Take a copy that was not refused."""
        self._queue[copy] = None
        self._idle.clear()
        self._advance()

    def withdraw(self, copy: Copy, reason: str) -> None:
        """Nobody wants its answer any more. Nothing is told about it from now on."""
        if copy in self._queue:
            del self._queue[copy]
            copy.request = None
            self.count("cancelled", reason)
        elif copy in self._running:
            if copy.call is not None:
                copy.call.cancel()
            self.count("withdrawn" if copy.call is not None else "cancelled", reason)
            copy.request = None
            self._leave(copy)

    async def drain(self, deadline_s: float) -> None:
        """Call nobody new, let running calls finish until the deadline, then end them with reason shutdown."""
        self.closing = True
        while self._queue:
            copy, _ = self._queue.popitem(last=False)
            self._refuse(copy, "shutdown")
        self._note_idle()
        try:
            async with asyncio.timeout(deadline_s):
                await self._idle.wait()
        except TimeoutError:
            for copy in tuple(self._running):
                if copy.call is not None:
                    copy.call.fault("shutdown")
                else:
                    self._leave(copy)
                    self._refuse(copy, "shutdown")

    def ended(self, copy: Copy, frames: Sequence[bytes], fault: str | None, status: int | None) -> None:
        """For calls: this one is over."""
        if fault is None:
            assert status is not None
            self.count("answered", "ok" if status < 400 else "http_4xx" if status < 500 else "http_5xx")
        else:
            self.count("fault", fault)
        for gate in self._gates:
            gate.observe(self._context.clock.now_ns(), fault, status)
        self._leave(copy)
        self.sink.end(copy, frames)

    # ── queue ──

    def _advance(self) -> None:
        self._woken = False
        while self._queue and len(self._running) < self.options.concurrency:
            copy, _ = self._queue.popitem(last=False)
            self._dispatch(copy)
        self._note_idle()

    def _dispatch(self, copy: Copy) -> None:
        request = copy.request
        assert request is not None
        now_ns = self._context.clock.now_ns()
        if now_ns - copy.live.asked_ns > self._stale_after_ns:
            self._refuse(copy, "stale")
            return
        self._running.add(copy)
        marker = keyed.make_marker(self._context.salt, self._context.clock.unix_at(now_ns))
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
            self._leave(copy)
            self._refuse(copy, shaped.reason)
            return
        self.count("dispatched")
        copy.request = None
        queue_us = (dispatched_ns - copy.queued_ns) // 1000
        copy.call = Call(self._context, copy, shaped, number=copy.live.number, side=copy.side, queue_us=queue_us)
        self.sink.dispatched(copy)
        copy.call.start()

    def _refuse(self, copy: Copy, reason: str) -> None:
        copy.request = None
        self.count("not_sent", reason)
        self.sink.not_sent(copy, reason)

    def _leave(self, copy: Copy) -> None:
        self._running.discard(copy)
        copy.call = None
        if self._queue and not self._woken:
            # Not from within the connection's own callback, which may still be busy with the bytes that ended this call.
            self._woken = True
            self._context.loop.call_soon(self._advance)
        self._note_idle()

    def _note_idle(self) -> None:
        if not self._queue and not self._running:
            self._idle.set()
