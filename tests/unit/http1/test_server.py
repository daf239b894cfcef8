"""The connection facing a client: the same events however the bytes were cut, and nothing after an end."""

import asyncio

import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.http1.handlers import RequestHandler, ServerHost
from shadowbench.http1.requests import RequestHead, ServerOptions
from shadowbench.http1.server import ServerConnection
from tests.integration.proxying import GET, LAST, ManualTicker, chunks, head, on_uvloop, post
from tests.unit.http1.wires import Wire

PARTS = (
    GET,
    post(b"{}"),
    post(b"x" * 3000),
    head("Transfer-Encoding: chunked") + chunks(b"one", b"two") + LAST,
    head("Transfer-Encoding: chunked") + chunks(b"one") + b"0\r\nX-T: 1\r\n\r\n",
    head("Connection: Upgrade", "Upgrade: h2c", "Content-Length: 4") + b"GET ",
    head("Connection: Upgrade", "Upgrade: h2c", "Transfer-Encoding: chunked")
    + chunks(b"GET / HTTP/1.1\r\n\r\n")
    + LAST,
    head("Connection: Upgrade", "Upgrade: h2c"),
    head("Connection: X-A, keep-alive", "X-A: 1", "Cookie: c"),
    head(host=None),
    head("Transfer-Encoding: gzip, chunked") + LAST,
    b"nonsense\r\n",
    b"\r\n",
)


class Handler(RequestHandler):
    """Remembers; answers when the request is complete."""

    def __init__(self, host: "Host", connection: ServerConnection, head: RequestHead) -> None:
        self.asks_upgrade = head.upgrade is not None
        self.has_answered = False
        self.body = b""
        self.outcome = "open"
        self.head = (head.method, head.path, b"".join(head.fields), head.chunked, head.upgrade)
        self._connection = connection

    def on_request_body(self, data: bytes) -> None:
        assert self.outcome == "open"
        self.body += data

    def on_request_end(self) -> None:
        assert self.outcome == "open"
        self.outcome = "complete"

    def on_read_done(self) -> None:
        if self.outcome == "complete":
            self.outcome = "answered"
            self._connection.transport.write(b"A")
            self._connection.finish(close=False)

    def awaits_continue(self) -> bool:
        return False

    def on_client_writable(self, writable: bool) -> None: ...
    def on_tunnel_data(self, data: bytes) -> None: ...
    def on_client_eof(self) -> None: ...
    def check(self, now: float) -> None: ...

    def on_client_gone(self, reason: str) -> None:
        assert self.outcome in ("open", "complete")
        self.outcome = reason


class Slow(Handler):
    """Answers when the test says so."""

    def on_read_done(self) -> None: ...


class Hasty(Handler):
    """Answers the first piece of a body."""

    def on_request_body(self, data: bytes) -> None:
        super().on_request_body(data)
        self.outcome = "answered"
        self._connection.transport.write(b"A")
        self._connection.finish(close=False)


class Host(ServerHost):
    """`ServerHost` of one connection."""

    def __init__(self) -> None:
        self.ticker = ManualTicker(asyncio.get_running_loop())
        self.draining = False
        self.handlers: list[Handler] = []
        self.refusals: list[str] = []
        self.trailers = 0

    def begin(self, connection: ServerConnection, head: RequestHead) -> Handler:
        self.handlers.append(Handler(self, connection, head))
        return self.handlers[-1]

    def opened(self, connection: ServerConnection) -> None: ...
    def closed(self, connection: ServerConnection) -> None: ...

    def refused(self, refusal) -> None:
        self.refusals.append(refusal.code)

    def trailers_dropped(self, count: int) -> None:
        self.trailers += count


def told(pieces: list[bytes]) -> tuple[object, ...]:
    """What a connection made of these reads."""

    async def play() -> tuple[object, ...]:
        host = Host()
        wire = Wire(ServerConnection(host, ServerOptions()))
        for piece in pieces:
            if wire.takes:
                wire.receive(piece)
        heard = [(handler.head, handler.body, handler.outcome) for handler in host.handlers]
        answer = wire.sent
        wire.break_()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert all(handler.outcome != "open" for handler in host.handlers)
        wire.discard()
        return heard, host.refusals, host.trailers, answer

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(play())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=8), st.lists(st.integers(1, 400), max_size=60))
def test_cuts_change_nothing(parts, sizes):
    data = b"".join(parts)
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    pieces.append(data[at:])
    assert told([piece for piece in pieces if piece]) == told([data])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.sampled_from(PARTS), max_size=8))
def test_nonsense_is_refused_and_never_an_exception(pieces):
    told([piece for piece in pieces if piece])


@on_uvloop
async def test_a_refusal_is_said_once_and_the_connection_ends_in_order():
    host = Host()
    wire = Wire(ServerConnection(host, ServerOptions()))
    wire.receive(head(host=None) + GET * 5)
    assert host.handlers == [] and host.refusals == ["host"]
    assert wire.wrote_eof and not wire.is_closing(), "the rest of what the client sends is read, so that no reset comes"
    wire.receive(GET)
    host.ticker.pass_time(3.0)
    assert wire.was_aborted and wire.sent.count(b"x-shadowbench-fault") == 1
    await asyncio.sleep(0)
    await asyncio.sleep(0)


UNKNOWN = {
    b"FOO / HTTP/1.1\r\n": "unknown_method",
    b"\r\nget /a?b HTTP/1.0\r\n": "unknown_method",
    b"POSTS / HTTP/1.1\r\n": "unknown_method",
    b"DESCRIBE / HTTP/1.1\r\n": "unknown_method",  # llhttp knows it of RTSP
    b"\x16\x03\x01\x02\x00": "unknown_method",
    b"GET / HTTP/1,1\r\n": "bad_request",
    b"GET /\tb HTTP/1.1\r\n": "bad_request",
    b"PRI * HTTP/2.0\r\n\r\n": "bad_request",
}


@on_uvloop
async def test_a_method_that_is_not_known_is_a_501_that_says_so():
    for line, code in UNKNOWN.items():
        for before in (b"", GET):
            host = Host()
            wire = Wire(ServerConnection(host, ServerOptions()))
            wire.receive(before + line + b"Host: x\r\n\r\n")
            assert host.refusals == [code], line
            answer = wire.sent.removeprefix(b"A" if before else b"")
            status = b"501 Not Implemented" if code == "unknown_method" else b"400 Bad Request"
            assert answer.startswith(b"HTTP/1.1 %b\r\n" % status), line
            assert (b"a method that is known here" in answer) == (code == "unknown_method")
            wire.break_()
    await asyncio.sleep(0)
    await asyncio.sleep(0)


@on_uvloop
async def test_behind_a_refusal_that_waits_for_its_turn_nothing_is_read():
    host = Host()
    connection = ServerConnection(host, ServerOptions(head_timeout_s=1.0))
    wire = Wire(connection)
    wire.receive(post(b"12")[:-1])  # the first request goes on
    wire.receive(b"2" + head(host=None) + b"GET /" + b"a" * 1000)
    assert [handler.outcome for handler in host.handlers] == ["answered"] and host.refusals == ["host"]
    wire.discard()

    slow = Wire(ServerConnection(host, ServerOptions(head_timeout_s=1.0)))
    slow.protocol._host.begin = lambda connection, head: Slow(host, connection, head)
    slow.receive(GET)
    slow.receive(head(host=None) + b"GET / HTTP/1.1\r\nX: 1\r\n")
    assert not slow.is_reading, "whatever the client sends now stays in the kernel, not with us"
    host.ticker.pass_time(5.0)
    assert host.refusals == ["host", "host"], "no time-out of a head that nobody reads replaces the refusal"
    slow.protocol.finish(close=False)
    assert slow.sent.count(b" 400 ") == 1 and b" 408 " not in slow.sent
    slow.discard()
    await asyncio.sleep(0)


@on_uvloop
async def test_a_waiting_request_that_is_answered_early_is_told_no_more() -> None:
    host = Host()
    kinds = iter((Slow, Hasty, Handler))

    def begin(connection: ServerConnection, head: RequestHead) -> Handler:
        host.handlers.append(next(kinds)(host, connection, head))
        return host.handlers[-1]

    host.begin = begin  # type: ignore[method-assign]
    wire = Wire(ServerConnection(host, ServerOptions()))
    wire.receive(GET + post(b"first") + GET)
    slow = host.handlers[0]
    slow._connection.finish(close=False)
    assert [each.outcome for each in host.handlers] == ["complete", "answered", "answered"]
    assert host.handlers[1].body == b"first" and wire.sent == b"AA"
    wire.discard()
    await asyncio.sleep(0)


@on_uvloop
async def test_who_still_sends_is_listened_to_longer_but_not_for_ever():
    host = Host()
    wire = Wire(ServerConnection(host, ServerOptions()))
    wire.receive(head(host=None))
    for _ in range(19):
        host.ticker.pass_time(1.5)
        assert not wire.was_aborted, "closing now would be a reset, and the answer might be lost"
        wire.receive(b"x" * 100)
    host.ticker.pass_time(3.1)
    assert wire.was_aborted
    await asyncio.sleep(0)
    await asyncio.sleep(0)


@on_uvloop
async def test_time_outs_follow_the_options():
    host = Host()
    options = ServerOptions(head_timeout_s=1.0, body_timeout_s=2.0, idle_s=3.0)
    idle, in_head, in_body = (Wire(ServerConnection(host, options)) for _ in range(3))
    in_head.receive(b"GET / HT")
    in_body.receive(head("Content-Length: 5") + b"1")
    host.ticker.pass_time(1.1)
    assert in_head.sent.startswith(b"HTTP/1.1 408 ") and not in_body.sent
    host.ticker.pass_time(1.0)
    assert in_body.sent.startswith(b"HTTP/1.1 408 ") and not idle.is_closing()
    host.ticker.pass_time(1.0)
    assert idle.is_closing() and idle.sent == b""
    for wire in (idle, in_head, in_body):
        wire.break_()
    await asyncio.sleep(0)
    await asyncio.sleep(0)


@on_uvloop
async def test_a_peer_at_rest_that_does_not_answer_the_close_is_not_waited_for():
    """Over TLS a close waits for the other side, and a client's idle pool reads nothing."""
    host = Host()
    connection = ServerConnection(host, ServerOptions(body_timeout_s=8.0))
    wire = Wire(connection, tls=True)
    host.ticker.pass_time(10.0)
    connection.close_idle()
    assert wire.is_closing() and not wire.was_aborted
    host.ticker.pass_time(0.6)
    assert wire.was_aborted
    await asyncio.sleep(0)
    await asyncio.sleep(0)


@on_uvloop
async def test_when_the_drain_is_over_whoever_is_being_closed_is_cut_off():
    host = Host()
    connection = ServerConnection(host, ServerOptions())
    wire = Wire(connection)
    wire.holds = True
    wire.receive(head(host=None))
    assert wire.unsent and not wire.was_aborted
    connection.cut_off()
    assert wire.was_aborted
    await asyncio.sleep(0)
    await asyncio.sleep(0)
