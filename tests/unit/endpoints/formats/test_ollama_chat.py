import httpx

from shadowbench.endpoints.testing import ScriptedProvider
from tests.unit.endpoints.clients import FUNCTIONS, MESSAGES, ollama_client


async def test_a_stream_says_the_same_as_a_whole_answer() -> None:
    async with ScriptedProvider() as provider, ollama_client(provider) as client:
        whole = await client.chat("m", MESSAGES)
        lines = [line async for line in await client.chat("m", MESSAGES, stream=True)]
    assert "".join(line.message.content or "" for line in lines) == whole.message.content != ""
    assert [line.done for line in lines] == [False] * (len(lines) - 1) + [True]
    assert (lines[-1].prompt_eval_count, lines[-1].eval_count) == (whole.prompt_eval_count, whole.eval_count)


async def test_a_tool_call_is_the_same_streamed_and_whole() -> None:
    async with ScriptedProvider() as provider, ollama_client(provider) as client:
        whole = await client.chat("m", MESSAGES, tools=FUNCTIONS)
        lines = [line async for line in await client.chat("m", MESSAGES, tools=FUNCTIONS, stream=True)]
    assert whole.message.tool_calls
    assert [call for line in lines for call in line.message.tool_calls or []] == whole.message.tool_calls
    assert list(whole.message.tool_calls[0].function.arguments) == ["city"]


async def test_unasked_it_streams_lines() -> None:
    async with ScriptedProvider() as provider, httpx.AsyncClient() as client:
        answer = await client.post(f"{provider.url}/api/chat", json={"model": "m", "messages": MESSAGES})
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert len(answer.text.splitlines()) > 2
