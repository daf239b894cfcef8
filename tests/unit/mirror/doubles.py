"""A candidate and a recorder without sockets, for tests of what lies between."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, cast

from shadowbench import handoff
from shadowbench.errors import ProtocolError
from shadowbench.handoff import AckPayload, Frame, FrameReader
from shadowbench.http1.client import ClientConnection, ResponseHandler
from shadowbench.http1.origin import ConnectFault
from shadowbench.http1.responses import ResponseHead
from shadowbench.mirror.call import CallContext
from shadowbench.mirror.clock import Clock
from shadowbench.mirror.dispatcher import OPENED, Dispatcher
from shadowbench.mirror.exchange import Books, LiveExchange
from shadowbench.mirror.intake import ANSWERS, Intake
from shadowbench.mirror.lag import LagMeter
from shadowbench.mirror.lane import Lane
from shadowbench.mirror.memory import Memory
from shadowbench.mirror.options import CandidateOptions, MirrorOptions
from shadowbench.mirror.plan import Planner, Terms
from shadowbench.mirror.shaping import Shaper
from shadowbench.recorder.assembly import Assembly
from shadowbench.recorder.memory import Memory as RecorderMemory
from shadowbench.recorder.raw import Discarded
from shadowbench.signals import Counters

SALT = bytes(32)
VERSION = 3


class FakeConnection:
    """Does what a test says, through the handler."""

    def __init__(self, *, reused: bool = False, closing: bool = False) -> None:
        self.reused = reused
        self.handler: ResponseHandler | None = None
        self.written = b""
        self.sent = False
        self.headed = False
        self.aborted = False
        self.closing = closing

    @property
    def transport(self) -> FakeConnection:
        return self

    def is_closing(self) -> bool:
        return self.closing

    def begin(self, handler: ResponseHandler, *, is_head: bool = False) -> None:
        self.handler = handler

    def write(self, data: bytes) -> None:
        self.written += data

    def request_sent(self) -> None:
        self.sent = True

    def abort(self) -> None:
        self.aborted = True
        self.handler = None

    # ── what the candidate does: each piece comes in a read of its own, but for `whole` answers ──

    def head(self, status: int = 200) -> None:
        self._head(status)
        self._read_done()

    def body(self, data: bytes) -> None:
        if self.handler is not None:
            self.handler.on_body(data)
        self._read_done()

    def whole(self, data: bytes, status: int = 200) -> None:
        self._head(status)
        if self.handler is not None:
            self.handler.on_body(data)
        self.end()

    def _head(self, status: int) -> None:
        head = ResponseHead()
        head.status, head.reason = status, b"OK"
        if self.handler is not None and not self.headed:
            self.headed = True
            self.handler.on_head(head)

    def _read_done(self) -> None:
        if self.handler is not None:
            self.handler.on_read_done()

    def end(self) -> None:
        handler, self.handler = self.handler, None
        if handler is not None:
            handler.on_end()

    def fault(self, reason: str) -> None:
        handler, self.handler = self.handler, None
        if handler is not None:
            handler.on_fault(reason)


class FakeOrigin:
    """Hands out connections; `idle` are in the pool, `outcomes` is what connecting comes to."""

    def __init__(self) -> None:
        self.idle: list[FakeConnection] = []
        self.outcomes: list[FakeConnection | Exception] = []
        self.given: list[FakeConnection] = []

    def take(self) -> ClientConnection | None:
        return self._give(self.idle.pop()) if self.idle else None

    async def connect(self) -> ClientConnection:
        outcome = self.outcomes.pop(0) if self.outcomes else FakeConnection()
        await asyncio.sleep(0)
        if isinstance(outcome, Exception):
            raise outcome
        return self._give(outcome)

    def addressed(self, head: bytes) -> bytes:
        return head

    def _give(self, connection: FakeConnection) -> ClientConnection:
        self.given.append(connection)
        return cast(ClientConnection, connection)


class LateExecutor(Executor):
    """Does what it was given when a test says so."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._waiting.append((future, lambda: fn(*args, **kwargs)))
        return future

    def work(self) -> None:
        """Do all of it."""
        while self._waiting:
            future, task = self._waiting.pop(0)
            if future.set_running_or_notify_cancel():
                future.set_result(task())


class FakeSender:
    """The way to a recorder that reads with the real assembly, and settles when told to."""

    def __init__(self) -> None:
        self.ready = True
        self.full = False
        self.peer_version = handoff.VERSION
        self.opened = 0
        self.frames: list[Frame] = []
        self.attempts: list[dict[str, Any]] = []
        self.assembly = Assembly(RecorderMemory(1 << 30), max_body_bytes=1 << 26)
        self.fates: list[bool] = []
        self.errors: list[str] = []
        self.told = AckPayload(0, 0)
        self.flush: Callable[[], None] = lambda: None

    def write_joined(self, frames: bytes) -> None:
        self.write([frames])

    def write(self, frames: Sequence[bytes]) -> None:
        for frame in FrameReader().feed(b"".join(frames)):
            self.frames.append(frame)
            if frame.kind == handoff.Kind.FUNNEL:
                continue
            if frame.kind == handoff.Kind.ATTEMPT:
                self.attempts.append(handoff.read_json(frame.payload) | {"side": frame.side})
            try:
                closed = self.assembly.take(frame)
            except ProtocolError as error:
                self.errors.append(str(error))
                raise
            if closed is not None:
                self.fates.append(not isinstance(closed, Discarded))

    def due(self) -> list[AckPayload]:
        """One acknowledgement for each closed exchange, in order."""
        acks = []
        for is_recorded in self.fates:
            recorded, discarded = self.told
            self.told = AckPayload(recorded + is_recorded, discarded + (not is_recorded))
            acks.append(self.told)
        self.fates.clear()
        return acks


class Bench:
    """Intake, dispatcher and lanes on fakes."""

    def __init__(
        self,
        *candidates: CandidateOptions,
        memory_bytes: int = 1 << 20,
        clock: Clock | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        options = MirrorOptions(
            runtime_folder="run",
            secret_file="s",
            candidates=candidates or (small(),),
            max_request_bytes=100_000,
            duplicate_window_s=0.0,
        )
        self.counters = Counters()
        self.memory = Memory(memory_bytes)
        self.settled: list[LiveExchange] = []
        self.dropped: list[int] = []
        self.dispatcher = Dispatcher(
            recorder_socket=Path("recorder.sock"),
            name="mirror",
            config_hash="hash",
            loop=loop,
            clock=clock or Clock(),
            counters=self.counters,
            chance=random.Random(1),
            settled=self.settled.append,
            drop=lambda live: self.dropped.append(live.sequence),
        )
        self.sender = FakeSender()
        self.link = self.dispatcher.recorder
        cast(Any, self.link).sender = self.sender
        self.pool = LateExecutor()
        self.origins = [FakeOrigin() for _ in options.candidates]
        self.dispatcher.lanes = [
            Lane(
                CallContext(
                    options=candidate, origin=origin, salt=SALT, loop=loop, clock=clock or Clock(), lag=LagMeter(loop)
                ),
                side=side,
                shaper=Shaper(candidate, api_key=None, host=b"c", base_path=b""),
                sink=self.dispatcher,
                stale_after_s=2.0,
                pool=self.pool,
                counters=self.counters,
            )
            for side, (candidate, origin) in enumerate(zip(options.candidates, self.origins, strict=True), start=1)
        ]
        self.intake = Intake(Books("epoch", self.memory), Planner(Terms.of(options, SALT, VERSION)))

    def take(self, *wire: bytes) -> None:
        """Frames from the proxy."""
        for frame in FrameReader().feed(b"".join(wire)):
            if frame.kind in ANSWERS and (live := self.intake.answered(frame)) is not None:
                self.dispatcher.relay(live, frame)
                continue
            if frame.kind == handoff.Kind.OPEN:
                self.dispatcher.count(OPENED)
            action = self.intake.take(frame, 0.0)
            if action is not None:
                self.dispatcher.do(cast(Any, action))

    def acknowledge(self) -> None:
        """The recorder settles all that was closed."""
        for ack in self.sender.due():
            self.link._on_ack(ack)

    def lose_recorder(self) -> None:
        """Its connection ended, and a new one stands."""
        self.sender = FakeSender()
        cast(Any, self.link).sender = self.sender
        self.link.on_lost("epoch", 0)
        self.link.on_ready("epoch")

    async def turn(self) -> None:
        """Let callbacks run."""
        for _ in range(4):
            await asyncio.sleep(0)


def small(name: str = "small", **changes: Any) -> CandidateOptions:
    """A candidate that sees everything."""
    given: dict[str, Any] = {"name": name, "url": "http://c", "sample_rate": 1.0}
    return CandidateOptions(**(given | changes))


__all__ = ["Bench", "ConnectFault", "FakeConnection", "FakeOrigin", "FakeSender", "ProtocolError", "small"]
