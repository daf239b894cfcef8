"""One call, told as frames. Time-outs and real sockets are in tests/integration/test_mirror_faults.py."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from shadowbench import handoff
from shadowbench.handoff import Frame, FrameReader, Kind
from shadowbench.http1.client import ResponseHead
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
    retries: int = 0

    def on_answer(self, frames: list[bytes]) -> None:
        self.frames += FrameReader().feed(b"".join(frames))

    def on_over(self, frames: list[bytes], fault: str | None, status: int | None) -> None:
        self.on_answer(frames)
        self.over.append((fault, status))

    def on_retry(self) -> None:
        self.retries += 1

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


async def test_a_stale_connection_is_replaced_once() -> None:
    calling = Calling()
    calling.origin.idle = [FakeConnection(reused=True)]
    first = await calling.begin()
    first.fault("stale")
    for _ in range(4):
        await asyncio.sleep(0)
    second = calling.origin.given[-1]
    assert second is not first and second.written == first.written
    assert calling.listener.retries == 1 and calling.listener.frames == []
    second.fault("stale")
    assert calling.listener.kinds == ["REQUEST_END", "ABORT"]
    assert calling.listener.over == [("reset", None)]


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
