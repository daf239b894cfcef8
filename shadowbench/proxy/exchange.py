"""The life of a request: one object between a client's connection and one to production.

```
begin ─▶ (connecting) ─▶ sending ─▶ answering ─▶ over
              │              │           │
              └── 502/504 ───┘           └── broken connection: the head is out, so the client must see the break
```

Client first, copy second: what was read is written to the client or to production, and told to the copy a moment afterwards,
together with what others have to tell. Not even the next request of the same client waits for it.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from shadowbench.http1 import heads
from shadowbench.http1.client import ClientConnection
from shadowbench.http1.handlers import RequestHandler
from shadowbench.http1.heads import Refusal
from shadowbench.http1.origin import ConnectFault
from shadowbench.http1.requests import RequestHead, expects_continue
from shadowbench.http1.responses import ResponseHead
from shadowbench.http1.server import MAX_HELD_BYTES, ServerConnection
from shadowbench.proxy import faults
from shadowbench.proxy.notes import Notes

if TYPE_CHECKING:
    from shadowbench.proxy.traffic import Traffic

# Pieces up to this size are joined with their framing; above it a copy costs more than a longer writev.
_JOIN_BYTES: Final = 16384
# How long an upload waits for the loop to read what production said under it.
_LISTEN_S: Final = 0.001
_CHUNKED: Final = b"Transfer-Encoding: chunked\r\n\r\n"
# How chunks begin, by their size: tokens are short, and to format a number takes longer than all else that is done to one.
_SIZES: Final = [b"%x\r\n" % size for size in range(1024)]
_SHORT: Final = len(_SIZES)


class Exchange(RequestHandler):
    """Handler of one request and of its response."""

    __slots__ = (
        "_added_ns",
        "_arrived_ns",
        "_began",
        "_body_is_due",
        "_chunk_out",
        "_chunk_up",
        "_client",
        "_close_client",
        "_connection",
        "_head",
        "_head_ns",
        "_last_byte",
        "_no_body",
        "_notes",
        "_out",
        "_out_is_big",
        "_over",
        "_paused_at",
        "_paused_ns",
        "_request_ended",
        "_since_ns",
        "_traffic",
        "_tunnel",
        "_until_eof",
        "_up",
        "_up_size",
        "asks_upgrade",
        "has_answered",
    )

    def __init__(self, traffic: Traffic, client: ServerConnection, head: RequestHead) -> None:
        # What each chunk touches comes first: compiled, an object lies in memory in this order, and those of many streams
        # are in no cache.
        self._tunnel = False
        self._chunk_out = False
        self._out_is_big = False
        self._notes: Notes | None = None
        self._out: list[bytes] = []  # towards the client, until the end of this read
        self._traffic = traffic
        self._last_byte = traffic.ticker.now
        self._client = client
        start = traffic.request_line(head)
        self._up: list[bytes] = [start, *head.fields, b"\r\n"]  # towards production, until the end of this read
        self._head_ns = 0  # of production's answer, until it is written
        self._connection: ClientConnection | None = None
        self._up_size = 0
        self._head = head
        self.asks_upgrade = head.upgrade is not None
        self.has_answered = False
        self._chunk_up = head.chunked
        self._no_body = False
        self._until_eof = False
        self._close_client = False
        self._request_ended = False
        self._body_is_due = False  # the client began to send it, or was told to
        self._over = False
        self._paused_at = 0
        self._paused_ns = 0
        self._began = self._last_byte
        # What the proxy adds: from what is read now to its write, once on each way.
        self._arrived_ns = self._since_ns = time.monotonic_ns()
        self._added_ns = 0
        if traffic.tap is not None:
            self._notes = Notes(traffic, traffic.tap, head, start, self._arrived_ns)
        connection = traffic.origin.take()
        if connection is None:
            traffic.connect_for(self)
        else:
            self._attach(connection)

    # ── connecting ──

    def _attach(self, connection: ClientConnection) -> None:
        self._connection = connection
        connection.begin(self, is_head=self._head.method == b"HEAD")
        if not self._client.writable:  # still full of the answer before
            self.on_client_writable(False)

    def connected(self, connection: ClientConnection) -> bool:
        """The connection that was being made stands. Whether this exchange still wants it."""
        if self._over:
            return False
        self._attach(connection)
        self._last_byte = self._traffic.ticker.now
        self._since_ns = time.monotonic_ns()
        self._client.resume_body()
        self.on_read_done()
        return True

    def not_connected(self, fault: ConnectFault) -> None:
        """Production cannot be reached."""
        if not self._over:
            self._fail(faults.of_connect(fault.reason))

    # ── the request ──

    def on_request_body(self, data: bytes) -> None:
        """From the client."""
        if not self._up:
            self._since_ns = time.monotonic_ns()
        if self._chunk_up:
            self._up += b"%x\r\n" % len(data), data, b"\r\n"
        else:
            self._up.append(data)
        self._up_size += len(data)
        if self._notes is not None:
            self._notes.asked(data)
        if self._connection is None and self._up_size > MAX_HELD_BYTES:
            self._client.pause_body()

    def on_request_end(self) -> None:
        """The client's request is complete."""
        self._request_ended = True
        if self._chunk_up:
            if not self._up:
                self._since_ns = time.monotonic_ns()
            self._up.append(b"0\r\n\r\n")
        if self._connection is not None:
            self._flush_up()

    def on_read_done(self) -> None:
        """Write what has gathered in this read of either socket."""
        if self._up and self._connection is not None:
            self._flush_up()
        out = self._out
        if not out:
            return
        self._out = []
        transport = self._client.transport
        if self._out_is_big:
            self._out_is_big = False
            transport.writelines(out)
        else:
            transport.write(b"".join(out) if len(out) > 1 else out[0])
        if self._head_ns:
            self._traffic.overhead.observe((self._added_ns + time.monotonic_ns() - self._head_ns) * 1e-9)
            self._head_ns = 0
        notes = self._notes
        if notes is not None and notes.has_heard_enough:
            notes.tell_heard_later()

    def _flush_up(self, *, has_listened: bool = False) -> None:
        connection = self._connection
        assert connection is not None
        size = 0
        if self._up:
            if self._up_size < _JOIN_BYTES:
                up, self._up = self._up, []
                connection.transport.write(b"".join(up))
            elif self._body_is_due and not has_listened and connection.may_have_answered():
                asyncio.get_running_loop().call_later(_LISTEN_S, self._flush_what_waits)
                return
            else:
                up, self._up = self._up, []
                connection.transport.writelines(up)
            size, self._up_size = self._up_size, 0
        if self._request_ended and not self._tunnel:
            connection.request_sent()
            self._last_byte = self._traffic.ticker.now
            sent_ns = time.monotonic_ns()
            self._added_ns = sent_ns - self._since_ns
            if self._notes is not None:
                self._notes.asked_is_sent(size, sent_ns)
        else:
            if size:
                self._body_is_due = True
            if self._notes is not None:
                self._notes.asked_is_sent(size)

    def _flush_what_waits(self) -> None:
        """What production had to say was read meanwhile."""
        if self._up and self._connection is not None and not self._over:
            self._flush_up(has_listened=True)

    def awaits_continue(self) -> bool:
        """Whether the client waits for production's 100 before it sends the body."""
        if self._body_is_due or self._up_size or self._request_ended:
            return False
        return expects_continue(self._head)

    # ── the response ──

    def on_informational(self, head: ResponseHead) -> None:
        """1xx, relayed; HTTP/1.0 clients do not know it."""
        if not self._head.http10:
            self._out += head.lines, b"\r\n"
        if head.status == 100:
            self._body_is_due = True
            self._client.await_body()

    def on_head(self, head: ResponseHead) -> None:
        """Production's answer begins."""
        self.has_answered = True
        request = self._head
        self._no_body = request.method == b"HEAD" or head.status == 204 or head.status == 304
        self._chunk_out = head.chunked and not request.http10 and not self._no_body
        self._until_eof = not self._chunk_out and head.length is None and not self._no_body
        self._close_client = (
            self._until_eof or not request.keep_alive or not self._request_ended or self._client.must_close
        )
        lines = head.lines
        if self._close_client or request.http10:
            self._out += lines, self._framing(head)
        else:
            self._out += lines, _CHUNKED if head.chunked else b"\r\n"
        self._head_ns = time.monotonic_ns()
        if self._notes is not None:
            connection = self._connection
            assert connection is not None
            connect_s = None if connection.reused else connection.connect_s
            self._notes.answered(self._head_ns, head, lines, connect_s)

    def _framing(self, head: ResponseHead) -> bytes:
        """The fields that are ours to write where the connection ends or might not persist, and the empty line."""
        if not self._close_client:
            return b"Connection: keep-alive\r\n\r\n"  # HTTP/1.0 does not take it for granted
        return b"Connection: close\r\n" + (_CHUNKED if head.chunked and not self._head.http10 else b"\r\n")

    def on_body(self, data: bytes) -> None:
        """From production."""
        if self._tunnel:
            self._client.transport.write(data)
            return
        size = len(data)
        if size >= _JOIN_BYTES:
            self._out_is_big = True
            self._out += (b"%x\r\n" % size, data, b"\r\n") if self._chunk_out else (data,)
        elif not self._chunk_out:
            self._out.append(data)
        else:
            self._out.append((_SIZES[size] if size < _SHORT else b"%x\r\n" % size) + data + b"\r\n")
        self._last_byte = self._traffic.ticker.now
        notes = self._notes
        if notes is not None and notes.hears:
            notes.heard(time.monotonic_ns(), data, size)

    def on_end(self) -> None:
        """Production's answer is complete."""
        if self._tunnel:
            self._end_tunnel()
            return
        if self._chunk_out:
            self._out.append(b"0\r\n\r\n")
        if self._connection is not None and self._connection.trailers_dropped:
            self._traffic.trailers_dropped(self._connection.trailers_dropped)
        # The connection is in the pool: a client that does not take these last bytes must not pause it there.
        self._connection = None
        self.on_read_done()
        self._conclude()
        close = self._close_client or not self._request_ended
        self._client.finish(close=close)

    def _conclude(self) -> None:
        """The response went to the client: tell the copy, count."""
        self._over = True
        self._end_copy(None if self._request_ended else "early_answer")
        self._traffic.ended()

    # ── flow control ──

    def on_client_writable(self, writable: bool) -> None:
        """The client takes (no) more of the response."""
        connection = self._connection
        if connection is None:
            return
        if writable:
            connection.resume_reading()
            if self._paused_at:
                self._paused_ns += time.monotonic_ns() - self._paused_at
                self._paused_at = 0
            self._last_byte = self._traffic.ticker.now
        elif not self._paused_at:
            connection.pause_reading()
            self._paused_at = time.monotonic_ns()

    def on_writable(self, writable: bool) -> None:
        """Production takes (no) more of the request, or of the tunnel."""
        self._last_byte = self._traffic.ticker.now
        if writable:
            self._client.resume_body()
        else:
            self._client.pause_body()

    def _paused_us(self) -> int:
        if self._paused_at:
            self._paused_ns += time.monotonic_ns() - self._paused_at
            self._paused_at = 0
        return self._paused_ns // 1000

    # ── faults ──

    def on_client_gone(self, reason: str) -> None:
        """The client left: production's call is cancelled at once."""
        if self._over:
            return
        self._over = True
        self._out.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()
        self._end_copy(reason)
        self._traffic.cancelled(reason)

    def on_fault(self, reason: str) -> None:
        """Production's connection broke: reset, truncated, bad_response, stale."""
        if self._tunnel:
            self._end_tunnel()
            return
        self._fail(faults.of_response(reason))

    def _fail(self, fault: faults.ProductionFault) -> None:
        """502 or 504 before the head, a broken connection after it."""
        self._over = True
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()
        self._traffic.failed(fault, self._head, answered=self.has_answered)
        client = self._client
        if self.has_answered:
            self.on_read_done()
            client.break_off(reset=self._until_eof)
            self._end_copy(fault.reason)
            return
        self._out.clear()
        close = not self._head.keep_alive or not self._request_ended or client.must_close
        refusal = Refusal(fault.status, fault.code, fault.message)
        client.transport.write(heads.own_response(refusal, close=close, with_body=self._head.method != b"HEAD"))
        self._end_copy(fault.reason)
        client.finish(close=close)

    # ── the end of the copy, and time-outs ──

    def _end_copy(self, reason: str | None) -> None:
        """The last word on the copy: whole, or aborted for a reason."""
        notes = self._notes
        if notes is None or not notes.hears:
            return
        paused_us = self._paused_us() if self._paused_at or self._paused_ns else 0
        lag_us = self._traffic.lag_us(self._began) if self._traffic.ticker.lags else 0
        notes.end(reason, time.monotonic_ns(), paused_us, lag_us)

    def check(self, now: float) -> None:
        """Time-outs of production, stopped while the client holds us back, or still uploads and production takes it."""
        connection = self._connection
        if self._over or self._tunnel or connection is None or self._paused_at:
            return
        options = self._traffic.options
        if self.has_answered:
            self._check_bound(options.idle_timeout_s, now, faults.IDLE)
            return
        # Where it has no time to think it has one to be silent: nothing moves, and it is production's turn.
        thinks_s = options.first_byte_timeout_s
        bound = options.idle_timeout_s if thinks_s is None else thinks_s
        if self._request_ended or self._client.is_held_back:
            if connection.took_some():
                self._last_byte = now  # slow, but it reads
            if connection.unsent:
                self._check_bound(bound, now, faults.UPLOAD)
            elif self._request_ended:
                self._check_bound(thinks_s, now, faults.FIRST_BYTE)
        elif self.awaits_continue():
            self._check_bound(bound, now, faults.FIRST_BYTE)

    def _check_bound(self, bound: float | None, now: float, fault: faults.ProductionFault) -> None:
        if bound is not None and now - self._last_byte > bound:
            self._fail(fault)

    # ── upgrades: a raw tunnel, never mirrored ──

    def on_switched(self, head: ResponseHead) -> None:
        """101: bytes pass as they are from now on."""
        if not self.asks_upgrade:
            self.on_fault("bad_response")
            return
        self.has_answered = self._tunnel = True
        upgrade = b"Connection: Upgrade\r\nUpgrade: %b\r\n\r\n" % (head.upgrade or self._head.upgrade or b"")
        self._out += head.lines, upgrade
        self.on_read_done()
        self._end_copy("tunnel")
        self._traffic.tunnels += 1
        self._client.begin_tunnel()

    def on_tunnel_data(self, data: bytes) -> None:
        """From the client, after an upgrade."""
        if self._connection is not None:
            self._connection.write(data)

    def on_client_eof(self) -> None:
        """The client will send no more: tell production, and end when both have."""
        connection = self._connection
        if connection is not None and connection.transport.can_write_eof():
            connection.transport.write_eof()
        else:
            self._end_tunnel()

    def on_tunnel_eof(self) -> None:
        """Production will send no more."""
        if self._client.transport.can_write_eof():
            self._client.transport.write_eof()
        self._end_tunnel()

    def _end_tunnel(self) -> None:
        if self._over:
            return
        self._over = True
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.leave_tunnel()
        self._traffic.ended()
        self._client.end_tunnel()
