"""An origin: where it is, how to reach it, and the connections to it that are at rest."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from shadowbench.errors import ConfigurationError
from shadowbench.http1.client import ClientConnection
from shadowbench.http1.egress import Egress, EgressError
from shadowbench.http1.resolver import Address, Resolver
from shadowbench.http1.ticker import Ticker
from shadowbench.natives import mypyc_attr

# Servers close idle connections without a word: Node after 5 s, many gateways after 60. Below the shortest for plain HTTP;
# TLS handshakes are dear, and providers keep connections for minutes.
_IDLE_S = 4.0
_IDLE_TLS_S = 55.0
# A promised time-out is the server's clock, and its FIN takes a moment to arrive.
_PROMISE_MARGIN_S = 1.0
MAX_IDLE = 1024
# Some servers close after an answer without having said so; llama.cpp does after every streamed one. A request that is sent
# into that moment fails, and may not be sent again. So connections rest before they are used again: after a chunked
# answer, and after any for a while when the origin was seen to close at once.
_REST_S = 0.05
_AT_ONCE_S = 1.0
_DISTRUST_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginOptions:
    """How to reach an endpoint. Times in seconds."""

    url: str
    connect_timeout_s: float = 5.0
    idle_s: float | None = None  # None: 4 s for plain HTTP, 55 s for TLS
    max_age_s: float = 300.0
    ca_file: str | None = None
    verify: bool = True
    egress_proxy: str | None = None  # http://host:port
    egress_credentials: str | None = None  # USER:PASSWORD for that proxy


class ConnectFault(Exception):
    """No connection: `reason` is one of refused, reset, dns, tls, timed_out_connect, unreachable.

    With an egress proxy between also egress_unreachable (the proxy), egress_refused (by the proxy) and egress_auth.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A parsed endpoint URL."""

    host: str
    port: int
    tls: bool
    base_path: bytes
    authority: bytes  # for Host


def parse_url(url: str) -> Location:
    """Raises ConfigurationError unless `url` is http(s)://host[:port][/base]."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"{url!r} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{url!r} is not a URL like http://host:port or https://host/base")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigurationError(f"{url!r}: query, fragment and user info do not belong into an endpoint's URL")
    if not parts.path.isascii():
        raise ConfigurationError(f"{url!r}: write the path in percent-encoding")
    try:
        authority = parts.netloc.encode("ascii" if parts.netloc.isascii() else "idna")
    except UnicodeError:
        raise ConfigurationError(f"{url!r} has no valid host name") from None
    tls = parts.scheme == "https"
    return Location(
        host=parts.hostname,
        port=port or (443 if tls else 80),
        tls=tls,
        base_path=parts.path.rstrip("/").encode("ascii"),
        authority=authority,
    )


def parse_egress(options: OriginOptions, location: Location) -> Egress | None:
    """The proxy on the way to `location`, if one is configured. Raises ConfigurationError."""
    if options.egress_proxy is None:
        return None
    proxy = parse_url(options.egress_proxy)
    if proxy.tls or proxy.base_path:
        raise ConfigurationError(f"{options.egress_proxy!r} is not an egress proxy like http://host:port")
    port = b":%d" % location.port
    authority = location.authority
    return Egress(
        host=proxy.host,
        port=proxy.port,
        authority=authority if authority.endswith(port) else authority + port,
        tunnels=location.tls,
        credentials=options.egress_credentials,
    )


@mypyc_attr(allow_interpreted_subclasses=True)
class Origin:
    """The connections to one endpoint. LIFO: the warmest first, so that surplus ones can age out."""

    def __init__(self, options: OriginOptions, ticker: Ticker, resolver: Resolver) -> None:
        self.location = parse_url(options.url)
        self.host = self.location.authority
        self.base_path = self.location.base_path
        self.connections = 0
        self._options = options
        self._ticker = ticker
        self._resolver = resolver
        self._idle: list[ClientConnection] = []
        self._resting: deque[tuple[float, ClientConnection]] = deque()  # (from when it may be used again, …)
        self._distrusted_until = 0.0
        self._all: set[ClientConnection] = set()
        self._ssl = tls_context(options) if self.location.tls else None
        self._egress = parse_egress(options, self.location)
        self._idle_s = options.idle_s if options.idle_s is not None else (_IDLE_TLS_S if self._ssl else _IDLE_S)
        self._ticket = ticker.watch(self)
        self._closed = False

    def addressed(self, head: bytes) -> bytes:
        """A request's head as it has to be written on one of our connections: a proxy between wants to know where to."""
        return head if self._egress is None else self._egress.addressed(head)

    def take(self) -> ClientConnection | None:
        """An idle connection that is still good, or None."""
        idle = self._idle
        now = self._ticker.now
        if self._resting:
            self._wake_rested()
        while idle:
            connection = idle.pop()
            if now < connection.fresh_until:
                if not connection.is_stale():
                    return connection
                self._note_close(connection)
            connection.abort()
        return None

    def _wake_rested(self) -> None:
        now = time.monotonic()
        while self._resting and self._resting[0][0] <= now:
            self._idle.append(self._resting.popleft()[1])

    async def connect(self) -> ClientConnection:
        """A new connection. Raises ConnectFault."""
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        try:
            async with self._ticker.timeout(self._options.connect_timeout_s):
                connection = await self._connect(loop)
        except ConnectFault:
            raise
        except TimeoutError:
            raise ConnectFault("timed_out_connect") from None
        except EgressError as error:
            raise ConnectFault(error.reason) from None
        except ssl.SSLError:
            raise ConnectFault("tls") from None
        except ConnectionRefusedError:
            raise ConnectFault("refused") from None
        except ConnectionError:
            raise ConnectFault("reset") from None
        except OSError:
            raise ConnectFault("unreachable") from None
        connection.connect_s = time.monotonic() - began
        return connection

    def close(self) -> None:
        """Close what is idle, keep nothing more."""
        self._closed = True
        self._ticker.forget(self, self._ticket)
        for connection in (*self._idle, *(connection for _, connection in self._resting)):
            connection.abort()
        self._idle.clear()
        self._resting.clear()

    def check(self, now: float) -> None:
        """Drop connections that rested too long; the oldest lie at the bottom."""
        self._wake_rested()
        idle = self._idle
        stale = [connection for connection in idle if now >= connection.fresh_until]
        if stale:
            gone = set(stale)
            self._idle = [connection for connection in idle if connection not in gone]
            for connection in stale:
                connection.abort()

    def _promised(self, idle_s: float) -> float:
        """How long to keep a connection whose origin said that it will keep it for `idle_s`."""
        return min(self._idle_s, idle_s - _PROMISE_MARGIN_S) if idle_s > _PROMISE_MARGIN_S else idle_s / 2

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> ClientConnection:
        next_hop = self._egress or self.location
        try:
            addresses = await self._resolver.resolve(next_hop.host, next_hop.port)
        except (OSError, UnicodeError):  # UnicodeError: not a host name at all
            raise ConnectFault("dns" if self._egress is None else "egress_unreachable") from None
        fault: OSError | None = None
        for address in addresses:
            try:
                return await self._connect_to(loop, address)
            except OSError as error:
                fault = error
        raise fault or ConnectFault("dns")

    async def _connect_to(self, loop: asyncio.AbstractEventLoop, address: Address) -> ClientConnection:
        sock = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self._egress is None:
                await loop.sock_connect(sock, address.sockaddr)
            else:
                await self._egress.reach(loop, sock, address.sockaddr)
            connection = ClientConnection(self._ticker, self.rest, self._lost)
            await loop.create_connection(
                lambda: cast(asyncio.Protocol, connection),
                sock=sock,
                ssl=self._ssl,
                server_hostname=self.location.host if self._ssl else None,
            )
        except BaseException:
            with contextlib.suppress(OSError):
                sock.close()
            raise
        self.connections += 1
        self._all.add(connection)
        return connection

    def rest(self, connection: ClientConnection) -> None:
        """Keep an unused or finished connection for the next request."""
        now = self._ticker.now
        oldest = connection.born + self._options.max_age_s
        promised = connection.keep_alive_s
        idle_until = now + (self._idle_s if promised is None else self._promised(promised))
        connection.fresh_until = idle_until if idle_until < oldest else oldest
        if self._closed or len(self._idle) >= MAX_IDLE or now > oldest:
            connection.abort()
        elif connection.streamed or now < self._distrusted_until:
            self._resting.append((time.monotonic() + _REST_S, connection))
        else:
            self._idle.append(connection)

    def _lost(self, connection: ClientConnection) -> None:
        if connection in self._all:
            self._all.discard(connection)
            self.connections -= 1
        if connection.left_idle:
            self._note_close(connection)
        with contextlib.suppress(ValueError):
            self._idle.remove(connection)
        if self._resting:
            self._resting = deque(entry for entry in self._resting if entry[1] is not connection)

    def _note_close(self, connection: ClientConnection) -> None:
        """The origin closed a connection that it had promised to keep. If it did so at once, it will do so again."""
        now = self._ticker.now
        if now - connection.idle_since < _AT_ONCE_S:
            self._distrusted_until = now + _DISTRUST_S


def tls_context(options: OriginOptions) -> ssl.SSLContext:
    """Client TLS as Python's defaults have it, with HTTP/1.1 as the only protocol offered. Raises ConfigurationError."""
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
    except OSError as error:
        raise ConfigurationError(f"ca_file {options.ca_file}: {error.strerror}") from None
    context.set_alpn_protocols(["http/1.1"])
    if not options.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
