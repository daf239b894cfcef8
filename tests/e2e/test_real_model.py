"""A real model at temperature 0 says the same through the sidecar as without it."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
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
LIMITS: Any = {"temperature": 0, "model": model_server.MODEL}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model_url() -> AsyncIterator[str]:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "shadowbench.demo.model_server", "real", str(port), "1"]
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
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
        options: Any = {"stream_options": {"include_usage": True}, "max_tokens": 24}
        async with client.chat.completions.stream(messages=MESSAGES, **options, **LIMITS) as stream:
            final = await stream.get_final_completion()
        return facts(final.choices[0].message, final.choices[0].finish_reason, final.usage)


async def tools(url: str) -> Any:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
        answer = await client.chat.completions.create(
            messages=[{"role": "user", "content": "What is the weather in Paris?"}],
            tools=TOOLS,
            tool_choice="required",
            max_tokens=60,
            **LIMITS,
        )
        assert answer.choices[0].message.tool_calls
        return facts(answer.choices[0].message, answer.choices[0].finish_reason, answer.usage)


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


def facts(message: Any, finish_reason: str, usage: Any) -> Any:
    calls = [(call.function.name, call.function.arguments) for call in message.tool_calls or []]
    return message.content, calls, finish_reason, usage


@pytest.mark.parametrize("call", [chat, chat_stream, tools, responses, messages, messages_stream])
async def test_a_real_answer_is_the_same_with_and_without_the_sidecar(
    model_url: str, sidecar: Sidecar, call: Any
) -> None:
    assert await call(sidecar.url) == await call(model_url)


async def test_production_again_agrees_with_itself_in_the_log(sidecar: Sidecar) -> None:
    await sidecar.until_recorded(5, within_s=60)
    rows = sidecar.rows("select * from pairs")
    for row in rows:
        assert (row["production_outcome"], row["candidate_outcome"]) == ("ok", "ok"), tuple(row)
        assert row["production_finish_reason"] == row["candidate_finish_reason"]
        assert row["production_text"] == row["candidate_text"]
        assert row["production_output_tokens"] == row["candidate_output_tokens"] > 0
        assert 0 < row["production_ttft_s"] <= row["production_latency_s"]
    assert Path(sidecar.log_path).exists()
