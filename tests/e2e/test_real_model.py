"""A real model at temperature 0 says the same through the sidecar as without it."""

import asyncio
import contextlib
import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import openai
import pytest
import pytest_asyncio

from shadowbench.demo import model_server
from tests.sidecars import Sidecar, free_ports
from tests.sidecars import eventually as eventually_true

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(bool(model_server.missing()), reason=f"not installed: {', '.join(model_server.missing())}"),
]

MESSAGES: Any = [{"role": "user", "content": "Write one sentence about a river."}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: Any = [{"type": "function", "function": {"name": "weather", "description": "Weather.", "parameters": SCHEMA}}]


def called(city: str) -> list[Any]:
    function = {"name": "weather", "arguments": json.dumps({"city": city})}
    calls = [{"id": "c", "type": "function", "function": function}]
    question = {"role": "user", "content": f"What is the weather in {city}?"}
    return [question, {"role": "assistant", "content": "", "tool_calls": calls}]


# So small a model calls tools only when it has seen how.
EXAMPLES: Any = [*called("Rome"), *called("Berlin"), *called("Oslo"), called("Paris")[0]]
LIMITS: Any = {"extra_body": {"temperature": 0}, "model": model_server.MODEL}  # not every SDK has it as an argument


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model_url() -> AsyncIterator[str]:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "shadowbench.demo.model_server", "real", str(port), "1", "1"]
    process = await asyncio.create_subprocess_exec(*command, stdin=-3, stdout=-3, stderr=-3)
    try:
        await eventually_true(lambda: answers(port), within_s=60)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /v1/models HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        head = await reader.read()
        writer.close()
        return head.startswith(b"HTTP/1.1 200")
    return False


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sidecar(model_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sidecar]:
    candidates = {"again": {"sample_rate": 1}}
    folder = tmp_path_factory.mktemp("real")
    async with Sidecar(folder, model_url, candidates=candidates, mirror={"stale_after_s": 60}) as sidecar:
        yield sidecar


async def chat(url: str) -> Any:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
        answer = await client.chat.completions.create(messages=MESSAGES, max_tokens=24, **LIMITS)
        return facts(answer.choices[0].message, answer.choices[0].finish_reason, answer.usage)


async def chat_stream(url: str) -> Any:
    return await streamed(url, messages=MESSAGES, max_tokens=24)


async def tools(url: str) -> Any:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
        answer = await client.chat.completions.create(messages=EXAMPLES, tools=TOOLS, max_tokens=60, **LIMITS)
        assert answer.choices[0].message.tool_calls
        return facts(answer.choices[0].message, answer.choices[0].finish_reason, answer.usage)


async def tools_stream(url: str) -> Any:
    seen = await streamed(url, messages=EXAMPLES, tools=TOOLS, max_tokens=60)
    assert "Paris" in str(seen[1])
    return seen


async def streamed(url: str, **request: Any) -> Any:
    options: Any = {"stream": True, "stream_options": {"include_usage": True}}
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
        chunks = [chunk async for chunk in await client.chat.completions.create(**request, **options, **LIMITS)]
    choices = [choice for chunk in chunks for choice in chunk.choices]
    pieces = [piece.function for choice in choices for piece in choice.delta.tool_calls or []]
    text = [choice.delta.content for choice in choices]
    return text, [(p.name, p.arguments) for p in pieces], [c.finish_reason for c in choices], chunks[-1].usage


async def responses(url: str) -> Any:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
        answer = await client.responses.create(input="Name a colour.", max_output_tokens=16, **LIMITS)
        return answer.output_text, answer.status, answer.usage


async def messages(url: str) -> Any:
    async with anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0) as client:
        answer = await client.messages.create(messages=MESSAGES, max_tokens=24, **LIMITS)
        return [block.text for block in answer.content], answer.stop_reason, answer.usage


async def messages_stream(url: str) -> Any:
    async with anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0) as client:
        async with client.messages.stream(messages=MESSAGES, max_tokens=24, **LIMITS) as stream:
            answer = await stream.get_final_message()
        return [block.text for block in answer.content], answer.stop_reason, answer.usage


async def curl(url: str) -> Any:
    body = {"messages": MESSAGES, "max_tokens": 16, "temperature": 0, "model": model_server.MODEL}
    command = ["curl", "-sS", "--fail", "--max-time", "60", "--json", "@-", f"{url}/v1/chat/completions"]
    process = await asyncio.create_subprocess_exec(*command, stdin=-1, stdout=-1)
    out, _ = await process.communicate(json.dumps(body).encode())
    answer = json.loads(out)
    return answer["choices"], answer["usage"]


def facts(message: Any, finish_reason: str, usage: Any) -> Any:
    calls = [(call.function.name, call.function.arguments) for call in message.tool_calls or []]
    return message.content, calls, finish_reason, usage


CALLING = [tools, tools_stream]
MIRRORED = [chat, chat_stream, messages, messages_stream, curl, *CALLING]


@pytest.mark.parametrize("call", [*MIRRORED, responses], ids=lambda call: call.__name__)
async def test_a_real_answer_is_the_same_with_and_without_the_sidecar(
    model_url: str, sidecar: Sidecar, call: Any
) -> None:
    before = sidecar.count()
    through = await call(sidecar.url)
    if call in MIRRORED:
        await sidecar.until_recorded(before + 1, within_s=60)
        check_pair(sidecar.rows("select * from pairs order by exchange_number")[-1], has_call=call in CALLING)
    assert through == await call(model_url)


def check_pair(row: sqlite3.Row, *, has_call: bool) -> None:
    """The candidate is production again: at temperature 0 they agree."""
    assert (row["production_outcome"], row["candidate_outcome"]) == ("ok", "ok"), tuple(row)
    assert row["production_finish_reason"] == row["candidate_finish_reason"]
    assert row["production_text"] == row["candidate_text"]
    assert row["production_output_tokens"] == row["candidate_output_tokens"] > 0
    assert 0 < row["production_ttft_s"] <= row["production_latency_s"]
    expected = [("weather", '{"city": "Paris"}')] if has_call else []
    assert calls(row["production_answer"]) == calls(row["candidate_answer"]) == expected


def calls(answer: str) -> list[tuple[str, str]]:
    return [(call["name"], call["arguments"]) for call in json.loads(answer)["choices"][0].get("tool_calls") or []]
