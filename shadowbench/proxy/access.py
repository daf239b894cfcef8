"""The access log: a line for some of the requests, when an operator asks for it. Off by default, and then it costs nothing.

Which requests get one is drawn by lot when they begin; those are followed by an `Exchange` that also counts. What was counted
waits in memory for a moment, and goes out as any line does: taken at once, or dropped and counted. So neither a log collector
that hangs nor a flood of requests costs a client anything.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from shadowbench.http1 import heads
from shadowbench.outlet import STDERR, Outlet, as_line
from shadowbench.proxy.exchange import Exchange
from shadowbench.proxy.lines import Naming, request_id, route_of, shown_path, trace_id

if TYPE_CHECKING:
    from shadowbench.http1.requests import RequestHead
    from shadowbench.http1.responses import ResponseHead
    from shadowbench.http1.server import ServerConnection
    from shadowbench.proxy.faults import ProductionFault
    from shadowbench.proxy.options import AccessLogOptions
    from shadowbench.proxy.traffic import Traffic
    from shadowbench.signals import Counters

_GATHER_S: Final = 0.05
# A line costs some 25 microseconds: more of them in one turn of the loop would be a delay that streams notice.
_PER_TURN: Final = 10
_NEXT_TURN_S: Final = 0.002
_MOST_WAITING: Final = 1000
_STREAMS: Final = (b"text/event-stream", b"application/x-ndjson", b"application/vnd.amazon.eventstream")


class AccessLog:
    """One per worker, while it is on."""

    def __init__(
        self,
        options: AccessLogOptions,
        *,
        naming: Naming,
        upstream: str,
        counters: Counters,
        chance: random.Random,
        outlet: Outlet = STDERR,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._naming = naming
        self._upstream = upstream
        self._counters = counters
        self._chance = chance
        self._outlet = outlet
        self._now = now
        self._waiting: deque[dict[str, Any]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._second = 0
        self._in_second = 0

    def begin(self, traffic: Traffic, client: ServerConnection, head: RequestHead) -> Exchange:
        """The exchange of a request, followed or not."""
        if self._chance.random() < self._options.sample_rate:
            return FollowedExchange(traffic, client, head, self)
        return Exchange(traffic, client, head)

    def take(self, head: RequestHead, answered: ResponseHead | None, **counted: Any) -> None:
        """A request that was followed is over. Raises nothing: whatever is wrong here, it is not the client's."""
        try:
            self._take(head, answered, counted)
        except Exception as error:  # noqa: BLE001  a bug of ours: told and counted
            self._drop("fault")
            context = {"message": "access log", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    def _take(self, head: RequestHead, answered: ResponseHead | None, counted: dict[str, Any]) -> None:
        second = int(self._now())
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        if self._in_second > self._options.max_per_second:
            self._drop("rate")
        elif len(self._waiting) >= _MOST_WAITING:
            self._drop("stderr")
        else:
            self._waiting.append(self._fields(head, answered, counted))
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(_GATHER_S, self._write_some)

    def close(self) -> None:
        """Write what waits, as far as it is taken."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            self._write()

    def _fields(self, head: RequestHead, answered: ResponseHead | None, counted: dict[str, Any]) -> dict[str, Any]:
        kind = None if answered is None else heads.find_field(answered.fields, b"content-type")
        return {
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": "info",
            "event": "request",
            "pid": os.getpid(),
            "role": "proxy",
            "request_id": request_id(self._naming, head.fields, [] if answered is None else answered.fields),
            "trace_id": trace_id(head.fields),
            "method": head.method.decode("latin-1"),
            "route": route_of(self._naming, head.path),
            "path": shown_path(head.path),
            **counted,
            "stream": kind is not None and kind.lower().startswith(_STREAMS),
            "upstream": self._upstream,
        }

    def _write_some(self) -> None:
        self._timer = None
        for _ in range(min(_PER_TURN, len(self._waiting))):
            self._write()
        if self._waiting:
            self._timer = asyncio.get_running_loop().call_later(_NEXT_TURN_S, self._write_some)

    def _write(self) -> None:
        if self._outlet.write(as_line(self._waiting.popleft()), keep=False):
            self._counters.add("access_log_lines_total")
        else:
            self._drop("stderr")

    def _drop(self, reason: str) -> None:
        self._counters.add("access_log_dropped_total", (("reason", reason),))


class FollowedExchange(Exchange):
    """An exchange that counts, and tells the access log how it ended."""

    __slots__ = ("_access", "_answered", "_body_in", "_body_out", "_first_ns")

    def __init__(self, traffic: Traffic, client: ServerConnection, head: RequestHead, access: AccessLog) -> None:
        self._access = access
        self._answered: ResponseHead | None = None
        self._body_in = 0
        self._body_out = 0
        self._first_ns = 0
        super().__init__(traffic, client, head)

    def on_request_body(self, data: bytes) -> None:
        """Production first, then count."""
        super().on_request_body(data)
        self._body_in += len(data)

    def on_head(self, head: ResponseHead) -> None:
        """Keep it until the end."""
        self._answered = head
        super().on_head(head)

    def on_switched(self, head: ResponseHead) -> None:
        """An upgrade is an answer, too."""
        self._answered = head
        super().on_switched(head)

    def on_body(self, data: bytes) -> None:
        """Client first, then count."""
        super().on_body(data)
        self._body_out += len(data)
        if not self._first_ns:
            self._first_ns = time.monotonic_ns()

    def on_client_gone(self, reason: str) -> None:
        """An end."""
        was_over = self._over
        super().on_client_gone(reason)
        if not was_over:
            self._tell(reason)

    def _conclude(self) -> None:
        super()._conclude()
        self._tell("ok" if self._request_ended else "early_answer")

    def _end_tunnel(self) -> None:
        was_over = self._over
        super()._end_tunnel()
        if not was_over:
            self._tell("tunnel")

    def _fail(self, fault: ProductionFault) -> None:
        super()._fail(fault)
        self._tell(fault.code, fault.status)

    def _tell(self, outcome: str, status: int | None = None) -> None:
        """`status`: ours, where production has not answered."""
        answered = self._answered
        self._answered = None
        now_ns = time.monotonic_ns()
        self._access.take(
            self._head,
            answered,
            status=status if answered is None else answered.status,
            outcome=outcome,
            request_bytes=self._body_in,
            response_bytes=self._body_out,
            duration_s=_seconds(now_ns - self._arrived_ns),
            first_byte_s=_seconds(self._first_ns - self._arrived_ns) if self._first_ns else None,
        )


def _seconds(ns: int) -> float:
    return round(ns * 1e-9, 6)
