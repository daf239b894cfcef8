"""CT-70 to CT-88: what a mirror may cost production (nothing), and what may reach a candidate."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
from collections.abc import Iterable
from typing import Any

from tests.conformance.framing import STREAM, one_by_one
from tests.conformance.judging import Kind, Section, expect, same
from tests.conformance.messages import LAST_CHUNK, response, stream_head
from tests.conformance.servers import OTHERWISE, Asked
from tests.conformance.stand import CHAT, It, eventually

SECTION = Section()
MIRROR = Kind.MIRROR
RECORDED = Kind.RECORDED

RESPONSES = "/v1/responses"
MESSAGES = "/v1/messages"
CREDENTIALS = (
    *(("Authorization", "Bearer sk-caller-SECRET"), ("x-api-key", "SECRET-1"), ("api-key", "SECRET-2")),
    *(("Cookie", "session=SECRET-3"), ("OpenAI-Organization", "org-SECRET"), ("OpenAI-Project", "proj-SECRET")),
    ("x-goog-api-key", "SECRET-4"),
)


# ── helpers: many requests, and which of them were copied ──


async def copied(it: It, requests: dict[str, bytes]) -> dict[str, Asked]:
    """Send requests, each with its name in its body or path, and answer them; the copies that came, by name."""
    wire = await it.client()
    for name, request in requests.items():
        _, answer = await it.exchange(request, client=wire, what=f"{name}")
        same(answer.status, 200, f"{name}: status")
    await it.fence()
    assert it.copies is not None
    found: dict[str, Asked] = {}
    for copy in it.copies.all:
        told = copy.raw_head + await copy.body()
        # The longest name: `tools` is part of `mcp tools`.
        found[max((name for name in requests if f"<{name}>".encode() in told), key=len, default="?")] = copy
    return found


async def none_is_copied(it: It, requests: dict[str, bytes]) -> None:
    """Fail with the names of those that reached the candidate."""
    reached = await copied(it, requests)
    expect(not reached, f"reached the candidate: {', '.join(sorted(reached))}")


def chat(it: It, name: str, **members: Any) -> bytes:
    """A chat request that is named in its question."""
    question = [{"role": "user", "content": f"Say {it.token} <{name}>."}]
    return it.request(CHAT, json.dumps({"model": "m", "messages": question} | members).encode())


def respond(it: It, name: str, **members: Any) -> bytes:
    """The same as a request to Responses."""
    return it.request(RESPONSES, json.dumps({"model": "m", "input": f"Say {it.token} <{name}>."} | members).encode())


def to_claude(it: It, name: str, **members: Any) -> bytes:
    """The same as a request to Anthropic."""
    question = [{"role": "user", "content": f"Say {it.token} <{name}>."}]
    body = {"model": "m", "max_tokens": 9, "messages": question} | members
    return it.request(MESSAGES, json.dumps(body).encode(), ("anthropic-version", "2023-06-01"))


async def copy_of(it: It, request: bytes) -> tuple[Asked, Any]:
    """The copy of a request that must be copied, and its JSON."""
    await it.exchange(request)
    copy = await it.copy()
    return copy, json.loads(await copy.body())


# ── production does not notice ──


@SECTION.check(70, MIRROR)
async def an_idempotency_key_is_not_copied(it: It) -> None:
    copy, _ = await copy_of(it, it.request(CHAT, None, ("Idempotency-Key", "key-7")))
    expect(b"idempotency-key" not in copy.head.names, "the candidate got the Idempotency-Key")


@SECTION.check(71, MIRROR)
async def a_candidate_that_hangs_or_fails_changes_nothing(it: It) -> None:
    it.hold_copies()
    wire = await it.client()
    for fault in ("garbage", "reset", "close", "drip", "hang", "hang again"):
        _, answer = await it.exchange(it.request(CHAT, it.chat(fault=fault)), client=wire, what="a request")
        same((answer.status, answer.body), (200, OTHERWISE.partition(b"\r\n\r\n")[2]), f"the answer beside {fault}")
        copy = await it.copy(f"the copy that meets a candidate's {fault}")
        await copy.body()
        _misbehave(copy, fault)
    _, answer = await it.exchange(it.request(), client=wire, what="while the candidate hangs: the next request")
    same(answer.status, 200, "the last answer")


def _misbehave(copy: Asked, fault: str) -> None:
    if fault == "garbage":
        copy.send(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        copy.close()
    elif fault == "reset":
        copy.reset()
    elif fault == "close":
        copy.send(stream_head() + b"5\r\nda")
        copy.close()
    elif fault == "drip":
        copy.send(stream_head() + b"1\r\nd\r\n")


@SECTION.check(71, MIRROR)
async def a_candidate_that_is_away_changes_nothing(it: It) -> None:
    assert it.stand.candidate is not None
    it.stand.candidate.go_away()
    try:
        wire = await it.client()
        for _ in range(3):
            _, answer = await it.exchange(it.request(), client=wire, what="a request while the candidate is away")
            same(answer.status, 200, "status")
    finally:
        await it.stand.candidate.listen()
    await it.fence()


@SECTION.check(71, RECORDED)
async def a_locked_log_changes_nothing(it: It) -> None:
    await it.fence()
    await eventually(lambda: it.sidecar.count(), "the first exchange in the log")
    lock = sqlite3.connect(it.sidecar.log_path, isolation_level=None)
    try:
        lock.execute("begin immediate")
        for _ in range(3):
            _, answer = await it.exchange(it.request(), what="a request while the log is locked")
            same(answer.status, 200, "status")
        await it.copy("the copy, while the log is locked")
    finally:
        lock.execute("rollback")
        lock.close()
    await it.pairs(1)


@SECTION.check(71, MIRROR)
async def many_hung_copies_do_not_pile_up_before_production(it: It) -> None:
    it.hold_copies()
    for number in range(60):
        _, answer = await it.exchange(it.request(CHAT, it.chat(n=number)), what=f"request {number} beside hung copies")
        same(answer.status, 200, "status")


@SECTION.check(72, RECORDED)
async def what_the_queue_cannot_take_is_counted(it: It) -> None:
    async with it.on_variant("full") as full:  # one call at a time, one that waits
        full.hold_copies()
        await full.exchange(chat(full, "first"))
        await full.copy()
        total = full.sidecar.total

        async def is_counted() -> bool:
            await full.exchange(chat(full, "another"))
            return await total("shadowbench_lane_calls_total", 'reason="queue_full"') > 0

        await eventually(is_counted, "shadowbench_lane_calls_total with the reason queue_full goes up")


@SECTION.check(73, RECORDED)
async def no_failure_went_unhandled(it: It) -> None:
    it.hold_copies()
    failing = asyncio.get_running_loop().create_task(_fail_all(it), name="failing-candidate")
    try:
        for fault in ("garbage", "reset", "close"):
            await it.exchange(it.request(CHAT, it.chat(fault=fault)))
        pairs = await it.pairs(3)
    finally:
        failing.cancel()
    same({pair["production_outcome"] for pair in pairs}, {"ok"}, "production's outcomes")
    expect("ok" not in {pair["candidate_outcome"] for pair in pairs}, "a failed candidate was recorded as ok")
    for sign in ("Traceback", "never retrieved", "was destroyed but it is pending"):
        expect(sign not in it.sidecar.stderr, f"the sidecar's log says: {sign}")
    same(await it.sidecar.total("shadowbench_worker_uncaught_errors_total"), 0, "exceptions that nobody expected")


async def _fail_all(it: It) -> None:
    """Every copy meets the fault that it names, also when a call is tried again on another connection."""
    assert it.copies is not None
    while True:
        copy = await it.copies.waiting.get()
        _misbehave(copy, json.loads(await copy.body())["fault"])


@SECTION.check(75, RECORDED)
async def a_crash_leaves_no_half_pairs(it: It) -> None:
    async with it.on_variant("odd") as other:
        sidecar = other.sidecar
        await other.exchange(chat(other, "before"))
        await other.pairs(1)
        other.hold_copies()
        wire = await other.client()
        wire.send(chat(other, "during", stream=True))
        asked = await other.asked()
        asked.send(stream_head())
        await one_by_one(other, asked, wire, [STREAM[:40]])
        await other.copy("the copy that is under way at the crash")
        for job in ("mirror", "recorder"):
            os.kill(sidecar.child(job), signal.SIGKILL)
        asked.chunk(STREAM[40:])
        asked.reply(LAST_CHUNK)
        same((await wire.answer()).body, STREAM, "the stream under way at the crash")
        await _until_copied_again(other)
        sql = (
            "select count(*) from exchanges e where (select count(*) from observations where exchange = e.number) <> 2"
        )
        same(sidecar.rows(sql)[0][0], 0, "exchanges in the log with one side only")


async def _until_copied_again(it: It) -> None:
    """Mirror and recorder are back when another exchange is in the log."""
    assert it.copies is not None
    it.copies.answers = True
    before = it.sidecar.count()

    async def recorded() -> bool:
        await it.exchange(chat(it, f"after {it.token}"))
        return it.sidecar.count() > before

    await eventually(recorded, "another pair after the crash", within_s=15)


@SECTION.check(76, RECORDED)
async def a_reload_takes_effect(it: It) -> None:
    async with it.on_variant("full") as full:
        sidecar = full.sidecar
        path = sidecar.folder / "shadowbench.yaml"
        path.write_text(path.read_text().replace("sample_rate: 1.0", "sample_rate: 0.0"))
        os.kill(sidecar.pid, signal.SIGHUP)

        async def is_zero() -> bool:
            _, state = await sidecar.control("state")
            return '"sample_rate": 0.0' in json.dumps(state) or '"small": 0.0' in json.dumps(state)

        await eventually(is_zero, "the new rate in force after SIGHUP")
        path.write_text(path.read_text().replace("sample_rate: 0.0", "sample_rate: 1.0"))
        os.kill(sidecar.pid, signal.SIGHUP)


# ── what a copy carries ──


@SECTION.check(77, MIRROR)
async def a_copy_that_comes_back_is_not_copied_again(it: It) -> None:
    await it.exchange(it.request())
    copy = await it.copy()
    back = copy.raw_head + await copy.body()
    if b"transfer-encoding" in copy.head.names:
        back = copy.raw_head + b"%x\r\n%b\r\n" % (len(await copy.body()), await copy.body()) + LAST_CHUNK
    await it.exchange(back, what="the copy that comes back")
    await it.fence()
    assert it.copies is not None
    same(len(it.copies.all), 1, "copies at the candidate, of a request whose copy came back")


@SECTION.check(78, MIRROR)
async def no_credential_reaches_the_candidate(it: It) -> None:
    asked, _ = await it.exchange(it.request(CHAT, None, *CREDENTIALS))
    for name, value in CREDENTIALS:
        same(asked.head.get(name.lower().encode()), value.encode(), f"{name} at production")
    copy = await it.copy()
    reached = [name for name, _ in CREDENTIALS if b"SECRET" in (copy.head.get(name.lower().encode()) or b"")]
    expect(not reached, f"reached the candidate: {', '.join(reached)}")
    expect(b"SECRET" not in copy.raw_head + await copy.body(), "a credential reached the candidate elsewhere")


@SECTION.check(78, RECORDED)
async def no_credential_is_in_the_log(it: It) -> None:
    await it.exchange(it.request(CHAT, None, *CREDENTIALS))
    await it.pair()
    for path in it.sidecar.folder.glob("pairs.db*"):
        expect(b"SECRET" not in path.read_bytes(), f"a credential is in {path.suffix or path.name}")


@SECTION.check(79, MIRROR)
async def a_copy_is_a_span_of_its_own(it: It) -> None:
    trace, span = b"0af7651916cd43dd8448eb211c80319c", b"b7ad6b7169203331"
    request = it.request(CHAT, None, ("traceparent", f"00-{trace.decode()}-{span.decode()}-01"))
    asked, _ = await it.exchange(request)
    same(asked.head.get(b"traceparent"), b"00-" + trace + b"-" + span + b"-01", "traceparent at production")
    told = (await it.copy()).head.get(b"traceparent")
    if told is None:
        return
    _, its_trace, its_span, flags = told.split(b"-")
    same(its_trace, trace, "the trace of the copy")
    expect(its_span != span, "the copy is the same span as production's request")
    expect(not int(flags, 16) & 1, "the copy says that it is sampled")


# ── what is not copied ──


@SECTION.check(80, MIRROR)
async def only_listed_endpoints_are_copied(it: It) -> None:
    paths = (
        "/v1/moderations",
        "/v1/models",
        "/v1/rerank",
        "/v1/audio/speech",
        "/v1/images/generations",
        "/v2/chat",
        "/",
    )
    requests = {path: _to(it, path) for path in paths}
    requests |= {f"{method} {CHAT}": _to(it, CHAT, method=method) for method in ("GET", "PUT", "PATCH", "DELETE")}
    await none_is_copied(it, requests)


def _to(it: It, path: str, *, method: str = "POST") -> bytes:
    name = path if method == "POST" else f"{method} {path}"
    question = [{"role": "user", "content": f"Say {it.token} <{name}>."}]
    return it.request(path, json.dumps({"model": "m", "messages": question}).encode(), method=method)


_STATEFUL = (
    *("/v1/files", "/v1/uploads", "/v1/batches", "/v1/messages/batches", "/v1/assistants", "/v1/threads"),
    *(
        "/v1/threads/t/messages",
        "/v1/threads/t/runs",
        "/v1/vector_stores/v/search",
        "/v1/conversations",
        "/v1/containers",
    ),
    *("/v1/fine_tuning/jobs", "/v1/evals", "/v1/skills", "/v1/videos", "/v1/realtime/sessions", "/v1/chatkit/sessions"),
    *("/v1/responses/r/cancel", "/v1/responses/compact", "/v1/organization/invites", "/v1/sessions", "/v1/agents"),
    *(
        "/v1/memory_stores",
        "/v1/environments",
        "/v1/vaults",
        "/v1/tunnels",
        "/v1/deployments",
        "/api/pull",
        "/api/push",
    ),
    *("/api/create", "/api/copy", "/v1/files/chat/completions", "/v1/threads/t/chat/completions"),
)


@SECTION.check(81, MIRROR)
async def nothing_stateful_is_copied(it: It) -> None:
    requests = {path: _to(it, path) for path in _STATEFUL}
    requests["DELETE /v1/responses/r"] = _to(it, "/v1/responses/r", method="DELETE")
    await none_is_copied(it, requests)


@SECTION.check(82, MIRROR)
async def what_builds_on_state_is_not_copied(it: It) -> None:
    members: dict[str, Any] = {
        "previous_response_id": "resp_1",
        "conversation": "conv_1",
        "prompt": {"id": "pmpt_1"},
        "background": True,
    }
    await none_is_copied(it, {name: respond(it, name, **{name: value}) for name, value in members.items()})


@SECTION.check(82, MIRROR)
async def nothing_is_stored_for_a_candidate(it: It) -> None:
    _, body = await copy_of(it, respond(it, "store"))
    same(body.get("store"), False, "store, which is true unless it says false")


@SECTION.check(83, MIRROR)
async def references_are_not_copied(it: It) -> None:
    parts: dict[str, dict[str, Any]] = {
        "input_file": {"type": "input_file", "file_id": "file-1"},
        "signed URL": {
            "type": "input_image",
            "image_url": "https://x.s3.amazonaws.com/a.png?X-Amz-Signature=0a&X-Amz-Date=1",
        },
    }
    items: dict[str, dict[str, Any]] = {
        "item_reference": {"type": "item_reference", "id": "msg_1"},
        "encrypted reasoning": {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"},
    }
    requests = {name: _with_items(it, name, _said(it, name, part)) for name, part in parts.items()}
    requests |= {name: _with_items(it, name, item, _said(it, name)) for name, item in items.items()}
    search = [{"type": "file_search", "vector_store_ids": ["vs_1"]}]
    requests["vector_store_ids"] = respond(it, "vector_store_ids", tools=search)
    file = [{"type": "text", "text": f"{it.token} <file of chat>"}, {"type": "file", "file": {"file_id": "file-1"}}]
    requests["file of chat"] = chat(it, "file of chat", messages=[{"role": "user", "content": file}])
    requests["container"] = to_claude(it, "container", container="cont_1")
    thinking = {"type": "thinking", "thinking": "hm", "signature": "EqoB"}
    asked = {"role": "user", "content": f"{it.token} <thinking signature>"}
    turns = [asked, {"role": "assistant", "content": [thinking, {"type": "text", "text": "a"}]}, asked]
    requests["thinking signature"] = to_claude(it, "thinking signature", messages=turns)
    await none_is_copied(it, requests)


def _said(it: It, name: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "input_text", "text": f"{it.token} <{name}>"}, *parts]}


def _with_items(it: It, name: str, *items: dict[str, Any]) -> bytes:
    return respond(it, name, input=list(items))


_SERVER_TOOLS: dict[str, dict[str, Any]] = {
    "web_search": {"type": "web_search"},
    "file_search": {"type": "file_search", "vector_store_ids": ["vs_1"]},
    "code_interpreter": {"type": "code_interpreter", "container": {"type": "auto"}},
    "image_generation": {"type": "image_generation"},
    "mcp": {"type": "mcp", "server_label": "s", "server_url": "https://mcp.test"},
    "computer use": {"type": "computer_use_preview", "display_width": 1, "display_height": 1, "environment": "linux"},
    "shell": {"type": "shell", "environment": {"type": "container_auto"}},
    "apply_patch": {"type": "apply_patch"},
}


@SECTION.check(84, MIRROR)
async def the_providers_tools_do_not_run_twice(it: It) -> None:
    requests = {name: respond(it, name, tools=[tool]) for name, tool in _SERVER_TOOLS.items()}
    requests["web_search_options"] = chat(it, "web_search_options", web_search_options={})
    for kind in ("web_search_20250305", "web_fetch_20250910", "code_execution_20250825"):
        requests[kind] = to_claude(it, kind, tools=[{"type": kind, "name": kind.rpartition("_")[0]}])
    servers = [{"type": "url", "url": "https://mcp.test", "name": "s"}]
    requests["mcp_servers"] = to_claude(it, "mcp_servers", mcp_servers=servers)
    reached = await copied(it, requests)
    members = ("tools", "web_search_options", "mcp_servers")
    running = [name for name, copy in reached.items() if json.loads(await copy.body()).keys() & set(members)]
    expect(not running, f"would run at the candidate too: {', '.join(sorted(running))}")


@SECTION.check(84, MIRROR)
async def the_clients_own_tools_are_copied(it: It) -> None:
    function = {"name": "weather", "parameters": {"type": "object", "properties": {}}}
    _, body = await copy_of(it, chat(it, "function", tools=[{"type": "function", "function": function}]))
    same(body["tools"][0]["function"], function, "the tool in the copy")


@SECTION.check(85, MIRROR)
async def what_names_users_is_not_copied(it: It) -> None:
    names: dict[str, Any] = {
        "metadata": {"customer": "c-1"},
        "user": "ada@example.com",
        "safety_identifier": "hash-1",
        "prompt_cache_key": "k-1",
        "service_tier": "priority",
    }
    _, body = await copy_of(it, chat(it, "names", **names))
    _absent(body, names)


@SECTION.check(85, MIRROR)
async def anthropics_user_is_not_copied(it: It) -> None:
    _, body = await copy_of(it, to_claude(it, "metadata", metadata={"user_id": "u-1"}))
    _absent(body, ["metadata"])


def _absent(body: dict[str, Any], names: Iterable[str]) -> None:
    reached = [name for name in names if name in body]
    expect(not reached, f"reached the candidate: {', '.join(reached)}")


@SECTION.check(86, RECORDED)
async def members_are_renamed_bounded_and_left_out(it: It) -> None:
    async with it.on_variant("odd") as odd:
        members = {"max_tokens": 40, "temperature": 0.2, "logit_bias": {"50256": -100}, "seed": 7, "n": 2}
        request = chat(odd, "shaped", **members, response_format={"type": "json_object"})
        await odd.exchange(request)
        body = json.loads(await (await odd.copy()).body())
    same(body.get("max_completion_tokens"), 40, "max_completion_tokens")
    same((body.get("temperature"), body.get("reasoning_effort")), (1, "low"), "temperature, reasoning_effort")
    same((body.get("n"), body.get("response_format")), (2, {"type": "json_object"}), "n, response_format")
    _absent(body, ["max_tokens", "logit_bias", "seed"])


@SECTION.check(86, RECORDED)
async def betas_reach_the_candidate_and_nothing_else_does(it: It) -> None:
    question = json.dumps({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": it.token}]}).encode()
    await it.exchange(it.request(MESSAGES, question, ("anthropic-beta", "context-1m"), ("x-team", "search")))
    head = (await it.copy()).head
    same(head.get(b"anthropic-beta"), b"context-1m", "anthropic-beta at the candidate")
    expect(b"x-team" not in head.names, "a header of the client's own reached the candidate")


_PLUMBING: dict[str, Any] = {
    **{"request_id": "r-1", "cache_salt": "s-1", "kv_transfer_params": {"do_remote_prefill": True}, "rid": "r-2"},
    **{"bootstrap_host": "10.0.0.1", "bootstrap_port": 8998, "bootstrap_room": 7, "keep_alive": "5m", "priority": 3},
    **{"session_id": "s-2", "session_params": {"id": "s"}, "routed_dp_rank": 0},
}
_WORDS: dict[str, Any] = {
    **{
        "vllm_xargs": {"a": 1},
        "chat_template": "{{x}}",
        "chat_template_kwargs": {"t": 1},
        "structured_outputs": {"json": {}},
    },
    **{"add_generation_prompt": True, "continue_final_message": True, "return_token_ids": True, "input_ids": [1]},
    **{"custom_logit_processor": "p", "lora_path": "l", "return_hidden_states": True},
}


@SECTION.check(87, MIRROR)
async def plumbing_of_engines_is_not_copied(it: It) -> None:
    await _no_member_is_copied(it, _PLUMBING)


@SECTION.check(87, MIRROR)
async def words_of_one_engine_are_not_copied(it: It) -> None:
    await _no_member_is_copied(it, _WORDS)


async def _no_member_is_copied(it: It, members: dict[str, Any]) -> None:
    """Each in a request of its own: it is left out of the copy, or there is none."""
    reached = await copied(it, {name: chat(it, name, **{name: value}) for name, value in members.items()})
    told = {name for copy in reached.values() for name in json.loads(await copy.body())}
    expect(not told & members.keys(), f"reached the candidate: {', '.join(sorted(told & members.keys()))}")


@SECTION.check(88, MIRROR)
async def a_retry_that_says_so_is_one_sample(it: It) -> None:
    first = it.request(CHAT, None, ("x-stainless-retry-count", "0"))
    again = it.request(CHAT, None, ("x-stainless-retry-count", "1"))
    await it.exchange(first, response(503, b'{"error":{"message":"busy"}}'))
    await it.exchange(again)
    await it.copy()
    await it.fence()
    assert it.copies is not None
    same(len(it.copies.all), 1, "copies of a request that an SDK sent twice")


@SECTION.check(88, MIRROR)
async def a_repeated_idempotency_key_is_one_sample(it: It) -> None:
    for _ in range(2):
        await it.exchange(it.request(CHAT, None, ("Idempotency-Key", f"key-{it.token}")))
    await it.copy()
    await it.fence()
    assert it.copies is not None
    same(len(it.copies.all), 1, "copies of two requests with one Idempotency-Key")


@SECTION.check(69, RECORDED)
async def a_retry_of_an_sdk_is_not_copied(it: It) -> None:
    await it.exchange(it.request(CHAT, None, ("x-stainless-retry-count", "2")))
    await it.fence()
    assert it.copies is not None
    expect(not it.copies.all, "a retry reached the candidate")


@SECTION.check(29, Kind.PROXY)
async def production_is_asked_what_the_client_asked(it: It) -> None:
    body = it.chat(stream=True)
    asked, _ = await it.exchange(it.request(CHAT, body))
    same(await asked.body(), body, "the request at production")


@SECTION.check(29, RECORDED)
async def a_candidate_is_asked_for_usage(it: It) -> None:
    await it.exchange(it.request(CHAT, it.chat(stream=True)))
    body = json.loads(await (await it.copy()).body())
    same(body["stream_options"]["include_usage"], True, "stream_options.include_usage of the copy")


@SECTION.check(31, RECORDED)
async def a_candidate_is_asked_for_no_padding(it: It) -> None:
    await it.exchange(it.request(CHAT, it.chat(stream=True)))
    body = json.loads(await (await it.copy()).body())
    same(body["stream_options"]["include_obfuscation"], False, "stream_options.include_obfuscation of the copy")
