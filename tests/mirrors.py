"""Both ends of a mirror for tests: a proxy that says what it is told to, and a recorder that keeps what it hears.

The recorder's end checks every frame with the real recorder's assembly, so that a frame out of order fails a test.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from shadowbench import handoff, links
from shadowbench.funnel import Funnel
from shadowbench.handoff import Frame, FrameReader, Kind, PartWriter, Policy
from shadowbench.mirror import names
from shadowbench.mirror.options import CandidateOptions, MirrorOptions
from shadowbench.mirror.service import MirrorService
from shadowbench.recorder.assembly import Assembly
from shadowbench.recorder.ledger import Ledger
from shadowbench.recorder.memory import Memory
from shadowbench.recorder.raw import Discarded, RawExchange
from shadowbench.secret import SECRET_ENV
from shadowbench.signals import Counters
from shadowbench.worker import Parent

CHAT = "/v1/chat/completions"
ANSWER_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


async def eventually(holds: Callable[[], bool], within_s: float = 10.0) -> None:
    """Ask until it holds; fail after `within_s`."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "did not come true"
        await asyncio.sleep(0.002)


def request_head(path: str = CHAT, headers: Mapping[str, str] | None = None, method: str = "POST") -> bytes:
    """A head as a proxy copies it."""
    lines = [f"{method} {path} HTTP/1.1", "Host: gateway.test"]
    lines += [f"{name}: {value}" for name, value in {"Content-Type": "application/json", **(headers or {})}.items()]
    return ("\r\n".join(lines) + "\r\n").encode("latin-1")


def chat_body(**members: Any) -> bytes:
    """A chat request."""
    return json.dumps({"model": "big", "messages": [{"role": "user", "content": "hello"}]} | members).encode()


class FakeProxy:
    """A proxy worker's end: a real sender, and frames by hand."""

    def __init__(self, path: Path, name: str = "proxy-0") -> None:
        self.counters = Counters()
        self.policy: Policy | None = None
        self.drops: list[int] = []
        self.lost = 0
        self.sender = links.Sender(
            path, role="proxy", name=name, listener=self, counters=self.counters, chance=random.Random(7)
        )
        self.sequence = 0

    async def connect(self) -> None:
        self.sender.start()
        await eventually(lambda: self.sender.ready and self.policy is not None)

    def on_ready(self, epoch: str) -> None:
        self.sequence = 0

    def on_frame(self, frame: Frame) -> None:
        if frame.kind == Kind.POLICY:
            self.policy = Policy.from_json(frame.payload)
        elif frame.kind == Kind.DROP:
            self.drops.append(frame.sequence)

    def on_lost(self, epoch: str, count: int) -> None:
        self.lost += count

    # ── exchanges ──

    def open(self, head: bytes | None = None, *, admitted: float = 1.0, version: int | None = None) -> int:
        assert self.policy is not None
        self.sequence += 1
        self.sender.opened += 1
        version = self.policy.version if version is None else version
        now_ns = time.monotonic_ns()
        head = request_head() if head is None else head
        self.sender.write([handoff.open_frame(self.sequence, now_ns, version, head, admitted)])
        return self.sequence

    def send_request(self, sequence: int, body: bytes | None = None, *, age_s: float = 0.0) -> None:
        body = chat_body() if body is None else body
        sent_ns = time.monotonic_ns() - int(age_s * 1e9)
        frames = handoff.request_frames(sequence, body)
        self.sender.write([*frames, handoff.request_end_frame(sequence, sent_ns)])

    def answer(self, sequence: int, *chunks: bytes, reason: str | None = None) -> None:
        now_ns = time.monotonic_ns()
        writer = PartWriter(sequence)
        frames = [handoff.head_frame(sequence, now_ns, ANSWER_HEAD)]
        for chunk in chunks or (b'{"choices":[]}',):
            frames += writer.add(now_ns, chunk) or []
        frames += writer.flush()
        self.sender.write(frames)
        self.end(sequence, reason)

    def end(self, sequence: int, reason: str | None = None) -> None:
        now_ns = time.monotonic_ns()
        frame = handoff.end_frame(sequence, now_ns) if reason is None else handoff.abort_frame(sequence, now_ns, reason)
        self.sender.write([frame])

    def exchange(
        self, body: bytes | None = None, head: bytes | None = None, *, age_s: float = 0.0, **given: Any
    ) -> int:
        """A whole one."""
        sequence = self.open(head, **given)
        self.send_request(sequence, body, age_s=age_s)
        self.answer(sequence)
        return sequence

    async def settled(self) -> None:
        await eventually(lambda: self.sender.settled == self.sender.opened)


class FakeRecorder:
    """The recorder's end. Settles at once, unless `holds_back`."""

    def __init__(self) -> None:
        self.exchanges: list[RawExchange] = []
        self.discarded: list[str] = []
        self.holds_back = False
        self.refuses_all = False
        self.usd: float | None = None  # what it says that each call cost; None: it says nothing
        self.connections: list[_RecorderConnection] = []
        self.errors: list[str] = []
        self.notes: list[Frame] = []  # FUNNEL and MARK
        self._server: asyncio.Server | None = None

    async def listen(self, path: Path) -> None:
        self._server = await links.listen(path, lambda: _RecorderConnection(self))

    def stop(self) -> None:
        """Gone, like killed."""
        if self._server is not None:
            self._server.close()
        for connection in self.connections:
            connection.transport.abort()
        self.connections = []

    def settle(self) -> None:
        """What was held back."""
        self.holds_back = False
        for connection in self.connections:
            connection.acknowledge()


class _RecorderConnection(asyncio.Protocol):
    def __init__(self, owner: FakeRecorder) -> None:
        self._owner = owner
        self._reader = FrameReader()
        self._ledger = Ledger()
        self.assembly = Assembly(Memory(1 << 30), max_body_bytes=1 << 26)
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._owner.connections.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self._owner.connections:
            self._owner.connections.remove(self)

    def data_received(self, data: bytes) -> None:
        for frame in self._reader.feed(data):
            try:
                self._take(frame)
            except Exception as error:
                self._owner.errors.append(repr(error))
                raise
        if not self._owner.holds_back:
            self.acknowledge()

    def _take(self, frame: Frame) -> None:
        if frame.kind == Kind.HELLO:
            self.transport.write(handoff.pack(Kind.WELCOME, 0, json.dumps({"version": handoff.VERSION}).encode()))
            return
        if frame.kind == Kind.GOODBYE:
            return
        if frame.kind in (Kind.FUNNEL, Kind.MARK):
            self._owner.notes.append(frame)
            return
        closed = self.assembly.take(frame)
        if closed is None:
            return
        place = self._ledger.place()
        place.recorded = not isinstance(closed, Discarded) and not self._owner.refuses_all
        if isinstance(closed, Discarded):
            self._owner.discarded.append(closed.reason)
        else:
            self._owner.exchanges.append(closed)
            if self._owner.usd is not None:
                sides = [side for side, told in closed.sides.items() if side and told.t0_ns is not None]
                place.costs = [handoff.cost_frame(frame.sequence, side, self._owner.usd, 10) for side in sides]

    def acknowledge(self) -> None:
        self.transport.writelines(self._ledger.due())


@dataclass
class Rig:
    """A mirror between a proxy and a recorder."""

    folder: Path
    service: MirrorService
    parent: Parent
    recorder: FakeRecorder
    proxies: list[FakeProxy] = field(default_factory=list)

    async def proxy(self) -> FakeProxy:
        """Another worker."""
        proxy = FakeProxy(self.folder / "run/mirror.sock", f"proxy-{len(self.proxies)}")
        self.proxies.append(proxy)
        await proxy.connect()
        return proxy

    @property
    def logged(self) -> list[RawExchange]:
        """What the recorder got, in the order of opening; it came in the order of closing."""
        return sorted(self.recorder.exchanges, key=lambda exchange: exchange.plan.proxy_sequence)

    @property
    def funnel(self) -> dict[str, float]:
        """Exchanges by stage and reason."""
        return self._by(names.EXCHANGES)

    def lane(self, name: str = "small") -> dict[str, float]:
        """One candidate's calls by stage and reason, as far as the call goes."""
        return {stage: n for stage, n in self._calls(name).items() if "paired" not in stage}

    def pairs(self, name: str = "small") -> dict[str, float]:
        """What became of one candidate's calls in the log."""
        return {stage: n for stage, n in self._calls(name).items() if "paired" in stage}

    def _calls(self, name: str) -> dict[str, float]:
        return self._by(names.CALLS, ("candidate", name))

    def _by(self, series: str, *wanted: tuple[str, str]) -> dict[str, float]:
        found = {}
        for sample in self.parent.counters.snapshot():
            labels = dict(sample.labels)
            if sample.name == series and all(labels[key] == value for key, value in wanted):
                found[":".join(part for part in (labels["stage"], labels["reason"]) if part)] = sample.value
        return found


def candidate(url: str, name: str = "small", **changes: Any) -> CandidateOptions:
    """A candidate that sees everything."""
    given: dict[str, Any] = {"name": name, "url": url, "sample_rate": 1.0}
    return CandidateOptions(**(given | changes))


@asynccontextmanager
async def mirror(
    folder: Path, *candidates: CandidateOptions, environ: Mapping[str, str] | None = None, **changes: Any
) -> AsyncIterator[Rig]:
    """A running mirror with its recorder. Leaves in order, and checks that nothing is left over."""
    run = folder / "run"
    given: dict[str, Any] = {
        "runtime_folder": str(run),
        "secret_file": str(folder / "secret"),
        "candidates": candidates,
        "duplicate_window_s": 0.0,  # tests send one body again and again
        "drain_s": 5.0,
        "finish_s": 0.2,
        "settle_s": 2.0,
    }
    options = MirrorOptions(**(given | changes))
    parent = Parent("mirror")
    recorder = FakeRecorder()
    await recorder.listen(run / "recorder.sock")
    # A fixed secret and fixed chance: the same exchanges are sampled in every run.
    service = MirrorService(options, parent, {SECRET_ENV: "5b" * 32, **(environ or {})}, random.Random(1))
    await service.start()
    rig = Rig(folder, service, parent, recorder)
    await eventually(lambda: service.dispatcher.recorder.sender.ready)
    try:
        yield rig
        await asyncio.gather(*(proxy.sender.leave(5.0) for proxy in rig.proxies))
    finally:
        for proxy in rig.proxies:
            await proxy.sender.leave(0.0)
        await service.stop()
        recorder.stop()
    assert recorder.errors == []
    # Nothing is left over: no bytes, no exchanges, no calls; and nothing vanished without a reason.
    assert Funnel(service.dispatcher.funnel()).under_way() == []
    assert service.memory.held == 0
    assert service.dispatcher.recorder.unsettled == 0
    assert [(lane.queued, lane.running) for lane in service.dispatcher.lanes] == [(0, 0)] * len(candidates)
