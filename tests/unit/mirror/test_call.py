"""One call, told as frames. Time-outs and real sockets are in tests/integration/test_mirror_faults.py."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from shadowbench import handoff
from shadowbench.handoff import Frame, FrameReader, Kind
from shadowbench.http1.responses import ResponseHead
from shadowbench.mirror.call import Call, CallContext, redacted_lines
from shadowbench.mirror.clock import Clock
from shadowbench.mirror.lag import LagMeter
from shadowbench.mirror.shaping import Shaped
from tests.unit.mirror.doubles import SALT, ConnectFault, FakeConnection, FakeOrigin, small


@dataclass
class Listener:
    """What a call told."""

    frames: list[Frame] = field(default_factory=list)
    over: list[tuple[str | None, int | None]] = field(default_factory=list)
    asked: list[tuple[str | None, int | None, bool, str | None]] = field(default_factory=list)
    repeats: bool = False  # what it says when asked

    def on_answer(self, frames: list[bytes]) -> None:
        self.frames += FrameReader().feed(b"".join(frames))

    def on_over(self, frames: list[bytes], fault: str | None, status: int | None) -> None:
        self.on_answer(frames)
        self.over.append((fault, status))

    def is_repeated(self, fault: str | None, status: int | None, *, sent: bool, retry_after: str | None) -> bool:
        self.asked.append((fault, status, sent, retry_after))
        return self.repeats

    @property
    def kinds(self) -> list[str]:
        return [Kind(frame.kind).name for frame in self.frames]


class Calling:
    """A call that has begun."""

    def __init__(self, *, body: bytes = b"{}", max_response_bytes: int = 100) -> None:
        loop = asyncio.get_running_loop()
        self.origin = FakeOrigin()
        self.listener = Listener()
        context = CallContext(
            options=small(max_response_bytes=max_response_bytes),
            origin=self.origin,
            salt=SALT,
            loop=loop,
            clock=Clock(),
            lag=LagMeter(loop),
        )
        shaped = Shaped(head=b"POST / HTTP/1.1\r\n\r\n", body=body)
        self.call = Call(context, self.listener, shaped, number=5, side=2, queue_us=7)

    async def begin(self) -> FakeConnection:
        self.call.start()
        for _ in range(4):
            await asyncio.sleep(0)
        return self.origin.given[-1]


async def test_a_fresh_connection_tells_how_long_it_took() -> None:
    calling = Calling()
    connection = await calling.begin()
    assert connection.written == b"POST / HTTP/1.1\r\n\r\n{}" and connection.sent
    connection.head()
    connection.body(b"yes")
    connection.end()
    assert calling.listener.kinds == ["REQUEST_END", "HEAD", "PART", "END"]
    assert {(frame.sequence, frame.side) for frame in calling.listener.frames} == {(5, 2)}
    head = handoff.read_head(calling.listener.frames[1].payload)
    assert head.connect_s is not None and head.queue_s == 7e-6
    assert calling.listener.over == [(None, 200)]
    assert not connection.aborted, "it is in its pool"


async def test_an_answer_in_one_read_is_told_at_once_and_whole() -> None:
    calling = Calling()
    tellings: list[int] = []
    tell = calling.listener.on_answer
    calling.listener.on_answer = lambda frames: (tellings.append(len(frames)), tell(frames))[1]  # type: ignore[method-assign]
    connection = await calling.begin()
    connection.whole(b"yes")
    assert calling.listener.kinds == ["REQUEST_END", "HEAD", "PART", "END"]
    assert len(tellings) == 1 and calling.listener.over == [(None, 200)]


async def test_what_a_cancelled_call_had_not_told_stays_untold() -> None:
    calling = Calling()
    await calling.begin()
    head = ResponseHead()
    head.status = 200
    calling.call.on_head(head)
    calling.call.cancel()
    calling.call.on_read_done()
    assert calling.listener == Listener()


async def test_a_pooled_connection_is_used_at_once() -> None:
    calling = Calling(body=b"x" * 100_000)
    calling.origin.idle = [FakeConnection(reused=True)]
    calling.call.start()
    (connection,) = calling.origin.given
    assert connection.sent and len(connection.written) == 100_019
    connection.head()
    assert handoff.read_head(calling.listener.frames[1].payload).connect_s is None
    calling.call.cancel()


@pytest.mark.parametrize("reason", ["refused", "reset", "dns", "tls", "timed_out_connect", "unreachable"])
async def test_no_connection_is_a_fault_without_a_beginning(reason: str) -> None:
    calling = Calling()
    calling.origin.outcomes = [ConnectFault(reason)]
    calling.call.start()
    for _ in range(4):
        await asyncio.sleep(0)
    assert calling.listener.kinds == ["ABORT"]
    assert handoff.read_end(calling.listener.frames[0].payload).reason == reason
    assert calling.listener.over == [(reason, None)]


async def test_a_connection_that_died_before_its_turn_is_reset() -> None:
    calling = Calling()
    calling.origin.outcomes = [FakeConnection(closing=True)]
    await calling.begin()
    assert calling.listener.over == [("reset", None)] and calling.listener.kinds == ["ABORT"]


async def test_a_stale_connection_was_reset_unless_it_is_asked_again() -> None:
    for repeats, kinds in ((False, ["REQUEST_END", "ABORT"]), (True, [])):
        calling = Calling()
        calling.listener.repeats = repeats
        calling.origin.idle = [FakeConnection(reused=True)]
        (await calling.begin()).fault("stale")
        assert calling.listener.asked == [("stale", None, True, None)]
        assert calling.listener.kinds == kinds
        assert calling.listener.over == ([] if repeats else [("reset", None)])


async def test_a_fresh_connection_is_made_when_that_is_wanted() -> None:
    calling = Calling()
    calling.origin.idle = [FakeConnection(reused=True)]
    calling.call.start(fresh=True)
    for _ in range(4):
        await asyncio.sleep(0)
    assert len(calling.origin.idle) == 1 and not calling.origin.given[-1].reused
    calling.call.cancel()


@pytest.mark.parametrize("status", [429, 503, 529])
async def test_a_busy_endpoint_that_is_asked_again_leaves_no_answer(status: int) -> None:
    calling = Calling()
    calling.listener.repeats = True
    connection = await calling.begin()
    head = ResponseHead()
    head.status, head.reason = status, b"Busy"
    head.fields = [b"A", b": ", b"1", b"\r\n", b"Retry-After", b": ", b"7", b"\r\n"]
    calling.call.on_head(head)
    assert calling.listener.asked == [(None, status, True, "7")]
    assert connection.aborted and calling.listener.frames == [] and calling.listener.over == []


async def test_a_busy_endpoint_that_is_not_asked_again_has_answered() -> None:
    calling = Calling()
    connection = await calling.begin()
    connection.head(429)
    connection.fault("truncated")
    assert calling.listener.asked == [(None, 429, True, None)], "once: after a head nothing is asked again"
    assert calling.listener.over == [("truncated", 429)]


async def test_what_we_end_ourselves_is_not_asked_again() -> None:
    calling = Calling()
    calling.listener.repeats = True
    await calling.begin()
    calling.call.fault("shutdown", ours=True)
    assert calling.listener.asked == [] and calling.listener.over == [("shutdown", None)]


async def test_a_body_over_the_bound_keeps_its_beginning() -> None:
    calling = Calling(max_response_bytes=10)
    connection = await calling.begin()
    connection.head()
    connection.body(b"12345")
    connection.body(b"678901")
    connection.body(b"late")
    assert calling.listener.kinds == ["REQUEST_END", "HEAD", "PART", "ABORT"]
    assert calling.listener.over == [("overflow", 200)] and connection.aborted
    (chunk,) = handoff.read_part(calling.listener.frames[2].payload)
    assert chunk.data == b"12345"


async def test_a_cancelled_call_says_nothing_more() -> None:
    calling = Calling()
    connection = await calling.begin()
    calling.call.cancel()
    calling.call.fault("reset")
    calling.call.on_body(b"x")
    calling.call.on_end()
    calling.call.on_fault("reset")
    assert connection.aborted and calling.listener == Listener()


async def test_a_call_cancelled_while_it_connects_leaves_nothing_behind() -> None:
    calling = Calling()
    calling.call.start()
    calling.call.cancel()
    for _ in range(4):
        await asyncio.sleep(0)
    assert all(connection.aborted for connection in calling.origin.given)
    assert calling.listener == Listener()


async def test_another_protocol_and_a_giant_head_are_bad_responses() -> None:
    calling = Calling()
    await calling.begin()
    calling.call.on_switched(ResponseHead())
    assert calling.listener.over == [("bad_response", None)]

    calling = Calling()
    await calling.begin()
    head = ResponseHead()
    head.fields = [b"X", b": ", b"x" * handoff.MAX_HEAD_BYTES, b"\r\n"]
    calling.call.on_head(head)
    assert calling.listener.over == [("bad_response", None)]


def test_cookies_in_a_head_become_placeholders() -> None:
    head = ResponseHead()
    head.status, head.reason = 200, b"OK"
    head.fields = [b"A", b": ", b"1", b"\r\n", b"Set-Cookie", b": ", b"secret", b"\r\n"]
    head.credentials_at = [6]
    lines = redacted_lines(head, SALT)
    assert lines.startswith(b"HTTP/1.1 200 OK\r\nA: 1\r\nSet-Cookie: hash:") and b"secret" not in lines
