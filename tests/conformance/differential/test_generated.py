"""Requests that hypothesis makes: valid ones, mutilated in places, through the worker in any cut. Covers CT-58."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance.differential.meeting import Met, faults_of, meet, meeting
from tests.conformance.differential.request_cases import CASES, chunk, head
from tests.integration.proxying import WITHIN_S

_LINES = st.sampled_from(
    [
        *(b"Content-Length: 4", b"Content-Length: 0", b"content-length:4", b"Content-Length: 5", b"Content-Length : 4"),
        *(b"Transfer-Encoding: chunked", b"transfer-encoding:chunked", b"Transfer-Encoding: x", b"Transfer-Encoding:"),
        *(b"Connection: close", b"Connection: keep-alive, x-a", b"Connection: Upgrade", b"Upgrade: h2c", b"X-A: b", b"Host: y"),
        *(b"Expect: 100-continue", b"Trailer: X", b"TE: trailers", b" folded", b"X-A: b\rc"),
        b"X-A: b\nTransfer-Encoding: chunked",
    ]
)  # fmt: skip
_FIRSTS = st.sampled_from(
    [b"POST /a HTTP/1.1", b"GET /b HTTP/1.1", b"HEAD /c HTTP/1.1", b"PUT http://h/d HTTP/1.1", b"POST /e HTTP/1.0"]
)
_BODIES = st.sampled_from(
    [
        *(
            b"",
            b"abcd",
            chunk(b"abcd") + b"0\r\n\r\n",
            b"0\r\n\r\n",
            chunk(b"ab") + chunk(b"cd") + b"0\r\nX-T: u\r\n\r\n",
        ),
        *(b"4;a=b\r\nabcd\r\n0\r\n\r\n", b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n", chunk(b"abcd", b"04"), b"\r\n"),
    ]
)
_GOOD_BODIES = ((b"Content-Length: 4", b"abcd"), (b"Transfer-Encoding: chunked", chunk(b"abcd") + b"0\r\n\r\n"))
_ODD_BYTES = st.sampled_from(
    [b"\r", b"\n", b"\r\n", b" ", b"\t", b"\0", b":", b",", b";", b"0", b"1", b"\x80", b"X", b"\x0b"]
)


@st.composite
def _requests(draw: st.DrawFn) -> bytes:
    """One request, good or with lines and a body that need not fit."""
    if draw(st.booleans()):
        line, body = draw(st.sampled_from(_GOOD_BODIES))
        return head(line, first=b"POST /good HTTP/1.1") + body
    lines = draw(st.lists(_LINES, max_size=4))
    return head(*lines, first=draw(_FIRSTS)) + draw(_BODIES)


@st.composite
def _wires(draw: st.DrawFn) -> bytes:
    """A few requests, then some bytes taken out, put in, doubled."""
    wire = b"".join(draw(st.lists(_requests(), min_size=1, max_size=4)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(wire)))
        cut = draw(st.integers(0, 3))
        wire = wire[:at] + draw(st.one_of(st.just(b""), _ODD_BYTES, st.just(wire[at : at + 9]))) + wire[at + cut :]
    return wire


class Played:
    """One worker for all examples: a meeting takes a millisecond, a start several."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._meeting = meeting()
        self.uncaught: list[object] = []

    def __enter__(self) -> Played:
        self._runner.__enter__()
        self._runner.get_loop().set_exception_handler(lambda _, context: self.uncaught.append(context))
        self._it, self._origin = self._runner.run(self._meeting.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._meeting.__aexit__(None, None, None))
        self._runner.close()

    def meet(self, wire: bytes, sizes: list[int]) -> Met:
        """Send `wire` in pieces of these sizes, then the rest."""
        return self._runner.run(
            asyncio.wait_for(meet(self._it, self._origin, wire, lambda data: _cut(data, sizes)), WITHIN_S)
        )


def _cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        if at + size >= len(data):
            break
        yield data[at : at + size]
        at += size
    yield data[at:]


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    """The worker."""
    with Played() as it:
        yield it


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(_wires(), st.lists(st.integers(1, 40), max_size=12))
def test_whatever_is_sent_nothing_arrives_but_what_was_sent(played: Played, wire: bytes, sizes: list[int]) -> None:
    _check(played, wire, sizes)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(
    st.sampled_from([case for case in CASES.values() if len(case.wire) < 1000]),
    st.sampled_from([case for case in CASES.values() if case.arrives and len(case.wire) < 1000]),
    st.integers(0, 1000),
    _ODD_BYTES,
)  # fmt: skip
def test_a_named_case_with_one_more_byte_behind_another(
    played: Played, case: object, before: object, at: int, odd: bytes
) -> None:
    wire = case.wire[: at % len(case.wire)] + odd + case.wire[at % len(case.wire) :]
    _check(played, before.wire + wire, [at + 1])


def _check(played: Played, wire: bytes, sizes: list[int]) -> None:
    met = played.meet(wire, sizes)
    assert not faults_of(met), met
    assert not played.uncaught
