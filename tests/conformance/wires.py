"""One end of a TCP connection that keeps every byte and waits for what it names: the suite's client and its servers."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from tests.conformance.judging import fail
from tests.conformance.messages import BadMessageError, Body, Head, head_of, response_body

T = TypeVar("T")
PATIENCE_S = 5.0  # how long a proxy on this machine may take for anything
_RESET = struct.pack("ii", 1, 0)  # linger for nothing: close sends RST


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole final response as the client's socket got it."""

    head: Head
    body: bytes
    framing: str
    interim: tuple[int, ...]  # statuses of the 1xx before it

    @property
    def status(self) -> int:
        return self.head.status


class Wire(asyncio.Protocol):
    """One end. `received` only grows; `at` is where the next message begins."""

    def __init__(self, on_open: Callable[[Wire], None] | None = None) -> None:
        self.received = bytearray()
        self.at = 0
        self.ended: str | None = None  # fin | reset
        self._on_open = on_open
        self._waiters: set[asyncio.Future[None]] = set()
        self.gone = asyncio.Event()  # the socket is closed

    # ── the transport's side ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        sock = cast(socket.socket, transport.get_extra_info("socket"))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._on_open is not None:
            self._on_open(self)

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._wake()

    def eof_received(self) -> bool:
        self.ended = self.ended or "fin"
        self._wake()
        return True  # our half stays open until we close it

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = "reset" if exc is not None else self.ended or "fin"
        self.gone.set()
        self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    # ── ours ──

    def send(self, data: bytes) -> None:
        """Write; the kernel gets it as one piece where it can."""
        self.transport.write(data)

    def half_close(self) -> None:
        self.transport.write_eof()

    def close(self) -> None:
        self.transport.close()

    def reset(self) -> None:
        """Close with RST."""
        sock = cast(socket.socket, self.transport.get_extra_info("socket"))
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        except OSError:
            pass  # it is closed already
        self.transport.abort()

    async def until(self, holds: Callable[[], T | None], what: str, *, within_s: float = PATIENCE_S) -> T:
        """Wait until `holds` gives something. Fails when it does not in time, or when the peer ended before."""
        try:
            async with asyncio.timeout(within_s):
                while (got := holds()) is None:
                    if self.ended:
                        fail(f"{what}: the connection was {_ENDED[self.ended]} first")
                    await self._turn()
                return got
        except TimeoutError:
            fail(f"{what}: not within {within_s:g} s")
        except BadMessageError as error:
            fail(f"{what}: {error}")

    async def until_ended(self, what: str, *, within_s: float = PATIENCE_S) -> str:
        """Wait for the peer's end: `fin` or `reset`."""
        try:
            async with asyncio.timeout(within_s):
                while self.ended is None:
                    await self._turn()
                return self.ended
        except TimeoutError:
            fail(f"{what}: not within {within_s:g} s")

    async def until_seen(self, needle: bytes, what: str, *, within_s: float = PATIENCE_S) -> None:
        """Wait until bytes are there, somewhere after `at`."""
        await self.until(lambda: True if self.received.find(needle, self.at) >= 0 else None, what, within_s=within_s)

    async def _turn(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)

    # ── as a client ──

    async def head(self, what: str = "the answer's head", *, within_s: float = PATIENCE_S) -> Head:
        """The next head, which stays in place."""
        return await self.until(lambda: head_of(self.received[self.at :]), what, within_s=within_s)

    async def answer(self, *, is_head: bool = False, what: str = "the answer", within_s: float = PATIENCE_S) -> Answer:
        """The next final response, whole."""
        interim: list[int] = []
        while True:
            head = await self.head(what, within_s=within_s)
            if head.status >= 200 or head.status == 101:
                break
            interim.append(head.status)
            self.at += head.size
        body = await self.until(lambda: self._body(head, is_head), what, within_s=within_s)
        self.at += head.size + body.size
        return Answer(head=head, body=body.data, framing=body.framing, interim=tuple(interim))

    def _body(self, head: Head, is_head: bool) -> Body | None:
        if head.status == 101:
            return Body(data=b"", size=0, framing="none")
        rest = bytes(self.received[self.at + head.size :])
        return response_body(head, rest, ended=self.ended == "fin", is_head=is_head)


_ENDED = {"fin": "closed", "reset": "reset"}


async def connect(host: str, port: int) -> Wire:
    """A client's connection."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, wire = await asyncio.get_running_loop().create_connection(Wire, host, port)
            return wire
    except (OSError, TimeoutError):
        fail("the proxy does not accept connections")
