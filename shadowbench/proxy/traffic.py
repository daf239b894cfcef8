"""What the exchanges of one worker share: production's origin, the tap, the clock, the counts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final

from shadowbench.http1.handlers import ServerHost
from shadowbench.http1.heads import Refusal
from shadowbench.http1.origin import ConnectFault, Origin
from shadowbench.http1.requests import RequestHead
from shadowbench.http1.server import ServerConnection
from shadowbench.http1.ticker import Ticker
from shadowbench.proxy.access import AccessLog
from shadowbench.proxy.complaints import Complaints
from shadowbench.proxy.copying import Copy
from shadowbench.proxy.exchange import Exchange
from shadowbench.proxy.faults import CODES, ProductionFault
from shadowbench.proxy.options import AccessLogOptions, ProxyOptions
from shadowbench.proxy.tap import Tap
from shadowbench.signals import Counters, Histogram

# An exchange costs some ten microseconds of the loop; a busy worker takes milliseconds, a stalled one more.
OVERHEAD_EDGES_S: Final = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0)


class Traffic(ServerHost):
    """`ServerHost` of a proxy worker. Counts in plain integers; `report` turns them into signals."""

    def __init__(
        self,
        options: ProxyOptions,
        *,
        origin: Origin,
        tap: Tap | None,
        ticker: Ticker,
        counters: Counters,
        log: Callable[..., None] | None = None,
    ) -> None:
        self.options = options
        self.origin = origin
        self.tap = tap
        self.ticker = ticker
        self.draining = False
        self.connections: set[ServerConnection] = set()
        self.accepted = 0
        self.begun = 0
        self.answered = 0
        self.active = 0
        self.tunnels = 0
        self.trailers = 0
        self.overhead = Histogram(OVERHEAD_EDGES_S)
        self._counters = counters
        for code in CODES:  # at zero from the start, so that the first fault is an increase
            counters.add("proxy_production_faults_total", (("reason", code),), 0)
        self._copy_faults: set[tuple[str, type[Exception]]] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._leaving = False
        self._rest = asyncio.Event()
        self.on_connections: Callable[[int], None] = lambda count: None
        self._base_path = origin.base_path
        self._host = origin.host
        self._upstream = origin.host.decode("latin-1")
        self._complaints = Complaints(log, naming=options.naming, upstream=self._upstream) if log is not None else None
        # What makes an exchange: the access log puts itself here while it is on, and costs nothing while it is off.
        self._exchange: Callable[[Traffic, ServerConnection, RequestHead], Exchange] = Exchange
        self._access: AccessLog | None = None
        self.log_access(options.access_log)

    def log_access(self, options: AccessLogOptions) -> None:
        """Requests that begin from now on get a line in the log, or not. What is under way goes on as it began."""
        if self._access is not None:
            self._access.close()
        self._access, self._exchange = None, Exchange
        if options.sample_rate > 0:
            self._access = AccessLog(
                options,
                naming=self.options.naming,
                upstream=self._upstream,
                counters=self._counters,
                chance=random.Random(),
            )
            self._exchange = self._access.begin

    # ── connections ──

    def begin(self, connection: ServerConnection, head: RequestHead) -> Exchange:
        """A client's request has its turn."""
        self.begun += 1
        self.active += 1
        return self._exchange(self, connection, head)

    def opened(self, connection: ServerConnection) -> None:
        """A client connected."""
        self.accepted += 1
        self.connections.add(connection)
        self.on_connections(len(self.connections))
        if self._leaving:
            connection.close_idle()  # accepted before the doorman left, and only now through with its handshake

    def closed(self, connection: ServerConnection) -> None:
        """A client's connection is gone."""
        self.connections.discard(connection)
        self.on_connections(len(self.connections))
        if not self.connections:
            self._rest.set()

    def refused(self, refusal: Refusal) -> None:
        """We answered instead of production."""
        self._counters.add("proxy_refused_requests_total", (("reason", refusal.code),))

    def trailers_dropped(self, count: int) -> None:
        """Trailer fields of a request or a response were dropped."""
        self.trailers += count

    # ── exchanges ──

    def ended(self) -> None:
        """Production's answer went out whole."""
        self.answered += 1
        self.active -= 1

    def cancelled(self, reason: str) -> None:
        """The client went away, or its request broke off."""
        self._counters.add("proxy_cancelled_requests_total", (("reason", reason),))
        self.active -= 1

    def failed(self, fault: ProductionFault, head: RequestHead, *, answered: bool) -> None:
        """Production failed; `answered`: in the middle of its answer to the client."""
        self._counters.add("proxy_production_faults_total", (("reason", fault.code),))
        if self._complaints is not None:
            self._complaints.tell(fault, head, answered=answered, now=self.ticker.now)
        self.active -= 1

    def lag_us(self, since: float) -> int:
        """Worst loop lag since an exchange began, in microseconds."""
        return int(self.ticker.worst_lag_s(since) * 1e6)

    def request_line(self, head: RequestHead) -> bytes:
        """The request line for production; adds to the head's fields what production needs beside the client's own."""
        fields = head.fields
        if head.host_at < 0:
            fields += b"Host", b": ", self._host, b"\r\n"
        elif not self.options.preserve_host:
            fields[head.host_at] = self._host
        if head.chunked:
            fields += b"Transfer-Encoding", b": ", b"chunked", b"\r\n"
        if head.upgrade is not None:
            fields += b"Connection", b": ", b"Upgrade", b"\r\n", b"Upgrade", b": ", head.upgrade, b"\r\n"
        base_path = self._base_path if head.path != b"*" else b""
        return b"".join((head.method, b" ", base_path, head.path, b" HTTP/1.1\r\n"))

    def copy_failed(self, operation: str, error: Exception, copy: Copy | None) -> None:
        """A fault of ours while copying: counted, and nothing to the client.

        The log tells it once: the same fault in every exchange would fill it, and a log that nobody reads fast enough blocks.
        """
        self._counters.add("handoff_errors_total", (("operation", operation),))
        kind = (operation, type(error))
        if kind not in self._copy_faults:
            self._copy_faults.add(kind)
            context = {"message": f"handoff: {operation}", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)
        if copy is not None:
            copy.forsake()

    # ── connecting: one task per connection to be made, never per request ──

    def connect_for(self, exchange: Exchange) -> None:
        """Make a connection and give it to `exchange`, or to the pool if the client left meanwhile."""
        task = asyncio.get_running_loop().create_task(self._connect_for(exchange), name="connect-production")
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect_for(self, exchange: Exchange) -> None:
        try:
            connection = await self.origin.connect()
            if not exchange.connected(connection):
                self.origin.rest(connection)
        except ConnectFault as fault:
            exchange.not_connected(fault)
        except Exception:
            # A fault of ours, or of the loop: told to its exception handler, and the client does not wait for ever.
            exchange.not_connected(ConnectFault("unreachable"))
            raise

    # ── the end ──

    async def drained(self, deadline_s: float) -> bool:
        """Close connections at rest, wait for exchanges under way, and until their clients took every byte. Whether all that
        was done within the deadline; what is left then is cut off."""
        self.draining = self._leaving = True
        for connection in tuple(self.connections):
            connection.close_idle()
        try:
            async with asyncio.timeout(deadline_s):
                while self.connections:
                    self._rest.clear()
                    await self._rest.wait()
        except TimeoutError:
            for connection in tuple(self.connections):
                connection.cut_off()
            return False
        finally:
            if self._access is not None:
                self._access.close()
        return True

    def report(self, counters: Counters) -> None:
        """The plain integers as signals of a snapshot."""
        totals = {
            "proxy_accepted_connections_total": self.accepted,
            "proxy_requests_total": self.begun,
            "proxy_answered_requests_total": self.answered,
            "proxy_tunnels_total": self.tunnels,
            "proxy_dropped_trailers_total": self.trailers,
        }
        for name, value in totals.items():
            counters.set_total(name, value)
        self.overhead.report(counters, "proxy_overhead_seconds")
        counters.gauge("proxy_open_connections", len(self.connections))
        counters.gauge("proxy_active_requests", self.active)
        counters.gauge("proxy_production_connections", self.origin.connections)
        if self.tap is not None:
            self.tap.report(counters)
