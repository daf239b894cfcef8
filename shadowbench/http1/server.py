"""The connection that a client made to us: requests in, in order; one response at a time out.

Decides what is a well-formed request; what is done with one is the business of the `RequestHandler` that the host
returns.
Pipelined requests are parsed ahead (at most 32) and begun one after the other.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from typing import Final, cast

import httptools

from shadowbench.http1 import heads
from shadowbench.http1.farewell import Farewell
from shadowbench.http1.handlers import RequestHandler, ServerHost
from shadowbench.http1.heads import Refusal, known_kind
from shadowbench.http1.lookout import Lookout
from shadowbench.http1.requests import (
    RequestHead,
    ServerOptions,
    apply_connection,
    expects_continue,
    judge,
)
from shadowbench.http1.upgrades import behind_head

MAX_PIPELINED: Final = 32
# Body bytes of requests that wait for their turn, or of an upload that production does not take: above it, reading stops.
MAX_HELD_BYTES: Final = 65536
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close sends RST


class _Waiting:
    """A pipelined request that has not had its turn."""

    __slots__ = ("body", "ended", "head")

    def __init__(self, head: RequestHead) -> None:
        self.head = head
        self.body: list[bytes] = []
        self.ended = False


def _is_about_method(error: httptools.HttpParserError) -> bool:
    """Whether the parser met none of its methods where a request has to begin.

    To HTTP any token is a method (RFC 9110 section 9.1). Whether it was one, or the end of a body that is longer than was said,
    is not asked: the parser gives up in the middle of it, and the answer must not depend on how the bytes were cut.
    """
    # By its words of methods that it knows from another protocol.
    return isinstance(error, httptools.HttpParserInvalidMethodError) or str(error).startswith("Invalid method")


class ServerConnection:
    """One client connection (`asyncio.Protocol`)."""

    __slots__ = (
        "_body_paused",
        "_close_after",
        "_farewell",
        "_fields",
        "_head",
        "_head_deadline",
        "_held",
        "_host",
        "_in_body",
        "_in_head",
        "_lookout",
        "_options",
        "_parser",
        "_queue",
        "_read_bytes",
        "_reading",
        "_refusal",
        "_refused_more",
        "_silent",
        "_since",
        "_skipped",
        "_ticket",
        "_trailers",
        "_tunnel",
        "_upgrading",
        "_url",
        "current",
        "transport",
        "writable",
    )

    def __init__(self, host: ServerHost, options: ServerOptions) -> None:
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._host = host
        self._options = options
        self._parser: httptools.HttpRequestParser = httptools.HttpRequestParser(self)
        self.current: RequestHandler | None = None
        self.writable = True
        self._queue: deque[_Waiting] = deque()
        self._held = 0
        self._reading = True
        self._body_paused = False
        self._lookout: Lookout | None = None
        self._refusal: Refusal | None = None
        self._refused_more = False  # the 33rd pipelined request came
        self._close_after = False
        self._farewell: Farewell | None = None  # while it is being closed: nothing more is asked or answered
        self._tunnel = False
        self._upgrading: bytearray | None = None  # bytes after an upgrade request, until its answer
        self._skipped: RequestHead | None = None  # its body was skipped by the parser, which takes it for an upgrade
        self._in_head = False
        self._in_body = False  # of the newest request
        self._read_bytes = 0  # of the read being parsed
        self._silent = 0  # bytes read since a message began or a body byte came; -1: that was in this read
        self._head_deadline = 0.0
        self._since = host.ticker.now
        self._ticket = -1
        self._trailers = 0
        self._url = b""
        self._reset_head()

    def _reset_head(self) -> None:
        self._head = RequestHead()
        self._fields: list[bytes] = self._head.fields

    # ── transport events ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._ticket = self._host.ticker.watch(self)
        self._host.opened(self)

    def data_received(self, data: bytes) -> None:
        if self._farewell is not None:
            self._farewell.heard(self._host.ticker.now)
            return
        self._since = self._host.ticker.now
        if self._tunnel:
            if self.current is not None:
                self.current.on_tunnel_data(data)
            return
        if self._upgrading is not None:
            self._hold_upgrade(data)
            return
        self._read_bytes = len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._after_upgrade_request(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self._parser_failed(error)
        if self._in_head or self._in_body:
            self._count_silent(len(data))
        current = self.current
        if current is not None:
            current.on_read_done()

    def eof_received(self) -> bool:
        if self._tunnel and self.current is not None:
            self.current.on_client_eof()
            return True
        # A half-closed client cannot be told from one that left: like nginx, we take it as leaving.
        self._gone("client_cancelled")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._host.ticker.forget(self, self._ticket)
        self._gone("client_cancelled")
        self._take_leave()
        # They hold us: cut the circle, so that the collector has nothing to find.
        if self._lookout is not None:
            self._lookout.end()
            self._lookout = None
        self._parser = cast(httptools.HttpRequestParser, None)
        self._queue.clear()
        self._host.closed(self)

    def pause_writing(self) -> None:
        self.writable = False
        if self.current is not None:
            self.current.on_client_writable(False)

    def resume_writing(self) -> None:
        self.writable = True
        if self.current is not None:
            self.current.on_client_writable(True)

    def _gone(self, reason: str) -> None:
        current, self.current = self.current, None
        self._queue.clear()
        if current is not None:
            current.on_client_gone(reason)

    # ── parser events ──

    def on_message_begin(self) -> None:
        self._url = b""
        self._in_head = True
        self._silent = -1
        self._head_deadline = self._host.ticker.now + self._options.head_timeout_s

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            self._trailers += 1
            return
        kind = known_kind(name)
        if kind is None:
            kind = heads.kind_of(name)
        if kind == 0:
            self._fields += name, b": ", value, b"\r\n"
        else:
            self._head.special(kind, name, value)

    def on_headers_complete(self) -> None:
        head = self._head
        parser = self._parser
        self._in_head = False
        head.method = parser.get_method()
        head.path = self._url
        if self._refused_more or self._refusal is not None or self._farewell is not None:
            self._reset_head()
            return
        may_be_large = self._silent >= 0 or self._read_bytes > self._options.max_head_bytes
        refusal = judge(head, parser.get_http_version(), self._options, may_be_large)
        if refusal is not None:
            self._refuse(refusal)
            return
        head.keep_alive = parser.should_keep_alive()
        if head.connection is not None or head.upgrade is not None:
            apply_connection(head)
        if head.has_body and parser.should_upgrade():
            self._skipped = head
        self._head = fresh = RequestHead()
        self._fields = fresh.fields
        self._in_body = True
        if self.current is None and not self._queue:
            self.current = self._host.begin(self, head)
        elif len(self._queue) >= MAX_PIPELINED - 1:
            self._refused_more = True
            self._stop_reading()
        else:
            self._queue.append(_Waiting(head))

    def on_body(self, data: bytes) -> None:
        self._silent = -1
        if self._refused_more or self._refusal is not None or self._farewell is not None:
            return
        if not self._queue:
            if self.current is not None:
                self.current.on_request_body(data)
            return
        self._queue[-1].body.append(data)
        self._held += len(data)
        if self._held > MAX_HELD_BYTES:
            self._stop_reading()

    def on_message_complete(self) -> None:
        if self._skipped is not None:
            return
        self._in_body = False
        if self._refused_more or self._refusal is not None or self._farewell is not None:
            return
        if self._trailers:
            self._host.trailers_dropped(self._trailers)
            self._trailers = 0
        if self._queue:
            self._queue[-1].ended = True
        elif self.current is not None:
            self.current.on_request_end()

    # ── bad requests ──

    def _count_silent(self, size: int) -> None:
        # The read in which a head began may hold other things before it and is not counted; reads are bounded anyway.
        self._silent = 0 if self._silent < 0 else self._silent + size
        bound = self._options.max_head_bytes
        if self._silent <= bound or self._refusal is not None or self._farewell is not None:
            return
        if self._in_head:
            self._refuse(Refusal(431, "head_too_large", f"the request head is above {bound} bytes"))
        else:
            # Chunk extensions and trailers can be as long as they like for the parser.
            refusal = Refusal(431, "trailers_too_large", f"chunk extensions or trailers above {bound} bytes")
            self._refuse_body(refusal, "bad_request")

    def _parser_failed(self, error: httptools.HttpParserError) -> None:
        if self._farewell is not None or self._refusal is not None or self._refused_more:
            return
        # Callback errors are ours and must not be taken for the client's.
        if isinstance(error, httptools.HttpParserCallbackError) and error.__context__ is not None:
            self._gone("internal")
            self.transport.abort()
            raise error
        refusal = Refusal(400, "bad_request", "the bytes received are not a well-formed HTTP/1.1 request")
        if self._in_body:
            self._refuse_body(refusal, "bad_request")
        elif _is_about_method(error):
            self._refuse(Refusal(501, "unknown_method", "what came does not begin with a method that is known here"))
        else:
            self._refuse(refusal)

    def _refuse_body(self, refusal: Refusal, reason: str) -> None:
        """The body of the newest request went wrong, or stays away: `reason` is what its handler is told."""
        if self._queue:
            self._queue.pop()
            self._refuse(refusal)
            return
        handler, self.current = self.current, None
        self._host.refused(refusal)
        if handler is not None:
            has_answered = handler.has_answered
            handler.on_client_gone(reason)
            if not has_answered:
                self.transport.write(heads.own_response(refusal, close=True))
        self._linger()

    def _refuse(self, refusal: Refusal) -> None:
        """Answer with `refusal` after the requests before it, then close."""
        self._in_head = self._in_body = False
        self._reset_head()
        self._refusal = refusal
        self._host.refused(refusal)
        if self.current is None and not self._queue:
            self._answer_refusal()
        else:
            # What follows cannot be answered, and nobody would bound it: it stays where it is until the connection ends.
            self._stop_reading()

    def _answer_refusal(self) -> None:
        assert self._refusal is not None
        self.transport.write(heads.own_response(self._refusal, close=True))
        self._linger()

    # ── requests in turn ──

    def finish(self, *, close: bool) -> None:
        """The handler has written the whole response of the current request. `close`: this connection must end with it."""
        self.current = None
        self._since = self._host.ticker.now
        if self._farewell is not None:
            return
        if self._body_paused:
            self.resume_body()  # answered while production did not take the rest: nobody else will
        if close or self._close_after:
            self._linger()
        elif self._queue:
            self._next()
        elif self._refusal is not None:
            self._answer_refusal()
        elif self._refused_more:
            self._linger()
        elif self._upgrading is not None:
            self._resume_after_refused_upgrade()

    def _next(self) -> None:
        waiting = self._queue.popleft()
        for piece in waiting.body:
            self._held -= len(piece)
        if not self._reading and not self._body_paused:
            self._read_on()
        # Each step may end the request: production can answer, or fail, before it has all of it.
        self.current = current = self._host.begin(self, waiting.head)
        for piece in waiting.body:
            if not self._is_current(current):
                return
            current.on_request_body(piece)
        if waiting.ended and self._is_current(current):
            current.on_request_end()
        if self._is_current(current):
            current.on_read_done()

    def _is_current(self, handler: RequestHandler) -> bool:
        # In a method of its own: where it was just assigned, a compiler takes it for what it was.
        return self.current is handler

    @property
    def must_close(self) -> bool:
        """Whether the response being begun is the last one of this connection."""
        if self._queue:
            return False
        return self._refused_more or self._host.draining or self._close_after

    def _take_leave(self, *, lingers: bool = False) -> None:
        """From now on the connection is only being closed."""
        self._farewell = Farewell(self._host.ticker.now, since=self._since, lingers=lingers)

    def _linger(self) -> None:
        """Close without losing what was written: our half first, then, when the client had its time to read, all of it."""
        self._queue.clear()
        if self.transport.is_closing():
            self._take_leave()
        elif self.transport.can_write_eof() and (self._in_body or self._refusal is not None or self._refused_more):
            self._take_leave(lingers=True)
            self.transport.write_eof()
            if not self._reading:
                self._start_reading()  # unread bytes would turn the close into a reset that destroys our answer
        else:
            self._close()

    def _close(self) -> None:
        """Close when what was written is sent."""
        self._take_leave()
        self.transport.close()

    def break_off(self, *, reset: bool) -> None:
        """The response cannot be completed: let the client see that, after all bytes that did arrive. `reset`: the body
        has no end mark of its own, so only a TCP reset tells it from a whole one."""
        self.current = None
        self._take_leave()
        self._queue.clear()
        if reset:
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        if reset and not self.transport.can_write_eof():
            self.transport.abort()  # TLS: close() would say in good order that this was all
        else:
            self.transport.close()

    def cut_off(self) -> None:
        """The drain deadline passed: whoever still waits for an answer sees it break."""
        if self.current is not None:
            self._gone("shutdown")
            self.break_off(reset=True)
        elif self._farewell is None:
            self._close()
        else:
            self.transport.abort()  # of those that are being closed, some take their time

    def end_tunnel(self) -> None:
        """The tunnel is over: close after what was written."""
        self.current = None
        self._close()

    def close_idle(self) -> None:
        """Drain: close now if no request is under way or arriving, else after it."""
        if self.current is None and not self._queue and not self._in_head and not self._in_body:
            self._close()
        else:
            self._close_after = True

    # ── upgrades ──

    def _after_upgrade_request(self, rest: bytes) -> None:
        """The parser stopped behind a request that asked for an upgrade."""
        if self._skipped is not None:
            skipped, self._skipped = self._skipped, None
            self._parser = behind_head(self, skipped)
        else:
            self._parser = httptools.HttpRequestParser(self)
            if self._newest_asks_upgrade():
                self._upgrading = bytearray()
                if rest:
                    self._hold_upgrade(rest)
                return
        if rest and self._farewell is None and not self._refused_more and self._refusal is None:
            self.data_received(rest)

    def _newest_asks_upgrade(self) -> bool:
        if self._refused_more or self._refusal is not None:
            return False
        if self._queue:
            return self._queue[-1].head.upgrade is not None
        return self.current is not None and self.current.asks_upgrade

    def _hold_upgrade(self, data: bytes) -> None:
        assert self._upgrading is not None
        self._upgrading += data
        if len(self._upgrading) > MAX_HELD_BYTES:
            self._stop_reading()

    def begin_tunnel(self) -> None:
        """Production switched protocols: from now on bytes pass as they are."""
        self._tunnel = True
        held, self._upgrading = self._upgrading, None
        if not self._reading:
            self._start_reading()
        if held and self.current is not None:
            self.current.on_tunnel_data(bytes(held))

    def _resume_after_refused_upgrade(self) -> None:
        held, self._upgrading = self._upgrading, None
        if not self._reading:
            self._start_reading()
        if held:
            self.data_received(bytes(held))

    # ── reading ──

    def pause_body(self) -> None:
        """Upload back-pressure: production does not take more."""
        self._body_paused = True
        self._stop_reading()

    @property
    def is_held_back(self) -> bool:
        """Whether production does not take more."""
        return self._body_paused

    def resume_body(self) -> None:
        """Production takes more again."""
        self._body_paused = False
        if not self._reading:
            self._read_on()

    def await_body(self) -> None:
        """The client was told to send the body: from now on it may be late."""
        self._since = self._host.ticker.now

    def _read_on(self) -> None:
        if self._held <= MAX_HELD_BYTES and not self._refused_more and self._refusal is None:
            self._start_reading()

    def _stop_reading(self) -> None:
        if not self._reading or self.transport.is_closing():
            return
        self._reading = False
        self.transport.pause_reading()
        if self._lookout is None:
            self._lookout = Lookout(self.transport, self._left)
        self._lookout.begin()

    def _start_reading(self) -> None:
        self._reading = True
        # While we did not read, nobody could be late.
        self._since = self._host.ticker.now
        if self._in_head:
            self._head_deadline = self._since + self._options.head_timeout_s
        if self._lookout is not None:
            self._lookout.end()
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def _left(self) -> None:
        """The client is gone, and what it sent before that is nobody's any more."""
        self._gone("client_cancelled")
        self._take_leave()
        self.transport.abort()

    def check(self, now: float) -> None:
        """Time-outs: of a head, of an upload, of a connection at rest, of a close."""
        if self._farewell is not None:
            if self._farewell.is_over(now, self.transport.get_write_buffer_size(), self._options.body_timeout_s):
                self.transport.abort()
            return
        if self.current is not None:
            self.current.check(now)
        if self._tunnel or self._is_closing():
            return
        waited = now - self._since
        options = self._options
        if self._in_head and self._reading:
            # Not `_since`, which moves with every byte: a head has a time in all, so that dripping does not hold it open.
            if now > self._head_deadline:
                self._refuse(Refusal(408, "head_timeout", "the request head did not arrive in time"))
        elif self._in_body and self._reading and waited > options.body_timeout_s and not self._awaits_continue():
            self._refuse_body(Refusal(408, "body_timeout", "the request body stopped arriving"), "client_cancelled")
        elif self.current is None and not self._in_body and waited > options.idle_s:
            self._close()

    def _is_closing(self) -> bool:
        # In a method of its own, as `_is_current`: the check of the exchange may have ended it.
        return self._farewell is not None

    def _awaits_continue(self) -> bool:
        """Whether the body that does not come waits for word that it is wanted."""
        if self._queue:
            waiting = self._queue[-1]
            return not waiting.body and expects_continue(waiting.head)
        return self.current is not None and self.current.awaits_continue()
