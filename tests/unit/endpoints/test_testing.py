"""The scripted provider, judged by the vendors' own clients, so that it is a double of something real."""

import asyncio
import gzip
from collections.abc import Iterator
from contextlib import contextmanager

import anthropic
import httpx
import openai
import pytest

from shadowbench.endpoints.testing import Fault, Reply, ScriptedProvider, ScriptedServer, Step, plain

PROMPT = "Which of these rivers is the longest, and why?"
TOOL_SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def openai_client(provider: ScriptedServer) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{provider.url}/v1", api_key="k", max_retries=0)


def anthropic_client(provider: ScriptedServer) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=provider.url, api_key="k", max_retries=0)


async def test_openai_chat_says_the_same_streamed_and_whole() -> None:
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        messages = [{"role": "user", "content": PROMPT}]
        whole = await client.chat.completions.create(model="m", messages=messages)  # type: ignore[arg-type]
        stream = await client.chat.completions.create(
            model="m",
            messages=messages,
            stream=True,
            stream_options={"include_usage": True},  # type: ignore[arg-type]
        )
        chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content != ""
    assert chunks[-1].usage == whole.usage


async def test_openai_tool_calls_say_the_same_streamed_and_whole() -> None:
    tools = [{"type": "function", "function": {"name": "weather", "parameters": TOOL_SCHEMA}}]
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        request = {"model": "m", "messages": [{"role": "user", "content": PROMPT}], "tools": tools}
        whole = await client.chat.completions.create(**request)  # type: ignore[call-overload]
        async with client.chat.completions.stream(**request) as stream:
            final = await stream.get_final_completion()
    call, streamed = whole.choices[0].message.tool_calls[0], final.choices[0].message.tool_calls[0]
    assert (call.id, call.function.name, call.function.arguments) == (
        streamed.id,
        streamed.function.name,
        streamed.function.arguments,
    )


async def test_anthropic_messages_say_the_same_streamed_and_whole() -> None:
    async with ScriptedProvider() as provider, anthropic_client(provider) as client:
        request = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": PROMPT}]}
        whole = await client.messages.create(**request)  # type: ignore[call-overload]
        async with client.messages.stream(**request) as stream:  # type: ignore[arg-type]
            final = await stream.get_final_message()
    assert final.content[0].text == whole.content[0].text != ""
    assert (final.stop_reason, final.usage.output_tokens) == ("max_tokens", 5)
    assert final.usage.output_tokens == whole.usage.output_tokens


async def test_anthropic_tool_use_is_whole_json_after_streaming() -> None:
    tools = [{"name": "weather", "input_schema": TOOL_SCHEMA}]
    async with ScriptedProvider() as provider, anthropic_client(provider) as client:
        request = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": PROMPT}], "tools": tools}
        whole = await client.messages.create(**request)  # type: ignore[call-overload]
        async with client.messages.stream(**request) as stream:  # type: ignore[arg-type]
            final = await stream.get_final_message()
    assert final.content[0].input == whole.content[0].input
    assert list(whole.content[0].input) == ["city"]


async def test_openai_responses_say_the_same_streamed_and_whole() -> None:
    async with ScriptedProvider() as provider, openai_client(provider) as client:
        whole = await client.responses.create(model="m", input=PROMPT)
        async with client.responses.stream(model="m", input=PROMPT) as stream:
            final = await stream.get_final_response()
    assert final.output_text == whole.output_text != ""
    assert final.usage == whole.usage


@contextmanager
def raises(*kinds: type[Exception]) -> Iterator[None]:
    with pytest.raises(kinds):
        yield


CHAT = {"messages": [{"role": "user", "content": PROMPT}]}


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
