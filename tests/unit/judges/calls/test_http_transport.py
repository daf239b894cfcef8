"""One request over a real socket, against a provider that does what providers do wrong."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import orjson
import pytest

from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Fault, Reply, ScriptedProvider, ScriptedServer, Step, head, plain
from shadowbench.judges.calls.faults import Came, failure_of
from shadowbench.judges.calls.http_transport import HttpTransport

BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 20}


async def post(
    url: str, body: Any = BODY, *, timeout_s: float = 10.0, most_bytes: int = 1 << 20, **headers: str
) -> Came:
    transport = HttpTransport(
        f"{url}/v1/chat/completions", headers, dialect="openai.chat", connections=1, unix=lambda: 0.0,
        most_bytes=most_bytes,
    )  # fmt: skip
    try:
        return await transport.post(orjson.dumps(body), timeout_s=timeout_s)
    finally:
        await transport.aclose()


@pytest.mark.parametrize("fault", [None, Fault.SLOW, Fault.UNTIL_CLOSE, Fault.GZIP])
async def test_a_whole_answer_is_read_whatever_way_it_comes(fault: Fault | None) -> None:
    async with ScriptedProvider(lambda request: fault) as provider:
        came = await post(provider.url)
        assert failure_of(came) is None
        assert came.reading is not None and came.reading.answer is not None and came.reading.answer.first.text
        assert came.reading.usage.output_tokens


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault.RESET_BEFORE_HEAD, "broken"),
        (Fault.RESET_AFTER_HEAD, "broken"),
        (Fault.RESET_MID_BODY, "broken"),
        (Fault.CUT, "broken"),
        (Fault.NO_HTTP, "broken"),
        (Fault.GARBAGE, "unreadable"),
        (Fault.HUGE, "unreadable"),
        (Fault.RATE_LIMITED, "rate_limited"),
        (Fault.SERVER_ERROR, "server_error"),
        (Fault.OVERLOADED, "overloaded"),
        (Fault.ERROR_IN_STREAM, "server_error"),
    ],
)
async def test_each_fault_has_its_name(fault: Fault, outcome: str) -> None:
    async with ScriptedProvider(lambda request: fault) as provider:
        failure = failure_of(await post(provider.url))
        assert failure is not None and failure.outcome == outcome


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.HANG_MID_BODY])
async def test_one_who_never_ends_is_left(fault: Fault) -> None:
    async with ScriptedProvider(lambda request: fault) as provider:
        came = await post(provider.url, timeout_s=0.2)
        assert (came.fault, came.was_sent) == ("timed_out", True)
        assert came.duration_s >= 0.2


async def test_nobody_there_is_told_apart_from_nobody_answering() -> None:
    async with ScriptedProvider() as provider:
        url = provider.url
    came = await post(url)
    assert (came.fault, came.was_sent, came.status) == ("unreachable", False, None)


async def test_when_to_come_back_is_read() -> None:
    async with ScriptedProvider(lambda request: Fault.RATE_LIMITED) as provider:
        came = await post(provider.url)
        assert (came.status, came.retry_after_s) == (429, 1.0)


async def test_whether_to_come_back_is_read() -> None:
    def refuse(request: Received) -> Reply:
        return plain(500, b"{}", ("x-should-retry", "false"), ("retry-after-ms", "250"))

    async with ScriptedServer(refuse) as server:
        came = await post(server.url)
        assert (came.should_retry, came.retry_after_s) == (False, 0.25)


async def test_more_bytes_than_an_answer_has_are_not_read() -> None:
    async with ScriptedServer(lambda request: plain(200, b" " * (1 << 22))) as server:
        came = await post(server.url, most_bytes=1 << 16)
        assert came.reading is not None and len(came.reading.body) <= 1 << 16
        assert failure_of(came) is not None


async def test_one_who_never_stops_sending_is_left_when_it_is_too_much() -> None:
    def endless(request: Received) -> Reply:
        first = Step(data=head(200, ("content-length", str(1 << 40))))
        return Reply(steps=itertools.chain([first], itertools.repeat(Step(data=b" " * 65536))))

    async with ScriptedServer(endless, keeps_bytes=False) as server:
        failure = failure_of(await post(server.url, most_bytes=1 << 18))
        assert failure is not None and failure.outcome == "unreadable"


async def test_a_redirect_is_not_followed_with_the_key() -> None:
    def lead_away(request: Received) -> Reply:
        return plain(307, b"", ("location", "/elsewhere"))

    async with ScriptedServer(lead_away) as server:
        came = await post(server.url, authorization="Bearer k")
        failure = failure_of(came)
        assert failure is not None and failure.outcome == "rejected"
        assert len(server.requests) == 1


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedProvider() as provider:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        assert failure_of(await post(provider.url)) is None


async def test_who_leaves_leaves_no_connection() -> None:
    async with ScriptedProvider(lambda request: Fault.HANG) as provider:
        task = asyncio.get_running_loop().create_task(post(provider.url))
        await provider.until(lambda: bool(provider.requests))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(provider.connections[0].closed.wait(), 10)
