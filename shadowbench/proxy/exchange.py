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
from shadowbench.http1.client import ClientConnection, ResponseHead
from shadowbench.http1.handlers import RequestHandler
from shadowbench.http1.heads import Refusal
from shadowbench.http1.origin import ConnectFault
from shadowbench.http1.requests import RequestHead, expects_continue
from shadowbench.http1.server import MAX_HELD_BYTES, ServerConnection
from shadowbench.proxy import faults
from shadowbench.proxy.copying import TELL_BYTES, TELL_CHUNKS

if TYPE_CHECKING:
    from shadowbench.proxy.copying import Copy
    from shadowbench.proxy.traffic import Traffic

# Pieces up to this size are joined with their framing; above it a copy costs more than a longer writev.
_JOIN_BYTES: Final = 16384
# One read of a socket brings up to 256 KiB, and one turn of the loop up to 32 of them from each that is never empty.
_TELL_NOW_BYTES: Final = 65536
# When production's head arrived (ns), the head, its lines as the client gets them, seconds to connect if it had to.
Answer = tuple[int, ResponseHead, bytes, float | None]
# Why it was not the regular one, if so; when it came (ns); microseconds that the client held us back, and that the loop lagged.
Ending = tuple[str | None, int, int, int]
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
        "_answer",
        "_arrived_ns",
        "_asked",
        "_began",
        "_body_is_due",
        "_chunk_out",
        "_chunk_up",
        "_client",
        "_close_client",
        "_connection",
        "_copy",
        "_ending",
        "_head",
        "_head_ns",
        "_heard",
        "_heard_ns",
        "_heard_size",
        "_hears",
        "_is_offered",
        "_last_byte",
        "_no_body",
        "_out",
        "_out_is_big",
        "_over",
        "_paused_at",
        "_paused_ns",
        "_request_ended",
        "_sent_ns",
        "_since_ns",
        "_start",
        "_traffic",
        "_tunnel",
        "_until_eof",
        "_up",
        "_up_size",
        "_waits_to_tell",
        "asks_upgrade",
        "has_answered",
    )

    def __init__(self, traffic: Traffic, client: ServerConnection, head: RequestHead) -> None:
        # What each chunk touches comes first: compiled, an object lies in memory in this order, and those of many streams
        # are in no cache. For the copy: whether anybody wants to hear production, as far as is known, and what it said.
        self._tunnel = False
        self._chunk_out = False
        self._out_is_big = False
        self._hears = traffic.tap is not None
        self._out: list[bytes] = []  # towards the client, until the end of this read
        self._heard: list[bytes] = []
        self._heard_ns: list[int] = []
        self._heard_size = 0
        self._traffic = traffic
        self._last_byte = traffic.ticker.now
        self._client = client
        self._start = traffic.request_line(head)
        self._up: list[bytes] = [self._start, *head.fields, b"\r\n"]  # towards production, until the end of this read
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
        # For the copy: what the client said, None when nobody wants more of it; when all of it was on its way to production;
        # how production began its answer, and how all ended.
        self._copy: Copy | None = None
        self._is_offered = False
        self._waits_to_tell = False
        self._asked: list[bytes] | None = [] if self._hears else None
        self._sent_ns = 0
        self._answer: Answer | None = None
        self._ending: Ending | None = None
        # What the proxy adds: from what is read now to its write, once on each way.
        self._arrived_ns = self._since_ns = time.monotonic_ns()
        self._added_ns = 0
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
        if self._asked is not None:
            self._asked.append(data)
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
        if self._heard_size >= TELL_BYTES or len(self._heard) >= TELL_CHUNKS:
            self._tell_later(self._heard_size)

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
            if self._asked is not None:
                self._sent_ns = sent_ns
                self._tell_later(size)
        else:
            if size:
                self._body_is_due = True
            if self._asked is not None:
                self._tell_later(size)

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
        self._until_eof = not self._chunk_out and not head.has_length and not self._no_body
        self._close_client = (
            self._until_eof or not request.keep_alive or not self._request_ended or self._client.must_close
        )
        lines = head.lines
        if self._close_client or request.http10:
            self._out += lines, self._framing(head)
        else:
            self._out += lines, _CHUNKED if head.chunked else b"\r\n"
        self._head_ns = time.monotonic_ns()
        if self._hears:
            connection = self._connection
            assert connection is not None
            self._answer = self._head_ns, head, lines, None if connection.reused else connection.connect_s

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
        if self._hears:
            self._heard_ns.append(time.monotonic_ns())
            self._heard.append(data)
            self._heard_size += size

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
        self._end_copy(fault.reason)
        self._traffic.failed(fault, self._head, answered=self.has_answered)
        client = self._client
        if self.has_answered:
            self.on_read_done()
            client.break_off(reset=self._until_eof)
            return
        self._out.clear()
        close = not self._head.keep_alive or not self._request_ended or client.must_close
        refusal = Refusal(fault.status, fault.code, fault.message)
        client.transport.write(heads.own_response(refusal, close=close, with_body=self._head.method != b"HEAD"))
        client.finish(close=close)

    # ── the copy ──

    def _tell_later(self, size: int) -> None:
        """There is something for the copy. `size`: bytes of it; many of them do not wait, for what waits is bounded."""
        tap = self._traffic.tap
        assert tap is not None
        if not self._waits_to_tell:
            self._waits_to_tell = True
            tap.afterwards.add(self)
        if size >= _TELL_NOW_BYTES:
            tap.afterwards.now()

    def tell(self) -> None:
        """Tell the copy what has gathered (`Teller`)."""
        self._waits_to_tell = False
        operation = "open"
        try:
            if not self._is_offered:
                self._offer_copy()
            copy = self._copy
            if copy is not None:
                operation = "request"
                if self._asked is not None:
                    self._tell_asked(copy, self._asked)
                operation = "response"
                if copy.live and self._has_heard_enough():
                    self._tell_heard(copy)
                operation = "end"
                if copy.live and self._ending is not None:
                    self._tell_ending(copy, *self._ending)
        except Exception as error:  # noqa: BLE001  whatever it is, it is not the client's
            copy = self._copy
            self._unwanted()
            self._traffic.copy_failed(operation, error, copy)
            return
        if copy is None or not copy.live:
            self._unwanted()

    def _offer_copy(self) -> None:
        self._is_offered = True
        tap = self._traffic.tap
        assert tap is not None
        self._copy = tap.offer(self._head, self._start, self._arrived_ns)

    def _tell_asked(self, copy: Copy, asked: list[bytes]) -> None:
        self._asked = None if self._sent_ns else []
        for data in asked:
            copy.request(data)
        if self._sent_ns:
            copy.request_end(self._sent_ns, is_over=self._ending is not None)

    def _has_heard_enough(self) -> bool:
        if self._ending is not None:
            return bool(self._heard) or self._answer is not None
        return self._heard_size >= TELL_BYTES or len(self._heard) >= TELL_CHUNKS

    def _tell_heard(self, copy: Copy) -> None:
        heard, heard_ns, size = self._heard, self._heard_ns, self._heard_size
        self._heard, self._heard_ns, self._heard_size = [], [], 0
        if self._answer is not None:
            answer, self._answer = self._answer, None
            copy.response_head(*answer)
        if heard:
            copy.body(heard_ns, heard, size)

    def _tell_ending(self, copy: Copy, reason: str | None, now_ns: int, paused_us: int, lag_us: int) -> None:
        if reason is None:
            copy.end(now_ns, paused_us, lag_us)
        else:
            copy.abort(reason, now_ns, paused_us, lag_us)

    def _unwanted(self) -> None:
        """Nobody wants more of this exchange."""
        self._copy = self._asked = self._answer = None
        self._hears = False
        self._heard, self._heard_ns, self._heard_size = [], [], 0

    def _end_copy(self, reason: str | None) -> None:
        """The last word on the copy: whole, or aborted for a reason."""
        if not self._hears:
            return
        self._hears = False
        paused_us = self._paused_us() if self._paused_at or self._paused_ns else 0
        lag_us = self._traffic.lag_us(self._began) if self._traffic.ticker.lags else 0
        self._ending = reason, time.monotonic_ns(), paused_us, lag_us
        self._tell_later(self._heard_size)

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
        self._end_copy("tunnel")
        upgrade = b"Connection: Upgrade\r\nUpgrade: %b\r\n\r\n" % (head.upgrade or self._head.upgrade or b"")
        self._out += head.lines, upgrade
        self.on_read_done()
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
