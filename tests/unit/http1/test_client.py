"""The connection facing an origin: the same events however the bytes were cut, one end for each request."""

import asyncio

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.http1.client import ClientConnection, ResponseHead, _promised_idle
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


class Handler:
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
        self._add(("head", head.lines, head.chunked, head.has_length))

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


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"timeout=5", 5.0),
        (b"max=100, Timeout = 7", 7.0),
        (b"timeout=99999999999999", 999999.0),
        (b"timeout=x", None),
        (b"timeout=-1", None),
        (b"timeout", None),
        (b"", None),
    ],
)
def test_promises_of_keep_alive(value, seconds):
    assert _promised_idle(value) == seconds
