"""Connections in memory: transports that do what a test says, and a proxy worker between them.

They behave as uvloop's: `close` waits for what is unsent, the loss of a connection is told in a later turn of the loop,
`pause_writing` comes from within `write`.
"""

from __future__ import annotations

import asyncio
import random
import select
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from shadowbench import handoff
from shadowbench.handoff import FrameReader, Kind, Policy
from shadowbench.http1.client import ClientConnection
from shadowbench.http1.origin import ConnectFault, Origin, OriginOptions
from shadowbench.http1.requests import ServerOptions
from shadowbench.http1.resolver import Resolver
from shadowbench.http1.server import ServerConnection
from shadowbench.proxy.options import ProxyOptions
from shadowbench.proxy.tap import Tap
from shadowbench.proxy.traffic import Traffic
from shadowbench.signals import Counters
from tests.integration.proxying import NOW, ManualTicker, Told, make_policy

HIGH_WATER = 65536


class Wire:
    """A transport. `holds`: the peer reads nothing, so that what is written stays unsent."""

    def __init__(self, protocol: Any, *, tls: bool = False) -> None:
        self._loop = asyncio.get_running_loop()
        self.protocol = protocol
        self.sock, self.far_end = socket.socketpair(socket.AF_UNIX)
        self.tls = tls
        self.sent = b""  # at the peer
        self.unsent = b""
        self.holds = False
        self.is_reading = True
        self.wrote_eof = False
        self.was_aborted = False
        self.was_reset = False
        self.is_lost = False
        self.high_water = HIGH_WATER
        self._is_paused = False
        self._is_closing = False
        protocol.connection_made(self)

    # ── what protocols call ──

    def write(self, data: bytes) -> None:
        if self._is_closing:
            return
        assert isinstance(data, bytes | bytearray | memoryview)
        assert not self.wrote_eof, "write behind write_eof"
        self.unsent += data
        if not self.holds:
            self._send()
        elif len(self.unsent) > self.high_water and not self._is_paused:
            self._is_paused = True
            self.protocol.pause_writing()

    def writelines(self, pieces: Sequence[bytes]) -> None:
        self.write(b"".join(pieces))

    def write_eof(self) -> None:
        assert not self.tls
        self.wrote_eof = True

    def can_write_eof(self) -> bool:
        return not self.tls

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self.is_reading = False
            if not self.unsent:
                self._loop.call_soon(self._lose, None)

    def abort(self) -> None:
        self.was_aborted = True
        self.unsent = b""
        self._is_closing = True
        self._loop.call_soon(self._lose, None)

    def is_closing(self) -> bool:
        return self._is_closing

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def get_write_buffer_size(self) -> int:
        return len(self.unsent)

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        self.high_water = high

    def get_extra_info(self, name: str) -> Any:
        return self if name == "socket" or (name == "ssl_object" and self.tls) else None

    def fileno(self) -> int:
        return self.sock.fileno()

    def setsockopt(self, level: int, option: int, value: object) -> None:
        self.was_reset = True

    # ── what tests call ──

    def receive(self, data: bytes) -> None:
        """Bytes arrive, if anybody reads."""
        assert self.is_reading and not self._is_closing, "nobody reads"
        self.protocol.data_received(data)

    @property
    def takes(self) -> bool:
        return self.is_reading and not self._is_closing

    def end(self) -> None:
        """The peer's FIN, seen by the kernel; told when somebody reads."""
        self.far_end.shutdown(socket.SHUT_WR)
        if self.takes and not self.protocol.eof_received():
            self.close()

    def break_(self) -> None:
        """The peer's RST."""
        if not self.is_lost:
            self.unsent = b""
            self._is_closing = True
            self._loop.call_soon(self._lose, ConnectionResetError(104, "reset"))

    def release(self) -> None:
        """The peer reads all that waits, and goes on reading."""
        self.holds = False
        self._send()

    def take(self) -> bytes:
        """All that was sent since the last call."""
        sent, self.sent = self.sent, b""
        return sent

    def has_ended(self) -> bool:
        return bool(select.select([self.far_end], [], [], 0)[0]) or self._is_closing

    def _send(self) -> None:
        self.sent += self.unsent
        self.unsent = b""
        if self._is_paused:
            self._is_paused = False
            self.protocol.resume_writing()
        if self._is_closing and not self.is_lost:
            self._loop.call_soon(self._lose, None)

    def _lose(self, error: Exception | None) -> None:
        if not self.is_lost:
            self.is_lost = True
            self.protocol.connection_lost(error)
            self.discard()

    def discard(self) -> None:
        self.sock.close()
        self.far_end.close()

    __del__ = discard  # of a test that failed


class WiredOrigin(Origin):
    """The real pool over wires. While `gate` is not set nobody gets a connection; `fault` is what they get instead, `bug` what
    goes wrong in a way that nobody thought of: it is raised, or given to them."""

    def __init__(self, ticker: ManualTicker, options: OriginOptions | None = None) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(options or OriginOptions(url="http://production.test"), ticker, Resolver(loop))
        self.wires: list[Wire] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fault: str | None = None
        self.bug: object = None

    async def connect(self) -> ClientConnection:
        await self.gate.wait()
        if self.fault is not None:
            raise ConnectFault(self.fault)
        if isinstance(self.bug, Exception):
            raise self.bug
        if self.bug is not None:
            return cast(ClientConnection, self.bug)
        connection = ClientConnection(self._ticker, self.rest, self._lost)
        self.wires.append(Wire(connection))
        connection.connect_s = 0.001
        self.connections += 1
        self._all.add(connection)
        return connection


class Bench:
    """A worker between wires, with a link to a mirror if wanted."""

    def __init__(
        self,
        *,
        policy: Policy | None = None,
        server: ServerOptions | None = None,
        production: OriginOptions | None = None,
        log: Callable[..., None] | None = None,
        **given: Any,
    ) -> None:
        self.ticker = ManualTicker(asyncio.get_running_loop())
        self.counters = Counters()
        self.origin = WiredOrigin(self.ticker, production)
        self.clients: list[Wire] = []
        self.links: list[Wire] = []
        self.tap: Tap | None = None
        if policy is not None:
            self.tap = Tap(Path("/"), name="p", counters=self.counters, chance=random.Random(1), wall=lambda: NOW)
            self.tap.link._loop = asyncio.get_running_loop()
            self.connect_mirror(policy)
        options = ProxyOptions(production=self.origin._options, server=server or ServerOptions(), **given)
        self.traffic = Traffic(
            options, origin=self.origin, tap=self.tap, ticker=self.ticker, counters=self.counters, log=log
        )

    # ── peers ──

    def client(self) -> Wire:
        """A new client."""
        self.clients.append(Wire(ServerConnection(self.traffic, self.traffic.options.server)))
        return self.clients[-1]

    async def production(self, index: int = -1) -> Wire:
        """A connection to production, when it is made."""
        for _ in range(10):
            await asyncio.sleep(0)
        return self.origin.wires[index]

    async def settle(self) -> None:
        """Let the loop tell what is to be told."""
        for _ in range(10):
            await asyncio.sleep(0)

    # ── the mirror ──

    def connect_mirror(self, policy: Policy) -> None:
        """A mirror welcomes the tap's link."""
        assert self.tap is not None
        link = Wire(self.tap.link)
        self.links.append(link)
        self.say(Kind.WELCOME, b'{"version": 1}')
        self.say(Kind.POLICY, policy.to_json())

    def say(self, kind: Kind, payload: bytes = b"", sequence: int = 0) -> None:
        """A frame from the mirror."""
        if self.links[-1].takes:
            self.links[-1].receive(handoff.pack(kind, sequence, payload))

    def tell(self) -> None:
        """All that waits to be told to the mirror is told, as it would be a millisecond later."""
        if self.tap is not None:
            self.tap.afterwards.now()

    def told(self, link: int = -1) -> dict[int, Told]:
        """What the mirror was told over one link, checked for order."""
        exchanges: dict[int, Told] = {}
        self.tell()
        for frame in FrameReader().feed(self.links[link].sent):
            if frame.kind not in (Kind.HELLO, Kind.GOODBYE, Kind.TALLY):
                exchanges.setdefault(frame.sequence, Told()).take(frame)
        return exchanges

    # ── the end ──

    async def close(self) -> None:
        """All peers leave; every exchange that was begun has ended in exactly one way."""
        self.origin.gate.set()
        for wire in self.clients + self.origin.wires:
            wire.break_()
        await self.settle()
        for wire in self.origin.wires:
            wire.break_()
        await self.settle()
        self.origin.close()
        assert self.traffic.active == 0 and not self.traffic.connections and self.origin.connections == 0
        ended = self.traffic.answered + sum(
            sample.value for sample in self.counters.snapshot()
            if sample.name in ("proxy_cancelled_requests_total", "proxy_production_faults_total")
        )  # fmt: skip
        assert ended == self.traffic.begun
        self.tell()
        if self.tap is not None:
            assert not self.tap.copies
        for wire in self.clients + self.origin.wires + self.links:
            wire.discard()


__all__ = ["HIGH_WATER", "Bench", "Wire", "WiredOrigin", "make_policy"]
