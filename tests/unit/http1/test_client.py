"""The connection facing an origin: the same events however the bytes were cut, one end for each request."""

import asyncio

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.http1.client import ClientConnection
from shadowbench.http1.handlers import ResponseHandler
from shadowbench.http1.responses import ResponseHead
from tests.integration.proxying import CHUNKED, LAST, OK, ManualTicker, chunks, on_uvloop
from tests.unit.http1.wires import Wire

RESPONSES = (
    OK,
    CHUNKED + chunks(b"one", b"two" * 100) + LAST,
    CHUNKED + chunks(b"one") + b"0\r\nX-T: 1\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + OK,
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.1 200 OK\r\nConnection: close, x-a\r\nX-A: 1\r\nSet-Cookie: a\r\nContent-Length: 1\r\n\r\n1",
    OK + b"excess",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    b"nonsense\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Len",
    CHUNKED + b"zz\r\n",
)


class Handler(ResponseHandler):
    """Remembers what it was told, and checks the order."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.body = b""
        self.over = False

    def _add(self, event: object) -> None:
        assert not self.over, f"{event} behind the end"
        self.events.append(event)

    def on_informational(self, head: ResponseHead) -> None:
        self._add(("informational", head.lines))

    def on_head(self, head: ResponseHead) -> None:
        self._add(("head", head.lines, head.chunked, head.length is not None))

    def on_body(self, data: bytes) -> None:
        assert not self.over and data
        self.body += data

    def on_end(self) -> None:
        self._add("end")
        self.over = True

    def on_fault(self, reason: str) -> None:
        self._add(reason)
        self.over = True

    def on_read_done(self) -> None: ...
    def on_writable(self, writable: bool) -> None: ...
    def on_switched(self, head: ResponseHead) -> None: ...
    def on_tunnel_eof(self) -> None: ...


def connection() -> tuple[ClientConnection, Wire, list[str]]:
    went: list[str] = []
    ticker = ManualTicker(asyncio.get_running_loop())
    one = ClientConnection(ticker, lambda _: went.append("idle"), lambda _: went.append("lost"))
    return one, Wire(one), went


async def turns() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def told(pieces: list[bytes], ending: str, is_head: bool) -> tuple[object, ...]:
    async def play() -> tuple[object, ...]:
        one, wire, went = connection()
        handler = Handler()
        one.begin(handler, is_head=is_head)
        one.write(b"GET")
        one.request_sent()
        for piece in pieces:
            if wire.takes:
                wire.receive(piece)
        if not wire.is_closing():
            wire.end() if ending == "end" else wire.break_()
        await turns()
        assert handler.over and went[-1] == "lost" and went.count("idle") <= 1
        return handler.events, handler.body

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(play())


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(RESPONSES),
    st.lists(st.integers(1, 60), max_size=40),
    st.sampled_from(["end", "break"]),
    st.booleans(),
)
def test_cuts_change_nothing(response, sizes, ending, is_head):
    pieces, at = [], 0
    for size in sizes:
        pieces.append(response[at : at + size])
        at += size
    pieces.append(response[at:])
    assert told([piece for piece in pieces if piece], ending, is_head) == told([response], ending, is_head)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.sampled_from(RESPONSES), max_size=6), st.sampled_from(["end", "break"]))
def test_nonsense_is_a_fault_and_never_an_exception(pieces, ending):
    told([piece for piece in pieces if piece], ending, False)


@on_uvloop
async def test_a_connection_serves_one_request_after_the_other():
    one, wire, went = connection()
    for number in range(3):
        handler = Handler()
        one.begin(handler)
        one.request_sent()
        wire.receive(OK)
        assert handler.events[-1] == "end" and handler.body == b"ok"
        assert went == ["idle"] * (number + 1) and one.reused
    wire.break_()
    await turns()


@pytest.mark.parametrize(
    ("response", "sent", "kept"),
    [
        (OK, True, True),
        (OK, False, False),
        (OK + b"x", True, False),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", True, False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", True, False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", True, True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True, True),
    ],
)
@on_uvloop
async def test_only_a_whole_exchange_leaves_a_connection_for_the_next(response, sent, kept):
    one, wire, went = connection()
    one.begin(Handler())
    if sent:
        one.request_sent()
    wire.receive(response)
    assert (went == ["idle"]) == kept and wire.was_aborted == (
        not kept and b"Connection: close\r\n\r\n" not in response
    )
    wire.break_()
    await turns()


def _told_after(*reads: bytes) -> list[object]:
    """What a request is told of these reads, then its body, then "idle" if its connection rests in the pool."""

    async def play() -> list[object]:
        one, wire, went = connection()
        handler = Handler()
        one.begin(handler)
        one.request_sent()
        for data in reads:
            if wire.takes:
                wire.receive(data)
        told = [*handler.events, handler.body, *went]
        wire.break_()
        await turns()
        return told

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(play())


@pytest.mark.parametrize("status", [100, 102, 103, 104, 150, 199])
@pytest.mark.parametrize(
    "framed",
    [
        b"Content-Length: %d\r\n\r\n%b" % (len(OK), OK),
        b"Content-Length: 5\r\n\r\n",
        CHUNKED.partition(b"\r\n")[2] + chunks(OK) + LAST,
        b"Transfer-Encoding: gzip\r\n\r\n",
    ],
)
def test_an_interim_response_with_content_is_a_fault_and_none_of_it_is_told(status, framed):
    interim = b"HTTP/1.1 %d Odd\r\n%b" % (status, framed)
    assert _told_after(interim + OK) == ["bad_response", b""]
    assert _told_after(interim[:40], interim[40:] + OK) == ["bad_response", b""]


@pytest.mark.parametrize("status", [100, 104, 199])
def test_an_interim_response_that_announces_no_content_loses_the_announcement(status):
    interim = b"HTTP/1.1 %d Odd\r\nContent-Length: 00\r\nX-A: 1\r\n\r\n" % status
    informed, head, *rest = _told_after(interim + OK)
    assert informed == ("informational", b"HTTP/1.1 %d Odd\r\nX-A: 1\r\n" % status)
    assert head[0] == "head" and rest == ["end", b"ok", "idle"]


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/2.0 200 OK",
        b"HTTP/0.9 200 OK",
        b"HTTP/2.0 100 Continue",
        b"HTTP/1.1 200 O\0K",
        b"HTTP/1.1 200 OK\x1b[2J",
        b"HTTP/1.1 404 \x7f",
        b"HTTP/1.1 100 \x01",
    ],
)
@pytest.mark.parametrize("line", [b"", b"Connection: keep-alive\r\n", b"Connection: close\r\n"])
@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", b"\r\n"])
def test_a_status_line_that_is_not_http_1_is_a_fault(first, line, before):
    response = first + b"\r\n" + line + b"Content-Length: 2\r\n\r\nok"
    for reads in ((before + response,), (before, response), (before + response[:12], response[12:])):
        told = _told_after(*filter(None, reads))
        assert told[-2:] == ["bad_response", b""] and len(told) <= 3


@pytest.mark.parametrize(
    ("coding", "is_told"),
    [(b"chunked ", True), (b" Chunked  ", True), (b"\tchunked", True), (b"chunked\t", False), (b"chunked ,", False)],
)
def test_blanks_behind_a_coding_are_no_part_of_it_and_what_the_parser_takes_for_another_is_a_fault(coding, is_told):
    response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding:%b\r\n\r\n" % coding + chunks(b"ok") + LAST
    told = _told_after(response)
    assert ("end" in told and b"ok" in told) == is_told
    assert ("bad_response" in told) != is_told


@pytest.mark.parametrize("reason", [b"", b"Fine", b"\xe9t\xe9", b"O\tK"])
@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
def test_a_reason_that_may_be_said_is_said_on(reason, version):
    head, *rest = _told_after(b"HTTP/%b 200 %b\r\nContent-Length: 2\r\n\r\nok" % (version, reason))
    assert head[1].startswith(b"HTTP/1.1 200 %b\r\n" % reason) and rest[:2] == ["end", b"ok"]


@on_uvloop
async def test_the_status_line_of_each_response_on_a_connection_is_looked_at():
    one, wire, _ = connection()
    for response, ending in ((OK, "end"), (b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "bad_response")):
        handler = Handler()
        one.begin(handler)
        one.request_sent()
        wire.receive(response)
        assert handler.events[-1] == ending
    await turns()


@pytest.mark.parametrize(
    ("length", "is_told"),
    [
        (b"9223372036854775807", True),
        (b"0009223372036854775807", True),
        (b"9223372036854775808", False),
        (b"000018446744073709551615", False),
    ],
)
def test_a_length_beyond_signed_64_bits_is_a_fault(length, is_told):
    told = _told_after(b"HTTP/1.1 200 OK\r\nContent-Length: %b\r\n\r\nok" % length)
    assert told == ["bad_response", b""] if not is_told else (told[0][0], told[1]) == ("head", b"ok")


_SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"


@pytest.mark.parametrize("behind", [b"", b"bytes of another protocol", OK])
@pytest.mark.parametrize("whole", [OK, CHUNKED + chunks(b"ok") + LAST])
def test_a_switch_behind_a_whole_response_leaves_it_whole_and_ends_the_connection(whole, behind):
    (kind, *_), *rest = _told_after(whole + _SWITCH + behind)
    assert kind == "head" and rest == ["end", b"ok"]


@pytest.mark.parametrize(
    ("trailer", "kept"),
    [
        (b"X-Sum: 1", True),
        (b"Connection: close", False),
        (b"proxy-Connection: close", False),
        (b"Transfer-Encoding: x", False),
    ],
)
def test_a_trailer_that_ends_the_connection_for_the_parser_ends_it(trailer, kept):
    (kind, *_), *rest = _told_after(CHUNKED + chunks(b"ok") + b"0\r\n" + trailer + b"\r\n\r\n")
    assert kind == "head" and rest == ["end", b"ok", *(["idle"] if kept else [])]


@pytest.mark.parametrize(
    ("before", "came", "events"),
    [
        (b"", OK, ["head", "end"]),
        (OK[:30], OK[30:], ["head", "end"]),
        (OK[:-1], b"", ["head", "reset"]),
        (b"", b"HTTP/1.1 200 OK\r\n\r\nhalf", ["head", "reset"]),
        (b"", b"", ["reset"]),
    ],
)
@on_uvloop
async def test_what_came_before_a_write_failed_is_read_and_the_connection_is_not_used_again(before, came, events):
    one, wire, went = connection()
    handler = Handler()
    one.begin(handler)
    one.request_sent()
    if before:
        wire.receive(before)
    wire.far_end.sendall(came)
    wire.break_()
    await turns()
    assert [event[0] if isinstance(event, tuple) else event for event in handler.events] == events
    assert went == ["lost"]


@on_uvloop
async def test_a_cancelled_request_is_told_nothing_more():
    one, wire, went = connection()
    handler = Handler()
    one.begin(handler)
    wire.receive(CHUNKED + chunks(b"one"))
    one.abort()
    await turns()
    assert handler.events[-1][0] == "head" and went == ["lost"] and wire.was_aborted


@on_uvloop
async def test_bytes_that_nobody_asked_for_end_the_connection():
    _, wire, went = connection()
    wire.receive(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    await turns()
    assert wire.was_aborted and went == ["lost"]
