"""The connection that we made to an origin: one request out, one response in, then the next.

Tells a `ResponseHandler` what arrives, at once and in order. Goes back to its pool by itself when, and only when, the response
was wholly parsed and the request wholly sent; an excess byte closes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
from collections.abc import Callable
from typing import Final, cast

import httptools

from shadowbench.http1 import heads
from shadowbench.http1.handlers import ResponseHandler
from shadowbench.http1.heads import known_kind
from shadowbench.http1.responses import ResponseHead, judge
from shadowbench.http1.ticker import Ticker

MAX_HEAD_BYTES: Final = 262144
_READ_BYTES: Final = 262144
_USUAL: Final = b"HTTP/1.1 200 OK\r\n"  # how most responses begin: nothing in it needs a closer look


class ClientConnection:
    """One connection to an origin (`asyncio.Protocol`). Made by `Origin.connect`."""

    __slots__ = (
        "_body_until_eof",
        "_complete",
        "_dead",
        "_excess",
        "_fields",
        "_fresh_parser",
        "_got_byte",
        "_handler",
        "_head",
        "_in_head",
        "_is_head",
        "_is_usual",
        "_on_idle",
        "_on_lost",
        "_parser",
        "_poll",
        "_sent",
        "_silent",
        "_status",
        "_ticker",
        "_tunnel",
        "_unsent",
        "born",
        "connect_s",
        "fresh_until",
        "idle_since",
        "keep_alive_s",
        "left_idle",
        "paused",
        "reused",
        "streamed",
        "trailers_dropped",
        "transport",
    )

    def __init__(
        self,
        ticker: Ticker,
        on_idle: Callable[[ClientConnection], None],
        on_lost: Callable[[ClientConnection], None],
    ) -> None:
        # What each chunk touches comes first: compiled, an object lies in memory in this order.
        self._tunnel = False
        self._got_byte = False
        self._complete = False  # the response ended in the read being parsed: what follows is excess
        self._handler: ResponseHandler | None = None
        self._parser: httptools.HttpResponseParser = httptools.HttpResponseParser(self)
        self._silent = 0  # bytes read since a message began or a body byte came; -1: that was in this read
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self.reused = False
        self.streamed = False  # its last response was chunked
        self.left_idle = False  # the origin closed it while nothing was asked of it, or just as something was
        self.connect_s = 0.0
        self.born = ticker.now
        self.idle_since = ticker.now
        self.fresh_until = 0.0  # on the ticker's clock; its pool says
        self.trailers_dropped = 0  # of this response
        self.keep_alive_s: float | None = None  # what the origin promised in Keep-Alive: timeout
        self.paused = False
        self._ticker = ticker
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._poll: select.poll | None = None
        self._dead = False
        self._sent = False
        self._is_head = False
        self._is_usual = False  # the response began with a whole status line, and it is the usual one
        self._excess = False
        self._fresh_parser = False  # the parser does not know that the response ended (HEAD)
        self._in_head = False
        self._body_until_eof = False
        self._unsent = 0  # bytes of a request, when somebody asked last
        self._status = b""
        self._head = ResponseHead()
        self._fields: list[bytes] = self._head.fields

    # ── for the owner of the request ──

    def begin(self, handler: ResponseHandler, *, is_head: bool = False) -> None:
        """The next request belongs to `handler`; `is_head`: its response has no body whatever it says."""
        self._handler = handler
        self._sent = self._got_byte = False
        self._is_head = is_head
        self.trailers_dropped = 0

    def write(self, data: bytes) -> None:
        """Request bytes, framed by the caller."""
        self.transport.write(data)

    def may_have_answered(self) -> bool:
        """Whether bytes lie in the socket that are lost if the next write fails: those of TLS (`_read_what_came`)."""
        return not self.paused and self.transport.get_extra_info("ssl_object") is not None and self.is_stale()

    def request_sent(self) -> None:
        """All bytes of the request have been written."""
        self._sent = True

    @property
    def unsent(self) -> int:
        """Bytes that were written and that the kernel has not taken."""
        size: int = self.transport.get_write_buffer_size()
        return size

    def took_some(self) -> bool:
        """Whether some of what was unsent when last asked has been taken since. Of use while nothing more is written."""
        before, self._unsent = self._unsent, self.unsent
        return self._unsent < before

    def pause_reading(self) -> None:
        """Take no more of the response from the socket for now."""
        if not self.paused and not self._dead and not self.transport.is_closing():
            self.paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on."""
        if self.paused:
            self.paused = False
            if not self._dead and not self.transport.is_closing():
                self.transport.resume_reading()

    def abort(self) -> None:
        """Cancel: close at once; the handler hears nothing more."""
        self._handler = None
        self._die()

    def is_stale(self) -> bool:
        """Whether the kernel already knows that an idle connection ended, or holds bytes nobody asked for."""
        if self._dead or self.transport.is_closing():
            return True
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN | select.POLLRDHUP)
        return bool(self._poll.poll(0))

    # ── transport events ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        handler = self._handler
        if handler is None:
            # Nobody asked: an excess byte ends the connection.
            self._die()
            return
        if self._tunnel:
            handler.on_body(data)
            return
        if not self._got_byte:
            self._got_byte = True
            self._is_usual = data.startswith(_USUAL)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._after_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            self._fault("internal")
            raise error
        except httptools.HttpParserError:
            self._excess = True
            if not self._complete:
                self._fault("bad_response")
        if self._complete:
            # Only now: whatever begins with the end of this response must not be told bytes that came behind it.
            self._complete = False
            if self._handler is not None:
                self._end()
            return
        # Of a head, of chunk extensions or of trailers, which can be as long as they like for the parser.
        self._silent = 0 if self._silent < 0 else self._silent + len(data)
        if self._silent > MAX_HEAD_BYTES:
            self._fault("bad_response")
        handler = self._handler
        if handler is not None:
            handler.on_read_done()

    def eof_received(self) -> bool:
        handler = self._handler
        if self._tunnel and handler is not None:
            handler.on_tunnel_eof()
            return True
        # Told now, not in connection_lost: that waits until an upload nobody reads any more was flushed.
        if handler is not None:
            self._broke(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        was_idle = self._handler is None
        if was_idle:
            self.left_idle = not self._dead
        elif exc is not None:
            self._read_what_came()
        if self._handler is not None:
            self.left_idle = self.reused and not self._got_byte
            self._broke(exc)
        self._die()
        # It holds us: cut the circle, so that the collector has nothing to find.
        self._parser = cast(httptools.HttpResponseParser, None)
        self._on_lost(self)

    def _read_what_came(self) -> None:
        """A write failed: the answer, or the rest of it, may lie in the socket unread.

        An origin that answers 413 and closes does not take the rest of an upload. Its answer came before the reset, and the
        kernel keeps it; whether we write or read first is luck. With TLS these bytes are beyond us: the loop let go of what
        would decrypt them.
        """
        if self.transport.get_extra_info("ssl_object") is not None:
            return
        self._dead = True  # not for another request
        fd = self.transport.get_extra_info("socket").fileno()
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        while self._handler is not None and poll.poll(0):
            try:
                data = os.read(fd, _READ_BYTES)
            except OSError:
                return
            if not data:
                return
            self.data_received(data)

    def _broke(self, exc: Exception | None) -> None:
        """The connection ended under a request."""
        if self._body_until_eof and exc is None:
            self._end()
        elif self._got_byte:
            self._fault("truncated" if exc is None else "reset")
        else:
            self._fault("stale" if self.reused else "reset")

    def pause_writing(self) -> None:
        if self._handler is not None:
            self._handler.on_writable(False)

    def resume_writing(self) -> None:
        if self._handler is not None:
            self._handler.on_writable(True)

    # ── parser events ──

    def on_message_begin(self) -> None:
        if self._complete:
            self._excess = True
            return
        self._head = ResponseHead()
        self._fields = self._head.fields
        self._status = b""
        self._in_head = True
        self._silent = -1

    def on_status(self, status: bytes) -> None:
        self._status += status

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            self.trailers_dropped += 1
            if heads.kind_of(name) != heads.PLAIN:
                # llhttp obeys Connection and Transfer-Encoding in trailers too, and may then take no other response.
                self._head.persists = False
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
        handler = self._handler
        if handler is None or self._complete:
            return
        self._in_head = False
        parser = self._parser
        head.status = status = parser.get_status_code()
        head.reason = self._status
        head.persists = parser.should_keep_alive()
        if not judge(head, "1.1" if self._is_usual else parser.get_http_version()):
            self._fault("bad_response")
            return
        if status < 200:
            if status != 101:
                handler.on_informational(head)
            return
        if head.keep_alive_s is not None:
            self.keep_alive_s = head.keep_alive_s
        if head.length is None and not head.chunked:
            self._body_until_eof = not self._is_head and status != 204 and status != 304
        handler.on_head(head)
        if self._is_head and self._handler is not None:
            # llhttp waits for the body that a HEAD response announces and never sends.
            self._fresh_parser = True
            self._complete = True

    def on_body(self, data: bytes) -> None:
        self._silent = -1
        if self._complete:
            self._excess = True
        elif self._handler is not None:
            self._handler.on_body(data)

    def on_message_complete(self) -> None:
        if self._head.status >= 200:
            self._complete = True

    # ── ends ──

    def _end(self) -> None:
        """The response is whole: tell, and go back to the pool if nothing speaks against it."""
        handler, self._handler = self._handler, None
        head = self._head
        clean = self._sent and not self._excess and not self._body_until_eof and not self._dead
        # Bytes of a request that was answered before it was read would stand before the next one.
        clean = clean and not self.transport.get_write_buffer_size()
        if clean and (head.persists or self._persists_without_body(head)):
            if self._fresh_parser:
                self._parser = httptools.HttpResponseParser(self)
                self._fresh_parser = False
            if self.paused:
                self.resume_reading()
            self.reused = True
            self.streamed = head.chunked
            self.idle_since = self._ticker.now
            # Into the pool before the handler is told, so that its next request finds this connection.
            self._on_idle(self)
        else:
            self._die()
        if handler is not None:
            handler.on_end()

    def _persists_without_body(self, head: ResponseHead) -> bool:
        """llhttp takes a HEAD answer without a length for one that lasts until the connection ends."""
        if not self._is_head or self._parser.get_http_version() != "1.1":
            return False
        return head.connection is None or b"close" not in heads.connection_options(head.connection)

    def _fault(self, reason: str) -> None:
        handler, self._handler = self._handler, None
        self._die()
        if handler is not None:
            handler.on_fault(reason)

    def _after_upgrade(self, rest: bytes) -> None:
        if self._complete:
            self._excess = True  # a switch that answers nothing, behind the response that is whole
            return
        handler = self._handler
        if handler is None or self._head.status != 101:
            self._fault("bad_response")
            return
        self._tunnel = True
        handler.on_switched(self._head)
        if rest and self._handler is not None:
            handler.on_body(rest)

    def _die(self) -> None:
        if not self._dead:
            self._dead = True
            if self.transport is not None and not self.transport.is_closing():
                self.transport.abort()

    def leave_tunnel(self) -> None:
        """Close after what was written, without a word to the handler."""
        self._handler = None
        if not self._dead and not self.transport.is_closing():
            self._dead = True
            with contextlib.suppress(OSError):
                self.transport.close()
