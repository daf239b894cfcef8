"""One lane in virtual time, with a candidate that does what a test says and a sink that checks what it is told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from shadowbench import handoff
from shadowbench.handoff import Frame, FrameReader, Kind
from shadowbench.mirror.call import CallContext
from shadowbench.mirror.copies import Copy
from shadowbench.mirror.lag import LagMeter
from shadowbench.mirror.lane import Lane
from shadowbench.mirror.options import CandidateOptions
from shadowbench.mirror.purse import Purse
from shadowbench.mirror.shaping import Shaped, Unshapable
from shadowbench.mirror.spending import SpendingFile
from shadowbench.signals import Counters
from tests.unit.mirror.doubles import SALT, FakeConnection, FakeOrigin, LateExecutor
from tests.virtual_time import VirtualLoop

_LAST = (Kind.END, Kind.ABORT)


class FakeShaper:
    """Shapes everything, but for bodies that say they cannot be."""

    def shape(self, request: Any, marker: bytes) -> Shaped | Unshapable:
        if request.body == b"odd":
            return Unshapable(reason="unpatchable_odd")
        return Shaped(head=b"POST / HTTP/1.1\r\n\r\n", body=request.body)


class LaneBench:
    """Offers copies as the dispatcher does, and is the lane's sink."""

    def __init__(self, options: CandidateOptions, *, file: SpendingFile | None = None, seed: int = 1) -> None:
        loop = cast(VirtualLoop, asyncio.get_running_loop())
        self.loop = loop
        self.counters = Counters()
        self.origin = FakeOrigin()
        self.pool = LateExecutor()
        self.told: dict[int, list[Frame]] = {}
        self.not_sent_reasons: dict[int, str] = {}
        self.copies: dict[int, Copy] = {}
        context = CallContext(
            options=options,
            origin=self.origin,
            salt=SALT,
            loop=loop,
            clock=loop.clock,
            lag=LagMeter(loop),
            chance=random.Random(seed),
        )
        self.lane = Lane(
            context,
            side=1,
            shaper=cast(Any, FakeShaper()),
            sink=self,
            stale_after_s=2.0,
            pool=self.pool,
            counters=self.counters,
            purse=Purse(options, file),
        )
        self._number = 0

    # ── what comes ──

    def offer(self, body: bytes = b"{}", max_tokens: int | None = 10) -> int:
        """Another exchange, asked just now. Returns its number."""
        self._number += 1
        number = self._number
        now_ns = self.loop.clock.now_ns()
        lane = self.lane
        lane.count("sampled")
        reason = lane.refusal(now_ns)
        if reason is not None:
            lane.count("not_sent", reason)
            return number
        live = SimpleNamespace(number=number, asked_ns=now_ns)
        facts = SimpleNamespace(max_output_tokens=max_tokens, n=1, stream=False)
        request = SimpleNamespace(body=body, facts=facts)
        copy = Copy(cast(Any, live), 1, lane, cast(Any, request), now_ns)
        self.copies[number] = copy
        lane.offer(copy)
        return number

    def production_ends(self, number: int, reason: str | None = None) -> None:
        """For the copies of one exchange."""
        if number in self.copies:
            self.copies[number].production_ended(reason)

    def withdraw(self, number: int, reason: str = "recorder_full") -> None:
        """The dispatcher forgets a copy before it withdraws it."""
        copy = self.copies.pop(number, None)
        if copy is not None:
            copy.withdraw(reason)

    # ── Sink ──

    def tell(self, copy: Copy, frames: Sequence[bytes]) -> None:
        assert self.copies[copy.live.number] is copy
        told = self.told.setdefault(copy.live.number, [])
        for frame in FrameReader().feed(b"".join(frames)):
            assert not any(earlier.kind in _LAST for earlier in told), "nothing comes after the last word"
            if frame.kind == Kind.ATTEMPT:
                assert all(earlier.kind == Kind.ATTEMPT for earlier in told), "attempts come before t0"
            told.append(frame)

    def retried(self, copy: Copy, frame: bytes) -> None:
        self.tell(copy, [frame])

    def end(self, copy: Copy, frames: Sequence[bytes]) -> None:
        self.tell(copy, frames)
        assert self.told[copy.live.number][-1].kind in _LAST
        del self.copies[copy.live.number]

    def not_sent(self, copy: Copy, reason: str) -> None:
        assert copy.live.number not in self.told and copy.live.number not in self.not_sent_reasons
        self.not_sent_reasons[copy.live.number] = reason
        del self.copies[copy.live.number]

    def dispatched(self, copy: Copy) -> None:
        assert not copy.needs_request

    # ── what was seen ──

    @property
    def counts(self) -> dict[str, float]:
        """The lane's calls by stage and reason."""
        found = {}
        for sample in self.counters.snapshot():
            if sample.name == "lane_calls_total":
                labels = dict(sample.labels)
                found[f"{labels['stage']}:{labels['reason']}".removesuffix(":")] = sample.value
        return found

    def kinds(self, number: int) -> list[str]:
        """What was told of one call."""
        return [Kind(frame.kind).name for frame in self.told.get(number, [])]

    def attempts(self, number: int) -> list[dict[str, Any]]:
        """What was told of its attempts."""
        return [handoff.read_json(frame.payload) for frame in self.told.get(number, []) if frame.kind == Kind.ATTEMPT]

    @property
    def open(self) -> list[FakeConnection]:
        """Connections with a request on them, in the order they were made."""
        return [connection for connection in self.origin.given if connection.handler is not None]

    def answer(self, status: int = 200, at: int = 0) -> None:
        """The candidate answers on one of the open connections."""
        connection = self.open[at]
        connection.head(status)
        connection.body(b"yes")
        connection.end()

    async def turn(self) -> None:
        """Let callbacks run, without time passing."""
        for _ in range(6):
            await asyncio.sleep(0)
