"""The scripted provider, judged by the vendors' own clients, so that it is a double of something real."""

import asyncio
import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import anthropic
import httpx
import pytest

from shadowbench.endpoints.testing import Fault, Reply, ScriptedProvider, ScriptedServer, Step, _Connection, plain
from tests.unit.endpoints.clients import MESSAGES, anthropic_client


@contextmanager
def raises(*kinds: type[Exception]) -> Iterator[None]:
    with pytest.raises(kinds):
        yield


CHAT = {"messages": MESSAGES}


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        (Fault.RESET_BEFORE_HEAD, (httpx.ReadError,)),
        (Fault.RESET_AFTER_HEAD, (httpx.ReadError,)),
        (Fault.RESET_MID_BODY, (httpx.ReadError,)),
        (Fault.CUT, (httpx.RemoteProtocolError,)),
        (Fault.NO_HTTP, (httpx.RemoteProtocolError,)),
        (Fault.HANG, (httpx.ReadTimeout,)),
        (Fault.HANG_MID_BODY, (httpx.ReadTimeout,)),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_a_fault_on_the_connection_is_what_a_client_sees(
    fault: Fault, kinds: tuple[type[Exception], ...], stream: bool
) -> None:
    async with ScriptedProvider() as provider, httpx.AsyncClient(timeout=0.3) as client:
        with raises(*kinds):
            await client.post(
                f"{provider.url}/v1/chat/completions", json=CHAT | {"model": f"scripted-{fault}", "stream": stream}
            )


@pytest.mark.parametrize(
    ("fault", "status"), [(Fault.RATE_LIMITED, 429), (Fault.SERVER_ERROR, 500), (Fault.OVERLOADED, 529)]
)
async def test_an_error_status_comes_with_the_providers_error_body(fault: Fault, status: int) -> None:
    async with ScriptedProvider(lambda _: fault) as provider, anthropic_client(provider) as client:
        with pytest.raises(anthropic.APIStatusError) as caught:
            await client.messages.create(max_tokens=4, model="m", **CHAT)  # type: ignore[call-overload]
    assert caught.value.status_code == status
    assert caught.value.body["type"] == "error"  # type: ignore[index]


@pytest.mark.parametrize("fault", [Fault.GZIP, Fault.UNTIL_CLOSE, Fault.SLOW])
@pytest.mark.parametrize("stream", [True, False])
async def test_unusual_framing_still_carries_the_same_answer(fault: Fault, stream: bool) -> None:
    async with ScriptedProvider() as provider, httpx.AsyncClient() as client:
        url = f"{provider.url}/v1/chat/completions"
        ordinary = await client.post(url, json=CHAT | {"model": "m", "stream": stream, "max_tokens": 3})
        provider._fault_for = lambda _: fault
        unusual = await client.post(url, json=CHAT | {"model": "m", "stream": stream, "max_tokens": 3})
    assert unusual.content == ordinary.content


async def test_an_error_inside_a_stream_reaches_the_client_as_one() -> None:
    async with ScriptedProvider() as provider, anthropic_client(provider) as client:
        with pytest.raises(anthropic.APIStatusError):
            async with client.messages.stream(max_tokens=9, model="scripted-error-in-stream", **CHAT) as stream:  # type: ignore[arg-type]
                await stream.get_final_message()


ASKING = {"model": "scripted-error-in-stream"} | CHAT
LINES = "/api/chat"
ARRAY = "/v1beta/models/scripted-error-in-stream:streamGenerateContent"
CONTENTS = {"contents": [{"parts": [{"text": "Name a river."}]}]}


async def streamed_error(path: str, request: object) -> bytes:
    async with ScriptedProvider() as provider, httpx.AsyncClient() as client:
        return (await client.post(provider.url + path, json=request)).content


async def test_an_error_inside_a_stream_stands_where_the_wire_format_puts_an_event() -> None:
    *_, line = (await streamed_error(LINES, ASKING)).splitlines()
    assert json.loads(line) == {"error": "By script."}
    *_, element = json.loads(await streamed_error(ARRAY, CONTENTS))
    assert element["error"]["status"] == "UNAVAILABLE"
    events = (await streamed_error(f"{ARRAY}?alt=sse", CONTENTS)).split(b"\n\n")
    assert json.loads(events[-2].removeprefix(b"data: ")) == element


async def test_who_wants_no_stream_gets_the_error_of_one_as_an_answer() -> None:
    answer = json.loads(await streamed_error("/v1/messages", ASKING))
    assert answer["error"] == {"type": "overloaded_error", "message": "By script."}


async def test_a_huge_body_arrives_whole_and_garbage_arrives_as_it_is() -> None:
    async with ScriptedProvider(keeps_bytes=False) as provider, httpx.AsyncClient() as client:
        url = f"{provider.url}/v1/chat/completions"
        huge = await client.post(url, json=CHAT | {"model": "scripted-huge"})
        garbage = await client.post(url, json=CHAT | {"model": "scripted-garbage"})
    assert len(huge.content) == 64 * 1024 * 1024
    assert garbage.text.startswith("<html>")


async def test_it_remembers_every_byte_of_every_connection() -> None:
    def script(_: object) -> Reply:
        return plain(200, b"{}")

    async with ScriptedServer(script) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        request = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
        writer.write(request * 2)
        await server.until(lambda: len(server.requests) == 2)
        answer = await reader.readexactly(2 * len(server.connections[0].replies[0]))
        writer.close()
    (log,) = server.connections
    assert (bytes(log.received), bytes(log.sent)) == (request * 2, answer)
    assert [bytes(reply) for reply in log.replies] == [answer[: len(answer) // 2]] * 2


async def test_a_gate_holds_a_step_until_it_opens() -> None:
    gate = asyncio.Event()
    steps = [Step(data=b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"), Step(data=b"ok", gate=gate)]
    async with ScriptedServer(lambda _: Reply(steps=steps)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).endswith(b"\r\n\r\n")
        assert not reader._buffer  # type: ignore[attr-defined]
        gate.set()
        assert await reader.readexactly(2) == b"ok"
        writer.close()


async def test_gzip_bytes_are_gzip() -> None:
    async with ScriptedProvider() as provider, httpx.AsyncClient() as client:
        request = client.build_request("POST", f"{provider.url}/v1/messages", json=CHAT | {"model": "scripted-gzip"})
        response = await client.send(request, stream=True)
        raw = b"".join([piece async for piece in response.aiter_raw()])
        await response.aclose()
    assert gzip.decompress(raw).startswith(b'{"id":"msg_')


async def test_a_connection_that_was_accepted_and_is_made_only_after_the_stop_is_reset() -> None:
    async with ScriptedProvider() as server:
        pass
    ours, accepted = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    await asyncio.get_running_loop().connect_accepted_socket(lambda: _Connection(server), accepted)
    async with asyncio.timeout(10):
        assert await reader.read() == b"", "nobody waits for an answer"
    writer.close()


@pytest.mark.parametrize("turns", range(6))
async def test_nobody_waits_for_a_server_that_stops_while_they_come(turns: int) -> None:
    async with ScriptedServer(lambda _: plain(200, b"")) as server:
        coming = socket.create_connection(("127.0.0.1", server.port))
        for _ in range(turns):
            await asyncio.sleep(0)
        await server.stop()
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("scripted")]
    coming.settimeout(10)
    try:
        assert await asyncio.to_thread(coming.recv, 1) == b""
    except ConnectionResetError:
        pass  # it was not accepted at all
    coming.close()
