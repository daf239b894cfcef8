"""The end that proxies connect to: frames in, POLICY, DROP and ACK back.

Frames are worked off in slices of half a millisecond with the socket paused meanwhile: after a stall a read brings hundreds of
exchanges, and the chunks of candidates' answers that arrive then must not be stamped late.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import cast

from shadowbench import handoff, links
from shadowbench.errors import ProtocolError
from shadowbench.handoff import Frame, Kind
from shadowbench.mirror import names
from shadowbench.mirror.clock import Clock
from shadowbench.mirror.dispatcher import OPENED, Dispatcher
from shadowbench.mirror.exchange import Books, LiveExchange
from shadowbench.mirror.intake import ANSWERS, Goodbye, Intake
from shadowbench.mirror.memory import Memory
from shadowbench.mirror.plan import Planner
from shadowbench.signals import Counters

SLICE_NS = 500_000
# Settlements are told together: one small frame per exchange would cost both sides a read.
ACK_DELAY_S = 0.025
# A proxy that does not read its settlements is stopped or gone; its frames are not needed then.
MAX_UNREAD_BYTES = 4 * 1024 * 1024


class ProxyConnection(asyncio.Protocol):
    """One proxy worker."""

    def __init__(self, server: MirrorServer) -> None:
        self.intake: Intake | None = None
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._reader = handoff.FrameReader()
        self._inbox: deque[Frame] = deque()
        self._paused = False
        self._deaf = False
        self._counted_late = 0

    # ── transport events ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if links.peer_uid(transport) != os.geteuid():
            self._refuse("peer_user")

    def data_received(self, data: bytes) -> None:
        try:
            self._inbox.extend(self._reader.feed(data))
        except ProtocolError as error:
            self._violated(error)
            return
        if not self._paused:
            self._work()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._inbox.clear()
        self._server.lost(self)

    # ── frames ──

    def _work(self) -> None:
        transport = self._transport
        if transport is None or self._deaf:
            return
        clock = self._server.clock
        began_ns = clock.now_ns()
        unix_s, until_ns = clock.unix_at(began_ns), began_ns + SLICE_NS
        inbox = self._inbox
        try:
            while inbox:
                self._take(inbox.popleft(), unix_s)
                if clock.now_ns() > until_ns:
                    break
        except ProtocolError as error:
            self._violated(error)
            return
        self._pause_while(bool(inbox), transport)

    def _pause_while(self, is_behind: bool, transport: asyncio.Transport) -> None:
        if is_behind:
            self._server.loop.call_soon(self._work)
        if is_behind != self._paused and not transport.is_closing():
            self._paused = is_behind
            if is_behind:
                transport.pause_reading()
            else:
                transport.resume_reading()

    def _take(self, frame: Frame, unix_s: float) -> None:
        intake, server = self.intake, self._server
        if intake is None:
            self._greet(frame)
            return
        kind = frame.kind
        if kind in ANSWERS and (live := intake.answered(frame)) is not None:
            server.dispatcher.relay(live, frame)
            return
        if kind == Kind.OPEN:
            server.dispatcher.count(OPENED)
        action = intake.take(frame, unix_s)
        if isinstance(action, Goodbye):
            server.acknowledge_soon(self)
        elif action is not None:
            server.dispatcher.do(action)

    def _greet(self, frame: Frame) -> None:
        if frame.kind != Kind.HELLO:
            raise ProtocolError("the first frame is not a hello")
        fields = handoff.read_json(frame.payload)
        version = handoff.check_version(fields)
        epoch = fields.get("epoch")
        if fields.get("role") != "proxy" or not isinstance(epoch, str) or not epoch or len(epoch) > 200:
            raise ProtocolError("the peer is no proxy, or has no epoch")
        self.intake = self._server.greeted(self, epoch)
        # An older proxy is spoken to in its own version, or it would hang up.
        welcome = json.dumps({"version": min(version, handoff.VERSION), "role": "mirror"}).encode()
        # Policy first: once welcomed, a proxy opens exchanges, and by rates that are in force.
        self.write([handoff.pack(Kind.POLICY, 0, self._server.policy), handoff.pack(Kind.WELCOME, 0, welcome)])

    # ── back ──

    def write(self, frames: list[bytes]) -> None:
        """To the proxy."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.writelines(frames)
        if transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            self._refuse("not_reading")

    def acknowledge(self) -> None:
        """Tell what has been settled so far."""
        intake = self.intake
        if intake is not None:
            self._server.count_late(intake.late - self._counted_late)
            self._counted_late = intake.late
            self.write([handoff.ack_frame(intake.books.recorded, intake.books.discarded)])

    def stop_reading(self) -> None:
        """Hear no more. What the proxy opens from now on it will count as lost with the mirror."""
        self._deaf = True
        self._inbox.clear()
        if self._transport is not None and not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def close(self) -> None:
        """Send what is written, and hang up."""
        if self._transport is not None:
            self._transport.close()

    def _violated(self, error: ProtocolError) -> None:
        self._server.log("warning", "a proxy was refused", error=str(error))
        self._refuse(error.reason)

    def _refuse(self, reason: str) -> None:
        self._server.counters.add(names.REFUSALS, (("reason", reason),))
        self._inbox.clear()
        if self._transport is not None:
            self._transport.abort()


class MirrorServer:
    """All proxy connections."""

    def __init__(
        self,
        *,
        planner: Planner,
        memory: Memory,
        clock: Clock,
        counters: Counters,
        loop: asyncio.AbstractEventLoop,
        log: Callable[..., None],
    ) -> None:
        self.dispatcher: Dispatcher  # set by who builds both
        self.clock = clock
        self.counters = counters
        self.loop = loop
        self.log = log
        self.memory = memory
        self.planner = planner
        self.policy = planner.terms.policy().to_json()
        self._connections: dict[Books, ProxyConnection] = {}
        self._unacknowledged: set[ProxyConnection] = set()
        self._ack_timer: asyncio.TimerHandle | None = None
        self._listening: asyncio.Server | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    async def listen(self, path: Path) -> None:
        """Receive proxies. Raises UnavailableError."""
        self._listening = await links.listen(path, lambda: ProxyConnection(self))

    @property
    def connections(self) -> int:
        """Proxies that said hello and are still there."""
        return len(self._connections)

    @property
    def live(self) -> int:
        """Exchanges whose production side has not ended."""
        return sum(len(books.live) for books in self._connections)

    async def until_empty(self, deadline_s: float) -> None:
        """Wait until all proxies have left, or the deadline."""
        try:
            async with asyncio.timeout(deadline_s):
                await self._empty.wait()
        except TimeoutError:
            pass  # proxies that stay will find another mirror

    def announce(self) -> None:
        """Tell all proxies the policy in force, and those that come."""
        self.policy = self.planner.terms.policy().to_json()
        for connection in tuple(self._connections.values()):
            connection.write([handoff.pack(Kind.POLICY, 0, self.policy)])

    def stop_listening(self) -> None:
        """No new proxies, and nothing more from those that are there: what they had under way is given up."""
        if self._listening is not None:
            self._listening.close()
        for books, connection in tuple(self._connections.items()):
            connection.stop_reading()
            for live in books.lose():
                self.dispatcher.abandon(live, "shutdown")

    def close(self) -> None:
        """Last settlements, then hang up."""
        self._acknowledge_all()
        for connection in tuple(self._connections.values()):
            connection.close()

    # ── for connections ──

    def greeted(self, connection: ProxyConnection, epoch: str) -> Intake:
        """A proxy is there; the books for its exchanges."""
        books = Books(epoch, self.memory)
        self._connections[books] = connection
        self._empty.clear()
        return Intake(books, self.planner)

    def lost(self, connection: ProxyConnection) -> None:
        """A proxy is gone; answers it will not tell to the end make no pair."""
        intake = connection.intake
        if intake is None:
            return
        self._connections.pop(intake.books, None)
        self._unacknowledged.discard(connection)
        if not intake.leaving:
            self.counters.add(names.GOODBYES_MISSED)
        for live in intake.books.lose():
            self.dispatcher.abandon(live, "proxy_lost")
        if not self._connections:
            self._empty.set()

    def count_late(self, count: int) -> None:
        """Frames nobody needed."""
        if count:
            self.counters.add(names.LATE_FRAMES, n=count)

    # ── for the dispatcher ──

    def drop(self, live: LiveExchange) -> None:
        """Ask a proxy to stop copying an exchange."""
        connection = self._connections.get(live.books)
        if connection is not None:
            connection.write([handoff.pack(Kind.DROP, live.sequence)])

    def settled(self, live: LiveExchange) -> None:
        """An exchange has come to its end."""
        connection = self._connections.get(live.books)
        if connection is not None:
            self.acknowledge_soon(connection)

    def acknowledge_soon(self, connection: ProxyConnection) -> None:
        """Tell a proxy its settlements with the next batch."""
        self._unacknowledged.add(connection)
        if self._ack_timer is None:
            self._ack_timer = self.loop.call_later(ACK_DELAY_S, self._acknowledge_all)

    def _acknowledge_all(self) -> None:
        if self._ack_timer is not None:
            self._ack_timer.cancel()
            self._ack_timer = None
        waiting, self._unacknowledged = self._unacknowledged, set()
        if waiting:
            self.dispatcher.tell_ends()
        for connection in waiting:
            connection.acknowledge()
