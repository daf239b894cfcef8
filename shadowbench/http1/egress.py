"""The way out through an HTTP proxy, where a network lets nothing else leave.

For https the proxy is asked for a tunnel (CONNECT, RFC 9110 section 9.3.6) and sees nothing more. For http it gets the request
itself, with the whole URL as its target (RFC 9112 section 3.2.2). Proxies are configured, and never taken from the environment.
"""

from __future__ import annotations

import asyncio
import socket
from base64 import b64encode
from dataclasses import dataclass

_MAX_ANSWER_BYTES = 65536
_AUTHENTICATION_REQUIRED = 407


class EgressError(OSError):
    """No way out: `reason` is egress_unreachable, egress_refused or egress_auth."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """A proxy on the way to one endpoint. `authority` is the endpoint's, host and port."""

    host: str
    port: int
    authority: bytes
    tunnels: bool  # towards an https endpoint
    credentials: str | None = None  # USER:PASSWORD

    @property
    def _authorization(self) -> bytes:
        if self.credentials is None:
            return b""
        return b"Proxy-Authorization: Basic %b\r\n" % b64encode(self.credentials.encode())

    def addressed(self, head: bytes) -> bytes:
        """The head of a request to the endpoint as it has to be written on a connection that was made through the proxy."""
        if self.tunnels:
            return head
        method, _, rest = head.partition(b" ")
        target, _, fields = rest.partition(b"\r\n")
        return b"%b http://%b%b\r\n%b%b" % (method, self.authority, target, self._authorization, fields)

    async def reach(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, sockaddr: tuple[object, ...]) -> None:
        """Connect `sock` to the proxy at `sockaddr`, and through it when it tunnels. Raises EgressError."""
        try:
            await loop.sock_connect(sock, sockaddr)
        except OSError:
            raise EgressError("egress_unreachable") from None
        if self.tunnels:
            try:
                status = await self._ask(loop, sock)
            except OSError:
                raise EgressError("egress_refused") from None
            if status == _AUTHENTICATION_REQUIRED:
                raise EgressError("egress_auth")
            if not 200 <= status < 300:
                raise EgressError("egress_refused")

    async def _ask(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> int:
        """The status of the proxy's answer to CONNECT; 0 when it is none."""
        wanted = b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n"
        await loop.sock_sendall(sock, wanted % (self.authority, self.authority, self._authorization))
        answer = b""
        while b"\r\n\r\n" not in answer:
            data = await loop.sock_recv(sock, 4096)
            answer += data
            if not data or len(answer) > _MAX_ANSWER_BYTES:
                return 0
        # The endpoint says nothing before our TLS hello: a byte behind the head would be nobody's.
        if not answer.endswith(b"\r\n\r\n") and status_of(answer) < 300:
            return 0
        return status_of(answer)


def status_of(answer: bytes) -> int:
    """The status in a response's first line; 0 when there is none."""
    parts = answer.split(b"\r\n", 1)[0].split(b" ")
    is_http = parts[0] in (b"HTTP/1.1", b"HTTP/1.0") and len(parts) > 1
    return int(parts[1]) if is_http and len(parts[1]) == 3 and parts[1].isdigit() else 0
