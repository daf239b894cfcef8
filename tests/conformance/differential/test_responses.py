"""Every named response through the worker: the client gets it whole and once, or sees it break; and the next is its own."""

import asyncio

import pytest

from tests.conformance.differential.meeting import Cutting
from tests.conformance.differential.reader import Cut, Message, read_responses
from tests.conformance.differential.response_cases import CASES, ResponseCase
from tests.integration.proxying import Peer, Stage, at_random, byte_by_byte, eventually, on_uvloop, stage, whole

_LONG = 50_000
_SECOND = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"
_FAULT = b"x-shadowbench-fault"


async def _produce(it: Stage, case: ResponseCase, cut: Cutting) -> Peer:
    """Production answers the first request with the case, on whatever connection it comes."""
    production = await it.production.accept()
    await production.head()
    try:
        await production.send(case.wire, cut)
        if case.ends:
            production.half_close()
    except OSError:
        pass  # the worker had enough
    return production


async def _first_answer(client: Peer, method: bytes) -> tuple[Message | None, bool]:
    """The final response as the client reads it, None when it broke; and whether the connection is over."""
    came, is_over = b"", False
    while True:
        read = read_responses(came, [method], at_end=is_over)
        final = next((message for message in read.messages if message.status >= 200), None)
        if final is not None:
            assert final.end == len(came), f"bytes behind the response: {came!r}"
            return final, is_over
        assert isinstance(read.rest, Cut), f"{read.rest} in {came!r}"
        if is_over:
            return None, True
        try:
            data = await asyncio.get_running_loop().sock_recv(client.sock, 1 << 16)
        except ConnectionError:
            return None, True
        came, is_over = came + data, not data


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@on_uvloop
async def test_a_response_is_whole_or_seen_to_break_and_the_next_is_untouched(case: ResponseCase) -> None:
    for cut in (whole, at_random(1), byte_by_byte) if len(case.wire) < _LONG else (whole,):
        async with stage() as it:
            await _exchanges(it, case, cut)


async def _exchanges(it: Stage, case: ResponseCase, cut: Cutting) -> None:
    client = await it.client()
    await client.send(b"%b /first HTTP/1.1\r\nHost: x\r\n\r\n" % case.method)
    told = asyncio.get_running_loop().create_task(_produce(it, case, cut))
    answer, is_over = await _first_answer(client, case.method)
    await told
    _check_first(case, answer)
    await _check_second(it, client if not is_over else await it.client(), told.result())


def _check_first(case: ResponseCase, answer: Message | None) -> None:
    is_ours = answer is not None and bool(answer.values(_FAULT))
    assert (answer is not None and not is_ours) == case.passes, answer
    if answer is None or is_ours:
        assert answer is None or answer.status == 502
        return
    said = read_responses(case.wire, [case.method])
    expected = next(message for message in said.messages if message.status >= 200)
    assert (answer.status, answer.body) == (expected.status, expected.body)
    assert [pair for pair in answer.fields if pair[0].lower().startswith(b"x-")] == [
        pair for pair in expected.fields if pair[0].lower().startswith(b"x-")
    ]


async def _check_second(it: Stage, client: Peer, production: Peer) -> None:
    """The next request, on the same connections where they live: its answer is its own."""
    await eventually(lambda: it.traffic.active == 0)
    if client.sock.fileno() >= 0 and client.has_more():
        client = await it.client()  # it was closed behind its answer
    await client.send(b"GET /second HTTP/1.1\r\nHost: x\r\n\r\n")
    again = await it.production.asked(production)
    if again is production and b"/second" not in await _head_or_nothing(production):
        again = await it.production.accept()
        await again.head()
    elif again is not production:
        assert b"/second" in await again.head()
    await again.send(_SECOND)
    answer, _ = await _first_answer(client, b"GET")
    assert answer is not None and answer.body == b"second", answer


async def _head_or_nothing(production: Peer) -> bytes:
    try:
        return await production.head()
    except (EOFError, ConnectionError):
        return b""
