"""The vendors' own clients and curl through `shadowbench serve`, against a provider that records every byte.

A relay in front of the proxy keeps what the client's socket received: it must equal what the origin's socket sent, but
for hop-by-hop headers. And every answer is the one the client gets without anything in between.
"""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import anthropic
import openai
import pytest
import pytest_asyncio

from shadowbench.endpoints.testing import ScriptedProvider
from tests.origins import RawClient, Tap, json_request, parse_response
from tests.sidecars import Sidecar, chat

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROMPT = "Which of these rivers is the longest, and why do people say so?"
MESSAGES: Any = [{"role": "user", "content": PROMPT}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "day": {"type": "string"}}}
OPENAI_TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
ANTHROPIC_TOOLS: Any = [{"name": "weather", "input_schema": SCHEMA}]


@dataclass(kw_only=True)
class Stage:
    """Production and a candidate, both scripted, and the sidecar in front of them."""

    production: ScriptedProvider
    candidate: ScriptedProvider
    sidecar: Sidecar
    mirrored: int = 0  # exchanges that have to be in the log

    async def newest_pair(self) -> sqlite3.Row:
        """The pair of the exchange that has just been answered."""
        self.mirrored += 1
        await self.sidecar.until_recorded(self.mirrored)
        (*_, newest) = self.sidecar.rows("select * from pairs order by exchange_number")
        return newest


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        production = await stack.enter_async_context(ScriptedProvider())
        candidate = await stack.enter_async_context(ScriptedProvider())
        candidates = {"twin": {"url": candidate.url, "sample_rate": 1}}
        folder = tmp_path_factory.mktemp("serve")
        sidecar = await stack.enter_async_context(Sidecar(folder, production.url, candidates=candidates))
        yield Stage(production=production, candidate=candidate, sidecar=sidecar)


# ── what clients do: each gives something comparable ──


def openai_at(url: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="sk-test", max_retries=0)


def anthropic_at(url: str) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=url, api_key="sk-ant", max_retries=0)


async def openai_chat(url: str) -> Any:
    async with openai_at(url) as client:
        answer = await client.chat.completions.create(model="m", messages=MESSAGES)
        return answer.model_dump()


async def openai_chat_stream_with_usage(url: str) -> Any:
    async with openai_at(url) as client:
        stream = await client.chat.completions.create(
            model="m", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
        return [chunk.model_dump() async for chunk in stream]


async def openai_tools(url: str) -> Any:
    async with openai_at(url) as client:
        answer = await client.chat.completions.create(model="m", messages=MESSAGES, tools=OPENAI_TOOLS)
        return answer.model_dump()


async def openai_tools_stream(url: str) -> Any:
    async with (
        openai_at(url) as client,
        client.chat.completions.stream(model="m", messages=MESSAGES, tools=OPENAI_TOOLS) as stream,
    ):
        return (await stream.get_final_completion()).model_dump()


async def openai_responses(url: str) -> Any:
    async with openai_at(url) as client:
        return (await client.responses.create(model="m", input=PROMPT)).model_dump()


async def openai_responses_stream(url: str) -> Any:
    async with openai_at(url) as client, client.responses.stream(model="m", input=PROMPT) as stream:
        return [event.model_dump(warnings=False) async for event in stream]


async def openai_rate_limited(url: str) -> Any:
    async with openai_at(url) as client:
        with pytest.raises(openai.RateLimitError) as caught:
            await client.chat.completions.create(model="scripted-rate-limited", messages=MESSAGES)
        return caught.value.response.headers["retry-after"], caught.value.body


async def anthropic_messages(url: str) -> Any:
    async with anthropic_at(url) as client:
        return (await client.messages.create(model="m", max_tokens=50, messages=MESSAGES)).model_dump()


async def anthropic_stream(url: str) -> Any:
    async with (
        anthropic_at(url) as client,
        client.messages.stream(model="m", max_tokens=5, messages=MESSAGES) as stream,
    ):
        return (await stream.get_final_message()).model_dump()


async def anthropic_tools_stream(url: str) -> Any:
    async with (
        anthropic_at(url) as client,
        client.messages.stream(model="m", max_tokens=50, messages=MESSAGES, tools=ANTHROPIC_TOOLS) as stream,
    ):
        return (await stream.get_final_message()).model_dump()


async def curl(url: str, *arguments: str, body: object, path: str = "/v1/chat/completions") -> bytes:
    options = ["-sS", "--fail-with-body", "--max-time", "20", "-H", "content-type: application/json", *arguments]
    process = await asyncio.create_subprocess_exec(
        "curl", *options, "--data-binary", "@-", url + path, stdin=-1, stdout=-1, stderr=-1
    )
    out, error = await process.communicate(json.dumps(body).encode())
    assert process.returncode == 0, error
    return out


async def curl_chat(url: str) -> bytes:
    return await curl(url, body=chat(PROMPT))


async def curl_stream(url: str) -> bytes:
    return await curl(url, "-N", body=chat(PROMPT, stream=True))


async def curl_chunked_upload(url: str) -> bytes:
    return await curl(url, "-H", "transfer-encoding: chunked", body=chat(PROMPT))


async def curl_large_upload_that_expects_100(url: str) -> bytes:
    return await curl(url, "-H", "expect: 100-continue", body=chat("long " * 300_000))


async def curl_compressed(url: str) -> bytes:
    return await curl(url, "--compressed", body=chat(PROMPT, model="scripted-gzip"))


Call = Callable[[str], Awaitable[Any]]
CALLS: list[Call] = [
    openai_chat,
    openai_chat_stream_with_usage,
    openai_tools,
    openai_tools_stream,
    openai_rate_limited,
    openai_responses,
    openai_responses_stream,
    anthropic_messages,
    anthropic_stream,
    anthropic_tools_stream,
    curl_chat,
    curl_stream,
    curl_chunked_upload,
    curl_large_upload_that_expects_100,
    curl_compressed,
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
async def test_a_client_sees_production_and_nothing_else(stage: Stage, call: Call) -> None:
    expected = await call(stage.production.url)
    before = [len(log.replies) for log in stage.production.connections]
    async with Tap(stage.sidecar.port) as tap:
        got = await call(tap.url)
    assert got == expected
    sent = replies_after(stage.production, before)
    assert [response.end_to_end for response in tap.responses] == [parse_response(wire).end_to_end for wire in sent]
    check_pair(await stage.newest_pair())


def check_pair(row: sqlite3.Row) -> None:
    """Both endpoints follow the same script: both sides of the pair say the same."""
    assert (row["candidate"], row["inclusion_probability"]) == ("twin", 1)
    expected_outcome = "ok" if row["production_status"] == 200 else "http_error"
    assert row["production_outcome"] == row["candidate_outcome"] == expected_outcome, row["candidate_reason"]
    assert row["production_answer"] == row["candidate_answer"]


def replies_after(provider: ScriptedProvider, before: list[int]) -> list[bytes]:
    """What production has sent since, on connections old and new."""
    counts = [*before, *([0] * (len(provider.connections) - len(before)))]
    logs = zip(provider.connections, counts, strict=True)
    return [bytes(reply) for log, count in logs for reply in log.replies[count:]]


async def test_production_sees_the_clients_own_headers_and_body(stage: Stage) -> None:
    headers = [("User-Agent", "probe/1"), ("X-Odd-CASE", "a"), ("x-odd-case", "b"), ("Authorization", "Bearer sk-1")]
    body = b'{"model": "m",  "messages":[{"role":"user","content":"caf\xc3\xa9"}], "seed": 12345678901234567890}'
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
    wire = b"POST /v1/chat/completions?beta=true HTTP/1.1\r\nHost: gateway.test\r\n" + head
    async with await RawClient.connect(stage.sidecar.port) as client:
        response = await client.ask(wire + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert response.status == 200
    check_pair(await stage.newest_pair())
    seen = next(r for r in stage.production.requests if r.header("user-agent") == "probe/1")
    assert (seen.target, seen.body) == ("/v1/chat/completions?beta=true", body)
    assert [pair for pair in seen.headers if pair[0].lower() not in ("host", "content-length")] == headers


async def test_the_candidate_gets_the_request_without_the_callers_credentials(stage: Stage) -> None:
    async with await RawClient.connect(stage.sidecar.port) as client:
        secret = (
            ("Authorization", "Bearer sk-caller-secret"),
            ("x-api-key", "k-caller-secret"),
            ("Cookie", "c-secret=1"),
        )
        await client.ask(json_request("/v1/chat/completions", chat("credentials"), *secret))
    check_pair(await stage.newest_pair())
    assert any(b"credentials" in r.body for r in stage.candidate.requests)
    assert not any(b"secret" in r.head for r in stage.candidate.requests)
