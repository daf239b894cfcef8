"""The receiving end of the mirrors' frames: connections, settlements, and the way out.

A mirror says HELLO and gets WELCOME; then frames come, and COSTs and ACKs go. Everything here runs on the loop and is quick:
it takes frames apart and keeps accounts. Reading what they say and storing it is the writer thread's work, so the sockets stay
drained; when more comes than can be stored, exchanges are discarded with a reason instead of slowing the mirror down.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import Callable
from typing import cast

from shadowbench import handoff, links
from shadowbench.errors import ProtocolError
from shadowbench.funnel import UNHEARD
from shadowbench.handoff import Frame, Kind
from shadowbench.recorder.assembly import Assembly
from shadowbench.recorder.ledger import Ledger, Place
from shadowbench.recorder.memory import RECORDER_FULL, STORE_FAILED, Memory
from shadowbench.recorder.notes import Notepad, Notes, read_funnel, read_mark
from shadowbench.recorder.options import RecorderOptions
from shadowbench.recorder.raw import Discarded
from shadowbench.recorder.writer import Item, Report, Settled, Writer
from shadowbench.records import FunnelCount
from shadowbench.signals import Counters, Labels

_CLOSING_S = 1.0
_COSTS_SINCE = 2
_MAX_NAME = 200
_GOODBYE = int(Kind.GOODBYE)
_OF_SIDES = frozenset(map(int, (Kind.OPEN, Kind.REQUEST, Kind.REQUEST_END, Kind.HEAD, Kind.PART, Kind.END, Kind.ABORT)))
_NOTES = {int(Kind.FUNNEL): read_funnel, int(Kind.MARK): read_mark}


class Recorder:
    """All connections, the memory they share, and the accounts. `writer` is set before the first connection."""

    writer: Writer

    def __init__(self, options: RecorderOptions, counters: Counters, log: Callable[..., None]) -> None:
        self.options = options
        self.memory = Memory(options.max_held_bytes)
        self.counters = counters
        self.log = log
        self.fatal: BaseException | None = None
        self.ended = asyncio.Event()  # the writer's thread has ended
        self._connections: set[MirrorConnection] = set()
        self._left = asyncio.Event()  # set whenever a connection has nothing more to say
        self._in_writer = 0
        self._failure: str | None = None
        self._lost = 0  # given to the writer, which gave up on the store

    def connect(self) -> MirrorConnection:
        """The protocol of a new connection."""
        return MirrorConnection(self)

    # ── accounts ──

    def settled(self, reason: str | None, count: int = 1) -> None:
        """So many exchanges are in the log (None) or will never be."""
        self.counters.add("recorder_exchanges_total", _labels(reason), count)

    def submit(self, item: Item) -> None:
        """A finished exchange goes to the writer."""
        self._in_writer += 1
        self.writer.put(item)

    def on_report(self, report: Report) -> None:
        """News of the writer, in order."""
        for sample in report.counters.snapshot():
            if sample.kind == "gauge":
                self.counters.gauge(sample.name, sample.value, sample.labels)
            else:
                self.counters.add(sample.name, sample.labels, sample.value)
        owners: set[MirrorConnection] = set()
        self._in_writer -= len(report.settled)
        for reason, count in Counter([settled.reason for settled in report.settled]).items():
            self.settled(reason, count)
            self._lost += count if reason == STORE_FAILED else 0
        for settled in report.settled:
            self.memory.give_back(settled.item.raw.held_bytes)
            owner = cast(MirrorConnection, settled.item.owner)
            owner.settle(settled)
            owners.add(owner)
        for owner in owners:
            owner.acknowledge()
        if report.sizes is not None:
            self.counters.gauge("store_wal_bytes", report.sizes.wal_bytes)
            if report.sizes.free_bytes is not None:
                self.counters.gauge("store_free_bytes", report.sizes.free_bytes)
        if report.ended:
            self.fatal = report.fatal
            self.ended.set()
        elif report.failure is not None:
            self._on_failing(report.failure, report.told)
        elif report.works is not None:
            self._on_working(report.works)

    def set_gauges(self) -> None:
        """Before each snapshot."""
        self.counters.gauge("recorder_backlog", self._in_writer)
        self.counters.gauge("recorder_open_exchanges", sum(len(c.assembly) for c in self._connections))
        self.counters.gauge("recorder_held_bytes", self.memory.used)
        self.counters.gauge("recorder_store_failing", self._failure is not None)

    def _on_failing(self, failure: str, told: str) -> None:
        if failure != self._failure:
            self._failure = failure
            self.memory.full_reason = STORE_FAILED
            sentence = "the pair log refuses; exchanges are kept while memory allows"
            self.log("error", sentence, reason=failure, error=told)

    def _on_working(self, works: str) -> None:
        if self._failure is not None:
            self._failure = None
            self.memory.full_reason = RECORDER_FULL
            self.log("info", "the pair log goes on" if works == "committed" else "the pair log could be opened")

    def _tell_lost(self) -> None:
        if self._lost:
            what = "exchange" if self._lost == 1 else "exchanges"
            self.log("warning", f"{self._lost} {what} lost at shutdown", exchanges=self._lost, reason=self._failure)

    # ── connections come and go ──

    def joined(self, connection: MirrorConnection) -> None:
        """A mirror was welcomed."""
        self._connections.add(connection)
        self.counters.gauge("recorder_connections", len(self._connections))

    def left(self, connection: MirrorConnection) -> None:
        """A connection ended."""
        self._connections.discard(connection)
        self.counters.gauge("recorder_connections", len(self._connections))
        self._left.set()

    def finished_one(self) -> None:
        """A connection that said goodbye has nothing open any more."""
        self._left.set()

    async def drain(self) -> None:
        """Serve until every mirror has said all, or the time is up; then flush, acknowledge, hang up.

        What is said but not stored is not waited for here: the writer knows how long a store that fails is worth it.
        """
        try:
            async with asyncio.timeout(self.options.drain_s):
                await self._until(lambda: all(connection.has_said_all for connection in self._connections))
        except TimeoutError:
            self.log("warning", "a mirror did not say goodbye in time")
        self.writer.stop(self.options.flush_s)
        await self.ended.wait()
        self._tell_lost()
        for connection in list(self._connections):
            connection.hang_up()
        try:
            async with asyncio.timeout(_CLOSING_S):
                await self._until(lambda: not self._connections)
        except TimeoutError:
            pass  # a mirror that does not read its acknowledgements counts them as lost

    async def _until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self._left.clear()
            await self._left.wait()


class MirrorConnection(asyncio.Protocol):
    """One mirror. An epoch begins and ends with it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._reader = handoff.FrameReader()
        self._ledger = Ledger()
        self._transport: asyncio.WriteTransport | None = None
        self._version = 0  # the peer's; 0 before its HELLO
        self._epoch = ""
        self._said_goodbye = False
        self._unheard = 0  # in the log, and nobody was there to be told
        self._interim = Notepad()  # counts that the mirror will tell again, unless it dies
        self.assembly = Assembly(recorder.memory, max_body_bytes=recorder.options.max_body_bytes)

    @property
    def has_said_all(self) -> bool:
        """Nothing more is expected: goodbye was said, and all that was opened is closed."""
        return self._said_goodbye and not self.assembly

    def settle(self, settled: Settled) -> None:
        """One exchange is in the log, or will never be. `acknowledge` tells it."""
        place = settled.item.place
        place.recorded = settled.reason is None
        self._unheard += place.recorded and self._transport is None
        if self._version >= _COSTS_SINCE:
            place.costs = [cost.frame(place.sequence) for cost in settled.costs]

    def acknowledge(self) -> None:
        """Tell the mirror what has been settled."""
        frames = self._ledger.due()
        if frames and self._transport is not None:
            self._transport.writelines(frames)
        if frames and self._unheard:
            count = FunnelCount(epoch=self._epoch, candidate="", stage=UNHEARD, reason="", count=self._unheard)
            self._recorder.writer.note(Notes(counts=(count,)))
        if self.has_said_all:
            self._recorder.finished_one()

    def hang_up(self) -> None:
        """Close once what was written has left."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        if links.peer_uid(transport) != os.geteuid():
            self._refuse("peer_user")

    def data_received(self, data: bytes) -> None:
        try:
            take = self.assembly.take
            for frame in self._reader.feed(data):
                if frame[0] in _OF_SIDES and self._version:  # the kind
                    take(frame)  # most frames; none of them closes
                else:
                    self._take(frame)
        except ProtocolError as error:
            self._recorder.log("error", "a mirror was refused", error=str(error))
            self._refuse(error.reason)
            return
        self.acknowledge()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._recorder.writer.note(self._interim.take()[0])
        self._forget("mirror_lost")
        self._recorder.left(self)

    # ── frames ──

    def _take(self, frame: Frame) -> None:
        if not self._version:
            self._welcome(frame)
        elif frame.kind == _GOODBYE:
            self._said_goodbye = True
        elif (read_notes := _NOTES.get(frame.kind)) is not None:
            self._note(frame, read_notes(frame.payload))
        else:
            closed = self.assembly.take(frame)
            if closed is None:
                return
            place = self._ledger.place(frame.sequence)
            if isinstance(closed, Discarded):
                self._discard(place, closed.reason)
            else:
                self._recorder.submit(Item(closed, place, self))

    def _note(self, frame: Frame, notes: Notes) -> None:
        if frame.kind == Kind.FUNNEL and frame.sequence == handoff.INTERIM:
            self._interim.add(notes)
            return
        if frame.kind == Kind.FUNNEL:
            self._interim.take()  # all of it is older
        self._recorder.writer.note(notes)

    def _welcome(self, frame: Frame) -> None:
        if frame.kind != Kind.HELLO:
            raise ProtocolError("a connection begins with HELLO")
        fields = handoff.read_json(frame.payload)
        version = handoff.check_version(fields)
        if fields.get("role") != "mirror":
            raise ProtocolError(f"the recorder serves mirrors, not {str(fields.get('role'))[:20]!r}")
        self._version = version
        self._epoch = str(fields.get("epoch"))[:_MAX_NAME]
        self._recorder.joined(self)
        if self._transport is not None:
            # An older mirror is spoken to in its own version, or it would hang up.
            answer = json.dumps({"version": min(version, handoff.VERSION), "role": "recorder"}).encode()
            self._transport.write(handoff.pack(Kind.WELCOME, 0, answer))

    def _discard(self, place: Place, reason: str) -> None:
        place.recorded = False
        self._recorder.settled(reason)

    def _refuse(self, reason: str) -> None:
        self._recorder.counters.add("recorder_refusals_total", (("reason", reason),))
        self._forget(reason)
        if self._transport is not None:
            self._transport.abort()

    def _forget(self, reason: str) -> None:
        # No acknowledgement: the mirror counts what it opened and nobody settled.
        for _ in range(self.assembly.give_up()):
            self._recorder.settled(reason)


def _labels(reason: str | None) -> Labels:
    return (("result", "recorded" if reason is None else "discarded"), ("reason", reason or ""))
