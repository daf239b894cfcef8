"""How the parent's own servers, admin and control, hold out against their callers. The parent keeps production's workers alive:
whoever can reach these ports must not be able to take its descriptors, its memory or its words.

- So many connections at a time: one more, and the one that has been silent longest goes. Probes always get in.
- A head has to come within seconds, and a connection at rest is not kept for ever.
- What aiohttp would say about a malformed request quotes it, credentials included: neither log nor answer does.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from http import HTTPStatus

from aiohttp import web

MOST_CONNECTIONS = 64
HEAD_WITHIN_S = 10.0
# Prometheus scrapes every 15 to 60 seconds, over one connection if it is kept.
_IDLE_S = 75.0
_STOP_WITHIN_S = 1.0
# Who is answered before its body ended may go on sending for so long, and reads the answer.
_LINGER_S = 1.0
_SILENT = logging.getLogger(f"{__name__}.silent")
_SILENT.disabled = True
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Server": "shadowbench"}


class Serving:
    """An application on sockets that are bound already."""

    def __init__(
        self, app: web.Application, sockets: Sequence[socket.socket], *, on_bug: Callable[[BaseException], None]
    ) -> None:
        """`on_bug` is told of exceptions that no handler caught."""
        self.on_bug = on_bug
        self._sockets = sockets
        # No access log: probes come every few seconds, and logs are for events.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_WITHIN_S)
        self._servers: list[asyncio.Server] = []
        self.guests: dict[Guest, None] = {}  # who was heard of last comes last

    async def start(self) -> None:
        """Begin to serve."""
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        self._servers = [await loop.create_server(self._welcome, sock=sock) for sock in self._sockets]

    async def stop(self) -> None:
        """End, closing the sockets."""
        for server in self._servers:
            server.close()
        await self._runner.cleanup()

    def _welcome(self) -> Guest:
        assert self._runner.server is not None
        return Guest(self, self._runner.server)


class Guest(web.RequestHandler):
    """One connection, as aiohttp serves it, within bounds."""

    __slots__ = ("_heard", "_serving", "_timer")

    def __init__(self, serving: Serving, manager: web.Server) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            manager,
            loop=loop,
            access_log=_SILENT,
            logger=_SILENT,
            keepalive_timeout=_IDLE_S,
            lingering_time=_LINGER_S,
        )
        self._serving = serving
        self._heard = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        guests = self._serving.guests
        while len(guests) >= MOST_CONNECTIONS:
            next(iter(guests)).leave()
        guests[self] = None
        self._timer = asyncio.get_running_loop().call_later(HEAD_WITHIN_S, self.leave)

    def data_received(self, data: bytes) -> None:
        if self._timer is not None:
            self._heard = (self._heard + data)[-4096:]
            if b"\r\n\r\n" in self._heard:
                # From the second head on, aiohttp's own bound for connections at rest ends those that dribble.
                self._timer.cancel()
                self._timer, self._heard = None, b""
                self._comes_last()
        super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def leave(self) -> None:
        """Hang up."""
        self._forget()
        transport = self.transport
        if transport is not None:
            transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """A status and its own words, whatever came. Raises ConnectionError when an answer has begun."""
        if exc is not None and status == HTTPStatus.INTERNAL_SERVER_ERROR:
            self._serving.on_bug(exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun")
        answer = web.Response(status=status, text=f"{HTTPStatus(status).phrase}\n", headers=HEADERS)
        answer.force_close()
        return answer

    def _comes_last(self) -> None:
        guests = self._serving.guests
        if self in guests:
            del guests[self]
            guests[self] = None

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._serving.guests.pop(self, None)


async def on_answer(_request: web.Request, answer: web.StreamResponse) -> None:
    """For `on_response_prepare`: nobody keeps an answer, guesses at its kind, or learns what serves it."""
    answer.headers.update(HEADERS)
