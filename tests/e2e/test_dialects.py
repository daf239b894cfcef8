"""Every dialect through `shadowbench serve`: a client of each, and candidates of each, around one sidecar.

All endpoints follow one script, which says the same to the same question in every wire format. So an answer shows whether its
question was carried over whole.
"""

import asyncio
import gzip
import json
import re
import sqlite3
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anthropic
import brotli
import httpx
import ollama
import openai
import pytest
import pytest_asyncio
import zstandard
from google import genai

from shadowbench.demo import model_server
from shadowbench.endpoints import scripted
from shadowbench.endpoints.received import Received
from shadowbench.endpoints.scripted import Asked, Said
from shadowbench.endpoints.testing import Fault, Reply, Script, ScriptedProvider
from shadowbench.records import Dialect
from tests.e2e.full_requests import CONTINUED, FULL, QUESTION, READERS, SYSTEM
from tests.sidecars import Sidecar, chat, eventually, free_ports

pytestmark = pytest.mark.asyncio(loop_scope="module")


# The candidates that speak a dialect of their own; "same" speaks the client's, "tuned" changes what it is asked.
SPEAKERS = {
    "chat": Dialect.OPENAI_CHAT,
    "responses": Dialect.OPENAI_RESPONSES,
    "messages": Dialect.ANTHROPIC_MESSAGES,
    "ollama": Dialect.OLLAMA_CHAT,
    "gemini": Dialect.GEMINI,
}
ANSWERING = [*SPEAKERS, "same"]
TUNED: dict[str, Any] = {
    "dialect": "openai.chat",
    "system_prompt": "Answer in one word.",
    "rename": {"max_completion_tokens": "max_tokens"},
    "parameters": {"seed": 7, "stop": None, "logit_bias": None},
    "clamp": {"temperature": {"max": 0.5}},
    "server_tools": "strip",
}
PRICES = {"m": {"input_per_mtok": 1.0, "output_per_mtok": 2.0}}


@dataclass(kw_only=True)
class Stage:
    """Production, all candidates in one server, and the sidecar between them."""

    production: ScriptedProvider
    candidate: ScriptedProvider
    sidecar: Sidecar
    fault: Fault | None = None  # of all candidates

    async def pairs(self, call: Awaitable[object]) -> dict[str, sqlite3.Row]:
        """What the log says about the one exchange that `call` makes, by candidate."""
        before = self.sidecar.count()
        await call
        await self.sidecar.until_recorded(before + 1)
        newest = "select * from pairs where exchange_number = (select max(exchange_number) from pairs)"
        rows = {row["candidate"]: row for row in self.sidecar.rows(newest)}
        assert rows.keys() == {*ANSWERING, "tuned"}
        return rows

    def received(self, name: str) -> Received:
        """The latest request that a candidate got."""
        return [request for request in self.candidate.requests if request.header("x-candidate") == name][-1]

    async def post(self, path: str, request: object, **headers: str) -> httpx.Response:
        """A client that is nobody's SDK. Bytes are sent as they are."""
        body = request if isinstance(request, bytes) else json.dumps(request).encode()
        async with httpx.AsyncClient() as client:
            answer = await client.post(self.sidecar.url + path, content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        production = await stack.enter_async_context(ScriptedProvider(chunk_after_s=0.001))
        production.script = reading_compressed(production.script)
        candidate = await stack.enter_async_context(ScriptedProvider(lambda _: stage.fault, chunk_after_s=0.001))
        own = {name: {"dialect": str(dialect)} for name, dialect in SPEAKERS.items()}
        own |= {"same": {"model": "unpriced"}, "tuned": TUNED}
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("KEY_OF_CANDIDATES", "candidates-own-key")
        common = {
            "api_key_env": "KEY_OF_CANDIDATES",
            "url": candidate.url,
            "sample_rate": 1,
            "breaker": {"failures": 0},
        }
        sidecar = Sidecar(
            tmp_path_factory.mktemp("dialects"),
            production.url,
            candidates={name: {**common, "headers": {"x-candidate": name}, **given} for name, given in own.items()},
            prices=PRICES,
            mirror={"duplicate_window_s": 0},
        )
        await stack.enter_async_context(sidecar)
        stage = Stage(production=production, candidate=candidate, sidecar=sidecar)
        yield stage


def reading_compressed(script: Script) -> Script:
    """Production takes compressed requests, as some gateways do."""

    def reading(request: Received) -> Reply:
        decode = DECODERS.get(request.header("content-encoding") or "")
        return script(replace(request, body=decode(request.body)) if decode else request)

    return reading


DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "br": brotli.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


def said_to(prompt: str) -> Said:
    """What the script says to a prompt."""
    return scripted.say(Asked(dialect=Dialect.UNKNOWN, model="m", prompt=prompt))


# ── the vendors' clients: each asks, and gives the text that it got ──


async def by_chat(url: str, stream: bool) -> str:
    messages: Any = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
        if not stream:
            answer = await client.chat.completions.create(model="m", messages=messages)
            return answer.choices[0].message.content or ""
        chunks = await client.chat.completions.create(
            model="m", messages=messages, stream=True, stream_options={"include_usage": True}
        )
        return "".join([choice.delta.content or "" async for chunk in chunks for choice in chunk.choices])


async def by_responses(url: str, stream: bool) -> str:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
        if not stream:
            return (await client.responses.create(model="m", instructions=SYSTEM, input=QUESTION)).output_text
        async with client.responses.stream(model="m", instructions=SYSTEM, input=QUESTION) as events:
            return (await events.get_final_response()).output_text


async def by_messages(url: str, stream: bool) -> str:
    asked: Any = {"model": "m", "max_tokens": 64, "system": SYSTEM, "messages": [{"role": "user", "content": QUESTION}]}
    async with anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0) as client:
        if not stream:
            return "".join(block.text for block in (await client.messages.create(**asked)).content)
        async with client.messages.stream(**asked) as events:
            return await events.get_final_text()


async def by_ollama_chat(url: str, stream: bool) -> str:
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]
    async with ollama.AsyncClient(url) as client:
        if not stream:
            return (await client.chat("m", messages)).message.content or ""
        return "".join([line.message.content or "" async for line in await client.chat("m", messages, stream=True)])


async def by_completions(url: str, stream: bool) -> str:
    prompt = f"{SYSTEM} {QUESTION}"
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
        if not stream:
            return (await client.completions.create(model="m", prompt=prompt)).choices[0].text
        chunks = await client.completions.create(
            model="m", prompt=prompt, stream=True, stream_options={"include_usage": True}
        )
        return "".join([choice.text async for chunk in chunks for choice in chunk.choices])


async def by_ollama_generate(url: str, stream: bool) -> str:
    async with ollama.AsyncClient(url) as client:
        if not stream:
            return (await client.generate("m", QUESTION, system=SYSTEM)).response
        return "".join(
            [line.response async for line in await client.generate("m", QUESTION, system=SYSTEM, stream=True)]
        )


Client = Callable[[str, bool], Awaitable[str]]
CONVERSING: dict[Dialect, Client] = {
    Dialect.OPENAI_CHAT: by_chat,
    Dialect.OPENAI_RESPONSES: by_responses,
    Dialect.ANTHROPIC_MESSAGES: by_messages,
    Dialect.OLLAMA_CHAT: by_ollama_chat,
}
COMPLETING: dict[Dialect, Client] = {
    Dialect.OPENAI_COMPLETIONS: by_completions,
    Dialect.OLLAMA_GENERATE: by_ollama_generate,
}
each_way = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@each_way
@pytest.mark.parametrize("dialect", CONVERSING)
async def test_every_client_is_answered_by_candidates_of_every_dialect(
    stage: Stage, dialect: Dialect, stream: bool
) -> None:
    rows = await stage.pairs(CONVERSING[dialect](stage.sidecar.url, stream))
    for name in ANSWERING:
        check_side(rows[name], "production", dialect, stream, priced=True)
        check_side(rows[name], "candidate", SPEAKERS.get(name, dialect), stream, priced=name != "same")


@each_way
@pytest.mark.parametrize("dialect", COMPLETING)
async def test_a_client_whose_dialect_has_no_translation_is_answered_by_those_who_speak_it(
    stage: Stage, dialect: Dialect, stream: bool
) -> None:
    rows = await stage.pairs(COMPLETING[dialect](stage.sidecar.url, stream))
    check_side(rows["same"], "production", dialect, stream, priced=True)
    check_side(rows["same"], "candidate", dialect, stream, priced=False)
    check_not_sent(rows, SPEAKERS, "untranslatable_no_translation")


def check_side(row: sqlite3.Row, side: str, dialect: Dialect, stream: bool, *, priced: bool) -> None:
    """One side of a pair is an answer of that dialect, read to the last word and counted to the last token."""
    where = f"{row['candidate']}'s pair, {side}"
    seen = {name.removeprefix(f"{side}_"): row[name] for name in set(row.keys()) if name.startswith(f"{side}_")}
    assert (seen["outcome"], seen["reason"], seen["dialect"]) == ("ok", None, dialect), where
    said = said_to(f"{SYSTEM} {QUESTION}")
    assert (seen["text"], seen["streamed"]) == (said.text, stream), where
    assert seen["usage_source"] == "reported", where
    assert (seen["input_tokens"], seen["output_tokens"]) == (said.input_tokens, said.output_tokens), where
    usd = (said.input_tokens * 1.0 + said.output_tokens * 2.0) / 1e6
    assert seen["cost_usd"] == (pytest.approx(usd) if priced else None), where
    assert seen["cost_reason"] == (None if priced else "unknown_model"), where
    assert 0 < seen["ttft_s"] <= seen["latency_s"], where


def check_not_sent(rows: Mapping[str, sqlite3.Row], names: Iterable[str], reason: str) -> None:
    """These candidates were left out for that reason, and nothing was priced."""
    for name in names:
        assert (rows[name]["candidate_outcome"], rows[name]["candidate_reason"]) == ("not_sent", reason), name
        assert (rows[name]["candidate_cost_usd"], rows[name]["candidate_cost_reason"]) == (None, None), name


async def test_a_stream_without_usage_has_no_price_and_says_why_while_candidates_are_asked_for_theirs(
    stage: Stage,
) -> None:
    rows = await stage.pairs(stage.post("/v1/chat/completions", chat(QUESTION, stream=True)))
    for name in ANSWERING:
        row = rows[name]
        assert (row["production_usage_source"], row["production_cost_reason"]) == ("missing", "no_usage")
        assert (row["candidate_outcome"], row["candidate_usage_source"]) == ("ok", "reported"), name


FAULTS = {
    Fault.SERVER_ERROR: "http_error",
    Fault.ERROR_IN_STREAM: "stream_error",
    Fault.CUT: "truncated",
    Fault.GARBAGE: "unparsed",
    Fault.GZIP: "ok",
    Fault.UNTIL_CLOSE: "ok",
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_candidates_fault_is_told_in_every_dialect(stage: Stage, fault: Fault) -> None:
    stage.fault = fault
    try:
        rows = await stage.pairs(stage.post("/v1/chat/completions", chat(QUESTION, stream=True)))
    finally:
        stage.fault = None
    for name, own in SPEAKERS.items():
        row = rows[name]
        assert (row["candidate_outcome"], row["candidate_dialect"]) == (FAULTS[fault], own), name
        if fault in (Fault.SERVER_ERROR, Fault.ERROR_IN_STREAM):
            assert row["candidate_error_message"] == "By script.", name
        if FAULTS[fault] == "ok":
            assert row["candidate_text"] == row["production_text"], name


# ── embeddings ──


async def by_embeddings(url: str) -> None:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
        answer = await client.embeddings.create(model="m", input=["one", "two"])  # as base64
    assert [len(entry.embedding) for entry in answer.data] == [8, 8]


async def by_embeddings_as_numbers(url: str) -> None:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", max_retries=0) as client:
        await client.embeddings.create(model="m", input=["one", "two"], encoding_format="float")


async def by_ollama_embed(url: str) -> None:
    async with ollama.AsyncClient(url) as client:
        await client.embed("m", ["one", "two"])


@pytest.mark.parametrize("call", [by_embeddings, by_embeddings_as_numbers, by_ollama_embed], ids=lambda f: f.__name__)
async def test_embeddings_are_counted_and_measured_on_both_sides(
    stage: Stage, call: Callable[[str], Awaitable[None]]
) -> None:
    rows = await stage.pairs(call(stage.sidecar.url))
    same = rows["same"]
    for side in ("production", "candidate"):
        assert (same[f"{side}_outcome"], same[f"{side}_dialect"]) == ("ok", same["dialect"])
        assert json.loads(same[f"{side}_answer"])["embeddings"] == {"count": 2, "dimensions": 8}
        assert (same[f"{side}_usage_source"], same[f"{side}_input_tokens"]) == ("reported", 2)
        assert same[f"{side}_latency_s"] > 0
    assert (same["production_cost_usd"], same["candidate_cost_reason"]) == (pytest.approx(2e-6), "unknown_model")
    check_not_sent(rows, SPEAKERS, "untranslatable_no_translation")


# ── what candidates are sent ──


@pytest.mark.parametrize("dialect", FULL)
async def test_a_candidate_gets_system_prompt_image_and_tool_in_its_own_dialect(stage: Stage, dialect: Dialect) -> None:
    path, request = FULL[dialect]
    rows = await stage.pairs(stage.post(path, request))
    expected = READERS[dialect](path, request)
    for name, own in SPEAKERS.items():
        received = stage.received(name)
        assert scripted.dialect_of(received.target) is own
        assert READERS[own](received.target, json.loads(received.body)) == expected, name
    for name in ANSWERING:
        assert called(rows[name], "production") == called(rows[name], "candidate") != [], name


@each_way
@pytest.mark.parametrize("dialect", CONTINUED)
async def test_a_conversation_with_a_call_and_its_result_goes_on_in_every_dialect(
    stage: Stage, dialect: Dialect, stream: bool
) -> None:
    path, _ = FULL[dialect]
    rows = await stage.pairs(stage.post(path, {"model": "m", "stream": stream, **CONTINUED[dialect]}))
    for name in SPEAKERS:
        received = stage.received(name)
        asked = scripted.read(received.target, received.body)
        assert asked and asked.prompt == f"{SYSTEM} Is it raining? Where? Rain in Riga. {QUESTION}", name
        assert asked.stream is stream, name
        assert b"Riga" in received.body.partition(b"Rain in Riga")[0], f"{name}: the call comes before its result"
    for name in ANSWERING:
        assert called(rows[name], "production") == called(rows[name], "candidate") != [], name
        assert rows[name]["candidate_streamed"] == stream
        assert 0 < rows[name]["candidate_ttft_s"] <= rows[name]["candidate_latency_s"]


def called(row: sqlite3.Row, side: str) -> list[tuple[str, Any]]:
    """The tool calls of an answer."""
    assert row[f"{side}_outcome"] == "ok", row[f"{side}_reason"]
    calls = json.loads(row[f"{side}_answer"])["choices"][0].get("tool_calls") or []
    return [(call["name"], json.loads(call["arguments"])) for call in calls]


NO_WORD: list[tuple[str, dict[str, Any], str]] = [
    ("no_word_for_logit_bias", {"logit_bias": {"50256": -100}}, "/v1/chat/completions"),
    ("no_word_for_n", {"n": 2}, "/v1/chat/completions"),
    ("unknown_member", {"brand_new": True}, "/v1/messages"),
]


@pytest.mark.parametrize(
    ("reason", "extra", "path"), NO_WORD, ids=lambda given: given if isinstance(given, str) else ""
)
async def test_what_the_other_side_has_no_word_for_is_not_sent(
    stage: Stage, reason: str, extra: dict[str, Any], path: str
) -> None:
    rows = await stage.pairs(stage.post(path, chat(QUESTION, max_tokens=64, **extra)))
    speaks_it = {"messages" if path == "/v1/messages" else "chat", "same"}
    assert {rows[name]["candidate_outcome"] for name in speaks_it} == {"ok"}
    check_not_sent(rows, SPEAKERS.keys() - speaks_it, f"untranslatable_{reason}")


async def eventually_counted(stage: Stage, name: str, labels: Iterable[str], count: float) -> None:
    """Workers tell their counters now and then."""

    async def is_so() -> bool:
        return await stage.sidecar.total(name, *labels) == count

    await eventually(is_so)


# ── compressed requests ──


@pytest.mark.parametrize("coding", ENCODERS)
async def test_a_compressed_request_is_forwarded_raw_and_copied_in_the_clear(stage: Stage, coding: str) -> None:
    """CT-44."""
    plain = json.dumps(chat(QUESTION, coding=coding)).encode()
    packed = ENCODERS[coding](plain)
    headers = {"content-encoding": coding, "content-type": "application/json"}
    rows = await stage.pairs(stage.post("/v1/chat/completions", packed, **headers))
    assert stage.production.requests[-1].body == packed
    received = stage.received("same")
    assert json.loads(received.body) == json.loads(plain) | {"model": "unpriced"}
    assert received.header("content-encoding") is None
    assert (rows["same"]["production_text"], rows["same"]["candidate_outcome"]) == (said_to(QUESTION).text, "ok")
    assert json.loads(rows["same"]["request_body"]) == json.loads(plain)


@pytest.mark.parametrize("coding", ENCODERS)
async def test_a_request_that_is_small_only_while_it_is_compressed_is_forwarded_and_not_copied(
    stage: Stage, coding: str
) -> None:
    """CT-44: a bomb."""
    packed = ENCODERS[coding](json.dumps(chat(" " * 4_000_000)).encode())
    assert len(packed) < 20_000
    labels = ('stage="ineligible"', 'reason="over_bound"')
    before = await stage.sidecar.total("shadowbench_mirror_exchanges_total", *labels)
    await stage.post("/v1/chat/completions", packed, **{"content-encoding": coding})
    assert stage.production.requests[-1].body == packed
    # The next exchange is in the log: the bomb, which came first, is not.
    await stage.pairs(stage.post("/v1/chat/completions", chat(QUESTION)))
    await eventually_counted(stage, "shadowbench_mirror_exchanges_total", labels, before + 1)
    assert not any(len(request.body) > 1_000_000 for request in stage.candidate.requests)


# ── a candidate that changes what it is asked ──


async def test_tools_that_the_provider_runs_are_kept_from_all_but_who_strips_them(stage: Stage) -> None:
    request = {"model": "m", "input": QUESTION, "tools": [{"type": "web_search"}]}
    rows = await stage.pairs(stage.post("/v1/responses", request))
    check_not_sent(rows, ANSWERING, "server_tools")
    assert (rows["tuned"]["candidate_outcome"], rows["tuned"]["candidate_dialect"]) == ("ok", "openai.chat")
    assert "tools" not in json.loads(stage.received("tuned").body)


@pytest.mark.parametrize("dialect", FULL)
async def test_a_candidates_own_prompt_and_parameters_stand_whatever_the_client_speaks(
    stage: Stage, dialect: Dialect
) -> None:
    path, request = FULL[dialect]
    rows = await stage.pairs(stage.post(path, request))
    body = json.loads(stage.received("tuned").body)
    own, user = body["messages"]
    assert own == {"role": "system", "content": "Answer in one word."}
    assert user["content"][1]["text"] == QUESTION
    assert (body["temperature"], body["max_tokens"], body["seed"]) == (0.5, 40, 7)
    assert "max_completion_tokens" not in body
    assert rows["tuned"]["candidate_outcome"] == "ok"


async def test_members_are_taken_away_before_a_candidate_of_the_clients_dialect_sees_them(stage: Stage) -> None:
    request = chat(QUESTION, stop=["x"], logit_bias={"50256": -100})
    rows = await stage.pairs(stage.post("/v1/chat/completions", request))
    assert json.loads(stage.received("tuned").body).keys().isdisjoint({"stop", "logit_bias"})
    assert rows["tuned"]["candidate_text"] == said_to(f"Answer in one word. {QUESTION}").text


async def test_a_candidates_call_is_a_child_of_the_clients_trace(stage: Stage) -> None:
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    parent = f"00-{trace}-{span}-01"
    await stage.pairs(stage.post("/v1/chat/completions", chat(QUESTION), traceparent=parent))
    assert stage.production.requests[-1].header("traceparent") == parent
    children = [stage.received(name).header("traceparent") or "" for name in [*ANSWERING, "tuned"]]
    spans = {re.fullmatch(f"00-{trace}-([0-9a-f]{{16}})-00", child)[1] for child in children}  # type: ignore[index]
    assert len(spans) == len(children)
    assert span not in spans


async def test_each_dialect_gets_the_candidates_key_where_it_wants_it_and_never_the_clients(stage: Stage) -> None:
    keys = {"authorization": "Bearer clients-key", "x-api-key": "clients-key", "cookie": "clients-key"}
    await stage.pairs(stage.post("/v1/chat/completions", chat(QUESTION), **keys))
    for name in [*ANSWERING, "tuned"]:
        received = stage.received(name)
        wanted = {"messages": "x-api-key", "gemini": "x-goog-api-key"}.get(name, "authorization")
        holding = {key.lower(): value for key, value in received.headers if "candidates-own-key" in value}
        assert holding == {wanted: "Bearer candidates-own-key" if wanted == "authorization" else "candidates-own-key"}
        assert b"clients-key" not in received.head
    assert stage.received("messages").header("anthropic-version") == "2023-06-01"


async def test_geminis_client_is_served_and_its_requests_are_not_copied(stage: Stage) -> None:
    before = stage.sidecar.count()
    async with httpx.AsyncClient() as transport:
        options = genai.types.HttpOptions(base_url=stage.sidecar.url, httpx_async_client=transport)
        async with genai.Client(api_key="k", http_options=options).aio as client:
            stream = await client.models.generate_content_stream(model="m", contents=QUESTION)
            text = "".join([answer.text or "" async for answer in stream])
    assert text == said_to(QUESTION).text
    await stage.pairs(stage.post("/v1/chat/completions", chat(QUESTION)))
    assert stage.sidecar.count() == before + 1


async def test_every_call_that_was_not_sent_is_counted_by_its_reason(stage: Stage) -> None:
    await stage.pairs(stage.post("/v1/completions", {"model": "m", "prompt": QUESTION}))
    recorded = stage.sidecar.rows(
        "select candidate, candidate_reason, count(*) from pairs where candidate_outcome = 'not_sent' group by 1, 2"
    )
    assert ("gemini", "untranslatable_no_translation") in {row[:2] for row in recorded}
    for candidate, reason, count in recorded:
        labels = (f'candidate="{candidate}"', 'stage="not_sent"', f'reason="{reason}"')
        await eventually_counted(stage, "shadowbench_lane_calls_total", labels, count)


# ── a real model ──

REAL_CANDIDATES = {"messages": Dialect.ANTHROPIC_MESSAGES, "responses": Dialect.OPENAI_RESPONSES}


@pytest_asyncio.fixture(loop_scope="module")
async def model_url() -> AsyncIterator[str]:
    (port,) = free_ports(1)
    # One slot: requests wait for each other, and answers are exactly repeatable.
    command = [sys.executable, "-m", "shadowbench.demo.model_server", "real", str(port), "1", "1"]
    process = await asyncio.create_subprocess_exec(*command, stdin=-3, stdout=-3, stderr=-3)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await eventually(lambda: is_serving(client), within_s=60)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def is_serving(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/v1/models")).is_success
    except httpx.TransportError:
        return False


@pytest.mark.verify
@pytest.mark.skipif(bool(model_server.missing()), reason=f"not installed: {', '.join(model_server.missing())}")
async def test_a_real_model_says_the_same_in_every_dialect_that_its_server_speaks(
    model_url: str, tmp_path: Path
) -> None:
    request = chat(QUESTION, model=model_server.MODEL, max_tokens=24)
    request["messages"].insert(0, {"role": "system", "content": SYSTEM})
    candidates = {
        name: {"url": model_url, "dialect": str(dialect), "sample_rate": 1} for name, dialect in REAL_CANDIDATES.items()
    }
    mirror = {"stale_after_s": 60, "duplicate_window_s": 0}
    async with Sidecar(tmp_path, model_url, candidates=candidates, mirror=mirror) as sidecar:
        async with httpx.AsyncClient(base_url=sidecar.url, timeout=60) as client:
            for stream in ({}, {"stream": True, "stream_options": {"include_usage": True}}):
                (await client.post("/v1/chat/completions", json=request | stream)).raise_for_status()
        await sidecar.until_recorded(2, within_s=60)
        rows = sidecar.rows("select * from pairs")
    assert [(row["candidate"], row["candidate_streamed"]) for row in rows] == [
        (name, stream) for stream in (0, 1) for name in REAL_CANDIDATES
    ]
    for row in rows:
        assert (row["production_outcome"], row["candidate_outcome"]) == ("ok", "ok"), row["candidate_reason"]
        assert row["candidate_dialect"] == REAL_CANDIDATES[row["candidate"]]
        assert row["candidate_text"] == row["production_text"] != ""
        assert row["candidate_input_tokens"] == row["production_input_tokens"] > 0
        assert row["candidate_output_tokens"] == row["production_output_tokens"] > 0
        assert 0 < row["candidate_ttft_s"] <= row["candidate_latency_s"]
