"""A proxy worker on the test's own loop, between a scripted origin and raw clients, with a mirror that keeps every byte.

Both peers are plain sockets that read and write only when told to, so that a test is a transcript. Time does not pass unless
`Stage.pass_time` says so.
"""

from __future__ import annotations

import asyncio
import functools
import random
import re
import select
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import uvloop

from shadowbench import handoff, links
from shadowbench.handoff import Chunk, Frame, Kind, Policy
from shadowbench.http1.origin import Origin, OriginOptions
from shadowbench.http1.requests import ServerOptions
from shadowbench.http1.resolver import Resolver
from shadowbench.http1.server import ServerConnection
from shadowbench.http1.ticker import Ticker
from shadowbench.proxy.doorman import Doorman, Slots
from shadowbench.proxy.options import ProxyOptions
from shadowbench.proxy.tap import Tap
from shadowbench.proxy.traffic import Traffic
from shadowbench.signals import Counters

WITHIN_S = 20.0
NOW = 1_700_000_000.0
CHAT = "/v1/chat/completions"
SALT = b"salt of the tests"

GET = b"GET /v1/models HTTP/1.1\r\nHost: gateway.test\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

Cut = Callable[[bytes], Iterable[bytes]]


def on_uvloop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test on the loop that workers run on. No exception may reach the loop."""

    @functools.wraps(test)
    def run(*given: Any, **named: Any) -> None:
        async def bounded() -> None:
            uncaught: list[dict[str, Any]] = []
            asyncio.get_running_loop().set_exception_handler(lambda _, context: uncaught.append(context))
            async with asyncio.timeout(WITHIN_S):
                await test(*given, **named)
            assert not uncaught

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(bounded())

    return run


async def eventually(holds: Callable[[], bool]) -> None:
    """Let the loop work until it holds; the test's own time-out bounds it."""
    while not holds():  # noqa: ASYNC110  what is waited for has no event
        await asyncio.sleep(0.001)


def head(*lines: str | bytes, first: str = f"POST {CHAT} HTTP/1.1", host: str | None = "gateway.test") -> bytes:
    """A request head."""
    all_lines: list[str | bytes] = [first, *([f"Host: {host}"] if host is not None else []), *lines]
    return b"".join((x.encode("latin-1") if isinstance(x, str) else x) + b"\r\n" for x in all_lines) + b"\r\n"


def post(body: bytes = b"{}", *lines: str | bytes, path: str = CHAT) -> bytes:
    """A request with a body of known length."""
    return head(f"Content-Length: {len(body)}", *lines, first=f"POST {path} HTTP/1.1") + body


def chunks(*pieces: bytes) -> bytes:
    """Chunked coding of `pieces`, without the last chunk."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


LAST = b"0\r\n\r\n"


def dechunk(coded: bytes) -> bytes:
    """The content of a whole chunked body; fails when it is not whole."""
    content: list[bytes] = []
    at = 0
    while True:
        line_end = coded.index(b"\r\n", at)
        length = int(coded[at:line_end], 16)
        at = line_end + 2
        if length == 0:
            assert coded[at:] == b"\r\n", f"behind the last chunk: {coded[at:]!r}"
            return b"".join(content)
        content.append(coded[at : at + length])
        at += length + 2
        assert coded[at - 2 : at] == b"\r\n"


# ── cuts ──


def whole(data: bytes) -> Iterator[bytes]:
    yield data


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    for at in range(len(data)):
        yield data[at : at + 1]


def at_random(seed: int) -> Cut:
    """Pieces of 1 to 40 bytes."""

    def cut(data: bytes) -> Iterator[bytes]:
        chance = random.Random(seed)
        at = 0
        while at < len(data):
            size = chance.randint(1, 40)
            yield data[at : at + size]
            at += size

    return cut


# ── peers ──


class Peer:
    """One end of a TCP (or unix) connection, by hand."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self._loop = asyncio.get_running_loop()
        self._came = bytearray()

    async def send(self, data: bytes, cut: Cut = whole) -> None:
        for piece in cut(data):
            await self._loop.sock_sendall(self.sock, piece)
            if cut is not whole:
                await asyncio.sleep(0)

    async def _more(self) -> None:
        data = await self._loop.sock_recv(self.sock, 1 << 16)
        if not data:
            raise EOFError(f"ended behind {bytes(self._came[-1000:])!r}")
        self._came += data

    async def until(self, mark: bytes) -> bytes:
        """All up to and with `mark`."""
        searched = 0
        while (at := self._came.find(mark, searched)) < 0:
            searched = max(0, len(self._came) - len(mark))
            await self._more()
        return self._take(at + len(mark))

    async def read(self, size: int) -> bytes:
        while len(self._came) < size:
            await self._more()
        return self._take(size)

    def _take(self, size: int) -> bytes:
        found = bytes(self._came[:size])
        del self._came[:size]
        return found

    async def head(self) -> bytes:
        return await self.until(b"\r\n\r\n")

    async def message(self) -> bytes:
        """A request or response with everything that belongs to it, by its own framing."""
        first = await self.head()
        if re.search(rb"(?im)^transfer-encoding: chunked\r$", first):
            body = b""
            while not body.endswith(LAST) or (body != LAST and not body.endswith(b"\r\n" + LAST)):
                body += await self.until(b"\r\n")
            return first + body
        length = re.search(rb"(?im)^content-length: (\d+)\r$", first)
        return first + (await self.read(int(length[1])) if length else b"")

    async def rest(self) -> bytes:
        """All up to the end of the connection. Raises ConnectionResetError when that is a reset."""
        while data := await self._loop.sock_recv(self.sock, 1 << 16):
            self._came += data
        return self._take(len(self._came))

    async def ending(self) -> tuple[bytes, str]:
        """All up to the end of the connection, and which end it was: eof or reset."""
        try:
            return await self.rest(), "eof"
        except ConnectionResetError:
            return self._take(len(self._came)), "reset"

    async def ending_or_message(self) -> bytes:
        """The next message, or nothing when the connection is over."""
        try:
            return await self.message()
        except (EOFError, ConnectionError):
            return b""

    def has_more(self) -> bool:
        """Whether bytes (or an end) wait to be read."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(self._came or poll.poll(0))

    def half_close(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.sock.close()

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class RawOrigin:
    """Production: a listening socket. Counts what arrives at it."""

    def __init__(self) -> None:
        self.sock = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.sock.setblocking(False)
        self.port: int = self.sock.getsockname()[1]
        self.peers: list[Peer] = []

    async def accept(self) -> Peer:
        sock, _ = await asyncio.get_running_loop().sock_accept(self.sock)
        peer = Peer(sock)
        self.peers.append(peer)
        return peer

    async def asked(self, kept: Peer) -> Peer:
        """The connection that the next request comes by: `kept`, or a new one if the pool let that one rest."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        await eventually(lambda: kept.has_more() or bool(poll.poll(0)))
        return kept if kept.has_more() else await self.accept()

    def close(self) -> None:
        for peer in self.peers:
            peer.close()
        self.sock.close()


class ManualTicker(Ticker):
    """Time passes when told to."""

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        for bucket in self._buckets:
            for watched in tuple(bucket):
                watched.check(self.now)


# ── the mirror's end ──


@dataclass(kw_only=True)
class Told:
    """What the frames said of one exchange."""

    kinds: list[str] = field(default_factory=list)
    opened: handoff.OpenPayload | None = None
    request: bytes = b""
    sent_ns: int | None = None
    response_head: handoff.HeadPayload | None = None
    parts: list[Chunk] = field(default_factory=list)
    end: handoff.EndPayload | None = None

    @property
    def response(self) -> bytes:
        return b"".join(part.data for part in self.parts)

    @property
    def reason(self) -> str | None:
        assert self.end is not None, f"neither ended nor aborted: {self.kinds}"
        return self.end.reason

    def take(self, frame: Frame) -> None:
        kind = Kind(frame.kind)
        assert self.end is None, f"{kind.name} behind the end"
        assert (kind == Kind.OPEN) == (self.opened is None), f"{kind.name} behind {self.kinds}"
        assert frame.side == handoff.PRODUCTION
        self.kinds.append(kind.name)
        if kind == Kind.OPEN:
            self.opened = handoff.read_open(frame.payload)
        elif kind == Kind.REQUEST:
            assert self.sent_ns is None
            self.request += frame.payload
        elif kind == Kind.REQUEST_END:
            assert self.sent_ns is None
            self.sent_ns = handoff.read_request_end(frame.payload)
        elif kind == Kind.HEAD:
            assert self.response_head is None
            self.response_head = handoff.read_head(frame.payload)
        elif kind == Kind.PART:
            assert self.response_head is not None
            self.parts += handoff.read_part(frame.payload)
        else:
            assert kind in (Kind.END, Kind.ABORT), kind
            self.end = handoff.read_end(frame.payload)
            assert (kind == Kind.END) == (self.end.reason is None)


class RawMirror(asyncio.Protocol):
    """One connection of a proxy, as the mirror sees it."""

    def __init__(self, listener: MirrorListener) -> None:
        self._listener = listener
        self._reader = handoff.FrameReader()
        self.transport: Any = None
        self.raw = b""
        self.frames: list[Frame] = []
        self.told: dict[int, Told] = {}
        self.hello: dict[str, Any] | None = None
        self.said_goodbye = False
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._listener.connections.append(self)

    def data_received(self, data: bytes) -> None:
        self.raw += data
        for frame in self._reader.feed(data):
            self.frames.append(frame)
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        if frame.kind == Kind.HELLO:
            self.hello = handoff.read_json(frame.payload)
            self._listener.greet(self)
        elif frame.kind == Kind.GOODBYE:
            self.said_goodbye = True
        else:
            self.told.setdefault(frame.sequence, Told()).take(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def say(self, kind: Kind, payload: bytes = b"", sequence: int = 0) -> None:
        self.transport.write(handoff.pack(kind, sequence, payload))

    def ack(self, recorded: int, discarded: int = 0) -> None:
        self.transport.write(handoff.ack_frame(recorded, discarded))

    @property
    def exchanges(self) -> list[Told]:
        return list(self.told.values())


class MirrorListener:
    """Listens where the proxy looks for its mirror."""

    def __init__(self, path: Path, policy: Policy | None = None) -> None:
        self.path = path
        self.connections: list[RawMirror] = []
        self.policy = policy or make_policy()
        self.welcome = b'{"version": 1}'
        self._server: asyncio.Server | None = None

    async def start(self) -> Self:
        self._server = await links.listen(self.path, lambda: RawMirror(self))
        return self

    def greet(self, mirror: RawMirror) -> None:
        mirror.say(Kind.WELCOME, self.welcome)
        mirror.say(Kind.POLICY, self.policy.to_json())

    async def connected(self, count: int = 1) -> RawMirror:
        await eventually(lambda: len(self.connections) >= count)
        return self.connections[count - 1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for connection in self.connections:
            connection.transport.abort()
        await eventually(lambda: all(connection.lost for connection in self.connections))


def make_policy(**changes: Any) -> Policy:
    """Hands off every chat request."""
    fields: dict[str, Any] = {"version": 1, "salt": SALT, "rate": 1.0, "endpoints": (("POST", "/chat/completions"),)}
    return Policy(**fields | changes)


# ── the stage ──


class Stage:
    """Worker, origin, clients and (perhaps) a mirror of one test."""

    def __init__(
        self, options: ProxyOptions, listening: socket.socket, origin: RawOrigin, tls: ssl.SSLContext | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        self.options = options
        self.counters = Counters()
        self.ticker = ManualTicker(loop)
        self.listening = listening
        self.production = origin
        self.origin = Origin(options.production, self.ticker, Resolver(loop))
        self.tap: Tap | None = None
        if options.mirror_socket:
            path = Path(options.mirror_socket)
            self.tap = Tap(path, name="proxy-0", counters=self.counters, chance=random.Random(1), wall=lambda: NOW)
            self.tap.start()
        self.traffic = Traffic(options, origin=self.origin, tap=self.tap, ticker=self.ticker, counters=self.counters)
        self.doorman = Doorman(
            [listening],
            lambda: ServerConnection(self.traffic, options.server),
            slots=Slots(-1, 0, 1),
            counters=self.counters,
            tls=tls,
        )
        self.doorman.start()
        self._clients: list[Peer] = []

    async def client(self) -> Peer:
        """A new client."""
        sock = socket.socket(self.listening.family)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, self.listening.getsockname())
        peer = Peer(sock)
        self._clients.append(peer)
        return peer

    async def exchange(self, request: bytes, response: bytes, cut: Cut = whole) -> tuple[bytes, bytes]:
        """One exchange on new connections: what production got, and what the client got up to the end of a connection that
        production closes and the client then leaves."""
        client = await self.client()
        await client.send(request, cut)
        production = await self.production.accept()
        got = await production.message()
        await production.send(response, cut)
        production.half_close()
        answer = await client.message()
        return got, answer

    def pass_time(self, seconds: float) -> None:
        self.ticker.pass_time(seconds)

    @property
    def connection(self) -> ServerConnection:
        """The only client connection there is."""
        (only,) = self.traffic.connections
        return only

    def counted(self, name: str, **labels: str) -> float:
        return self.counters.get(name, tuple(labels.items()))

    async def at_rest(self) -> None:
        """No exchange is under way; every one that was begun ended in exactly one way."""
        await eventually(lambda: self.traffic.active == 0)
        if self.tap is not None:
            self.tap.afterwards.now()
            assert not self.tap.copies

    async def close(self) -> None:
        for client in self._clients:
            client.close()
        self.production.close()
        await eventually(lambda: not self.traffic.connections)
        await self.at_rest()
        self.doorman.stop()
        self.origin.close()
        if self.tap is not None:
            await self.tap.leave(0)
        await eventually(lambda: self.origin.connections == 0)
        self.listening.close()


@asynccontextmanager
async def stage(
    *, mirror: MirrorListener | None = None, server: ServerOptions | None = None, listening: socket.socket | None = None,
    production: dict[str, Any] | None = None, tls: ssl.SSLContext | None = None, **given: Any,
) -> AsyncIterator[Stage]:  # fmt: skip
    """A worker that serves. `given` are fields of ProxyOptions, `production` of OriginOptions."""
    origin = RawOrigin()
    if listening is None:
        listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    listening.setblocking(False)
    options = ProxyOptions(
        production=OriginOptions(**{"url": f"http://127.0.0.1:{origin.port}", **(production or {})}),
        server=server or ServerOptions(),
        mirror_socket=str(mirror.path) if mirror is not None else "",
        **given,
    )
    it = Stage(options, listening, origin, tls)
    if it.tap is not None:
        tap = it.tap
        await eventually(lambda: tap.policy is not None and tap.link.ready)
    try:
        yield it
    finally:
        async with asyncio.timeout(WITHIN_S):
            await it.close()


@asynccontextmanager
async def mirrored(
    folder: Path, *, policy: Policy | None = None, **given: Any
) -> AsyncIterator[tuple[Stage, RawMirror]]:
    """A worker with a mirror that hears everything."""
    listener = await MirrorListener(folder / "mirror.sock", policy).start()
    try:
        async with stage(mirror=listener, **given) as it:
            yield it, await listener.connected()
    finally:
        await listener.stop()
