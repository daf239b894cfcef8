"""Addresses one can listen at, and the sockets bound to them.

The parent binds and its workers inherit: a worker that goes takes no queued connection with it.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from shadowbench.errors import UnavailableError

# What waits to be accepted while all workers are busy or restarting; the kernel caps it at net.core.somaxconn.
BACKLOG = 4096
ADDRESS_FORM = "an address is HOST:PORT, [IPv6]:PORT or unix:/PATH, as in 127.0.0.1:8080"
MAX_UNIX_PATH_BYTES = 107  # sockaddr_un.sun_path, less its final zero


_ANY = frozenset({"0.0.0.0", "::"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class AddressTakenError(UnavailableError):
    """Somebody else listens at `address`."""

    def __init__(self, message: str, address: Address) -> None:
        super().__init__(message)
        self.address = address


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """`host` and `port`, or the `path` of a unix socket."""

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def is_reached_by(self, host: str, port: int) -> bool:
        """Whether a connection from this machine to `host` and `port` arrives here, as far as names alone tell."""
        if self.path or self.port != port or not port:
            return False
        mine, other = self.host.lower(), host.lower().removesuffix(".")
        if mine in _ANY:
            return other in _ANY | _LOOPBACK or other.startswith("127.")
        return mine == other or (mine in _LOOPBACK and other in _ANY | _LOOPBACK)

    def clashes(self, other: Address) -> bool:
        """Whether one machine cannot listen at both."""
        if self.path or other.path:
            return self.path == other.path
        return self.is_reached_by(other.host, other.port) or other.is_reached_by(self.host, self.port)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return bool(self.path) or self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False  # a name: who knows where it leads


def parse_address(text: str) -> Address:
    """Read `HOST:PORT`, `[IPv6]:PORT`, `:PORT` (all interfaces) or `unix:/PATH`. Raises ValueError."""
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        if not path.startswith("/"):
            raise ValueError("a unix socket needs an absolute path, as in unix:/run/shadowbench/proxy.sock")
        if len(os.fsencode(path)) > MAX_UNIX_PATH_BYTES:
            raise ValueError(f"the path of a unix socket may have {MAX_UNIX_PATH_BYTES} bytes, this has {len(path)}")
        return Address(path=path)
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(ADDRESS_FORM)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        with contextlib.suppress(OSError):
            socket.inet_pton(socket.AF_INET6, host)
            return Address(host=host, port=int(port))
        raise ValueError(f"{host!r} in brackets is not an IPv6 address")
    if ":" in host:
        raise ValueError(f"write an IPv6 address in brackets: [{host}]:{port}")
    return Address(host=host or "0.0.0.0", port=int(port))


def bind(address: Address, *, unix_mode: int = 0o660) -> list[socket.socket]:
    """Sockets that listen at `address`, one per address its host name has. Raises UnavailableError with what to do."""
    if address.path:
        return [_bind_unix(Path(address.path), unix_mode)]
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise UnavailableError(f"cannot listen at {address}: {error.strerror or error}") from None
    bound: list[socket.socket] = []
    try:
        for family, kind, protocol, _, where in dict.fromkeys(found):
            bound.append(_bind_tcp(socket.socket(family, kind, protocol), where))
    except OSError as error:
        for sock in bound:
            sock.close()
        message = f"cannot listen at {address}: {_advice(error, address)}"
        taken = error.errno == errno.EADDRINUSE
        raise (AddressTakenError(message, address) if taken else UnavailableError(message)) from None
    return bound


def _bind_tcp(
    sock: socket.socket, where: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
) -> socket.socket:
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(where)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def _bind_unix(path: Path, mode: int) -> socket.socket:
    if _is_answered(path):
        raise UnavailableError(f"cannot listen at unix:{path}: another process answers there; stop it first")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Bound under another name and moved over, so that nobody finds a socket with the wrong mode.
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        fresh.unlink(missing_ok=True)
        sock.bind(str(fresh))
        fresh.chmod(mode)
        sock.listen(BACKLOG)
        sock.setblocking(False)
        fresh.replace(path)
    except OSError as error:
        sock.close()
        fresh.unlink(missing_ok=True)
        raise UnavailableError(f"cannot listen at unix:{path}: {error.strerror or error}") from None
    return sock


def _is_answered(path: Path) -> bool:
    """Whether a live server holds the socket at `path`. Raises UnavailableError when something else is there."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise UnavailableError(f"cannot listen at unix:{path}: a file that is no socket is there; move it away")
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UnavailableError(f"cannot listen at unix:{path}: {error.strerror}") from None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        # EAGAIN: somebody listens and its queue is full.
        return probe.connect_ex(str(path)) in (0, errno.EAGAIN)


def _advice(error: OSError, address: Address) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"the port is in use; `ss -ltnp 'sport = :{address.port}'` shows by whom"
    if error.errno == errno.EACCES:
        return "ports below 1024 need the capability CAP_NET_BIND_SERVICE; choose a higher one"
    return error.strerror or str(error)
