"""What the pair log says about exchanges whose every fact is known."""

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

from shadowbench.endpoints import scripted
from shadowbench.endpoints.scripted import Asked, Said
from shadowbench.endpoints.testing import ScriptedProvider
from tests.origins import RawClient, json_request
from tests.sidecars import Sidecar, chat

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"properties": {"city": {}}}}}]

CASES: list[tuple[str, dict[str, Any]]] = [
    (CHAT, chat("Name a river.")),
    (CHAT, chat("Name a town.", stream=True, stream_options={"include_usage": True})),
    (CHAT, chat("Name a hill.", max_tokens=3, stream=True, stream_options={"include_usage": True})),
    (CHAT, chat("What is the weather?", tools=TOOLS)),
    (CHAT, chat("What was the weather?", tools=TOOLS, stream=True, stream_options={"include_usage": True})),
    (MESSAGES, chat("Name a lake.", max_tokens=40)),
    (MESSAGES, chat("Name an isle.", max_tokens=4, stream=True)),
]


async def test_a_pair_holds_text_calls_usage_times_and_ids_of_both_sides(tmp_path: Path) -> None:
    mirror = {"request_id_header": "x-trace"}
    async with ScriptedProvider(chunk_after_s=0.001) as production, ScriptedProvider() as other:
        candidates = {"short": {"url": other.url, "sample_rate": 1, "model": "small", "parameters": {"max_tokens": 2}}}
        async with Sidecar(tmp_path, production.url, candidates=candidates, mirror=mirror) as sidecar:
            async with await RawClient.connect(sidecar.port) as client:
                for number, (path, request) in enumerate(CASES):
                    headers = [("x-trace", f"t-{number}")] if number % 2 else []
                    assert (await client.ask(json_request(path, request, *headers))).status == 200
            await sidecar.until_recorded(len(CASES))
            rows = sidecar.rows("select * from pairs order by started_at")
    for number, ((path, request), row) in enumerate(zip(CASES, rows, strict=True)):
        asked, said = expected(path, request)
        check_side(row, "production", asked, said)
        check_side(row, "candidate", *expected(path, request | {"model": "small", "max_tokens": 2}))
        assert row["path"] == path
        assert row["request_id"] == (f"t-{number}" if number % 2 else f"req_{said.id}")
        assert json.loads(row["request_body"]) == request
        assert (row["candidate"], row["inclusion_probability"]) == ("short", 1)
        assert row["candidate_requested_model"] == row["candidate_reported_model"] == "small"


def expected(path: str, request: dict[str, Any]) -> tuple[Asked, Said]:
    asked = scripted.read(path, json.dumps(request).encode())
    assert asked is not None
    return asked, scripted.say(asked)


def check_side(row: Any, side: str, asked: Asked, said: Said) -> None:
    seen = {key.removeprefix(f"{side}_"): row[key] for key in row.keys() if key.startswith(f"{side}_")}  # noqa: SIM118  sqlite3.Row iterates over values
    assert (seen["outcome"], seen["reason"], seen["status"]) == ("ok", None, 200)
    assert (seen["text"] or "") == said.text
    assert seen["usage_source"] == "reported"
    assert (seen["input_tokens"], seen["output_tokens"]) == (said.input_tokens, said.output_tokens)
    assert seen["streamed"] == asked.stream
    assert seen["provider_request_id"] == f"req_{said.id}"
    calls = json.loads(seen["answer"])["choices"][0].get("tool_calls") or []
    assert [(call["name"], call["arguments"]) for call in calls] == ([(asked.tool, said.call)] if said.call else [])
    assert 0 < seen["ttft_s"] <= seen["latency_s"] < 10
    if asked.stream and side == "production":
        assert seen["ttft_s"] < seen["latency_s"]


async def test_the_log_is_private_and_holds_no_credential(tmp_path: Path) -> None:
    async with ScriptedProvider() as production:
        candidates = {"again": {"sample_rate": 1}}
        async with Sidecar(tmp_path, production.url, candidates=candidates) as sidecar:
            async with await RawClient.connect(sidecar.port) as client:
                keys = ("Authorization", "Bearer sk-very-secret"), ("x-api-key", "sk-very-secret")
                await client.ask(json_request(CHAT, chat("Hello."), *keys))
            await sidecar.until_recorded(1)
        files = sorted(tmp_path.glob("pairs.db*"))
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * len(files)
        everything = b"".join(file.read_bytes() for file in [*files, tmp_path / "stderr.txt"])
        assert b"very-secret" not in everything


async def test_a_rate_between_none_and_all_copies_that_share_and_says_so(tmp_path: Path) -> None:
    async with ScriptedProvider(keeps_bytes=False) as production:
        candidates = {"half": {"sample_rate": 0.5}, "none": {}}
        async with Sidecar(tmp_path, production.url, candidates=candidates) as sidecar:
            await asyncio.gather(*(ask_many(sidecar.port, worker) for worker in range(4)))
        # The drain at the end has settled everything.
        rows = sidecar.rows("select candidate, inclusion_probability, candidate_outcome from pairs")
    assert {tuple(row) for row in rows} == {("half", 0.5, "ok")}
    assert 50 < len(rows) < 150  # 200 requests; ±7 standard deviations


async def ask_many(port: int, worker: int) -> None:
    async with await RawClient.connect(port) as client:
        for number in range(50):
            assert (await client.ask(json_request(CHAT, chat(f"Question {worker}/{number}")))).status == 200


async def test_a_candidates_fault_is_an_outcome_with_its_reason(tmp_path: Path) -> None:
    outcomes = {
        "reset-before-head": "unreachable",
        "cut": "truncated",
        "garbage": "unparsed",
        "overloaded": "http_error",
        "error-in-stream": "stream_error",
        "no-http": "unreachable",
    }
    async with ScriptedProvider() as production:
        candidates = {fault: {"sample_rate": 1, "model": f"scripted-{fault}"} for fault in outcomes}
        async with Sidecar(tmp_path, production.url, candidates=candidates) as sidecar:
            async with await RawClient.connect(sidecar.port) as client:
                assert (await client.ask(json_request(CHAT, chat("Hello.", stream=True)))).status == 200
            await sidecar.until_recorded(1)
            rows = sidecar.rows("select * from pairs")
    assert {row["production_outcome"] for row in rows} == {"ok"}
    assert {row["candidate"]: row["candidate_outcome"] for row in rows} == outcomes
    assert all(row["candidate_reason"] for row in rows)


async def test_repeats_stand_beside_the_pair_and_are_none_themselves(tmp_path: Path) -> None:
    mirror = {"repeats": {"rate": 1.0}}
    async with ScriptedProvider() as production, ScriptedProvider() as other:
        candidates = {"small": {"url": other.url, "sample_rate": 1, "model": "small"}}
        async with Sidecar(tmp_path, production.url, candidates=candidates, mirror=mirror) as sidecar:
            async with await RawClient.connect(sidecar.port) as client:
                assert (await client.ask(json_request(CHAT, chat("Name a river.")))).status == 200
            await sidecar.until_recorded(1)
            seen = sidecar.rows("select endpoint, requested_model from observations order by side")
            pairs = sidecar.rows("select candidate from pairs")
    assert [tuple(row) for row in seen] == [
        ("production", "m"),
        ("small", "small"),
        ("production~again", "m"),
        ("small~again", "small"),
    ]
    assert [row["candidate"] for row in pairs] == ["small"]
