"""Accepts clients from inherited sockets, one per readiness, and leaves some to the other workers.

All workers wait on the same sockets, so each new connection wakes all of them. Whoever holds more connections than the least
loaded worker waits a moment first; if nobody took the connection by then, it does.
"""

from __future__ import annotations

import asyncio
import errno
import mmap
import socket
import ssl
from collections.abc import Callable

from shadowbench.signals import Counters

_STAND_BACK_S = 0.002
_NO_DESCRIPTORS_S = 0.1
_TLS_HANDSHAKE_S = 10.0
ABSENT = 0xFFFFFFFF  # in the slot of a worker that is not there


class Slots:
    """The shared page of connection counts."""

    def __init__(self, fd: int, mine: int, count: int) -> None:
        self._mine = mine
        page = mmap.mmap(fd, 0) if fd >= 0 else mmap.mmap(-1, mmap.PAGESIZE)
        self._counts = memoryview(page).cast("I")[:count]
        self._counts[mine] = 0

    def hold(self, connections: int) -> None:
        """Tell the others how many connections this worker holds."""
        self._counts[self._mine] = connections

    def has_more_than_least(self) -> bool:
        """Whether another worker holds fewer."""
        return self._counts[self._mine] > min(self._counts)


class Doorman:
    """Accepts for one worker."""

    def __init__(
        self,
        sockets: list[socket.socket],
        factory: Callable[[], asyncio.Protocol],
        *,
        slots: Slots,
        counters: Counters,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._sockets = sockets
        self._factory = factory
        self._slots = slots
        self._counters = counters
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._open = False
        self._arriving: set[asyncio.Task[None]] = set()
        self._standing_back: dict[int, asyncio.TimerHandle] = {}

    def start(self) -> None:
        """Let clients in."""
        self._open = True
        for sock in self._sockets:
            self._loop.add_reader(sock.fileno(), self._on_readable, sock)

    def stop(self) -> None:
        """Let in who waits in the queue, then nobody: a socket that is closed refuses at once, one that is open and not
        served would let clients hang until the last stream has ended."""
        if not self._open:
            return
        self._open = False
        for timer in self._standing_back.values():
            timer.cancel()
        for sock in self._sockets:
            self._loop.remove_reader(sock.fileno())
            while self._accept(sock):
                pass
            sock.close()

    def _on_readable(self, sock: socket.socket) -> None:
        if self._slots.has_more_than_least():
            self._wait(sock, _STAND_BACK_S)
        else:
            self._accept(sock)

    def _wait(self, sock: socket.socket, delay_s: float) -> None:
        fd = sock.fileno()
        self._loop.remove_reader(fd)
        self._standing_back[fd] = self._loop.call_later(delay_s, self._return, sock)

    def _return(self, sock: socket.socket) -> None:
        self._standing_back.pop(sock.fileno(), None)
        if self._open:
            self._accept(sock)
            if sock.fileno() not in self._standing_back:
                self._loop.add_reader(sock.fileno(), self._on_readable, sock)

    def _accept(self, sock: socket.socket) -> bool:
        """Whether there was somebody."""
        try:
            connection, _ = sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False  # another worker was faster, or the client thought better of it
        except OSError as error:
            self._counters.add(
                "proxy_accept_errors_total", (("reason", errno.errorcode.get(error.errno or 0, "other")),)
            )
            if self._open:
                self._wait(sock, _NO_DESCRIPTORS_S)
            return False
        connection.setblocking(False)
        if sock.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        task = self._loop.create_task(self._let_in(connection), name="accept")
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)
        return True

    async def _let_in(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(
                self._factory,
                connection,
                ssl=self._tls,
                ssl_handshake_timeout=_TLS_HANDSHAKE_S if self._tls else None,
            )
        except OSError:  # ssl.SSLError is one
            self._counters.add("proxy_accept_errors_total", (("reason", "handshake"),))
            connection.close()
