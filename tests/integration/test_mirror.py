"""The mirror between a proxy, a recorder and candidates that answer well."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
from collections import Counter
from pathlib import Path

from shadowbench import handoff
from shadowbench.endpoints.testing import ScriptedProvider
from shadowbench.handoff import Kind
from tests.mirrors import candidate, chat_body, mirror, request_head


async def test_an_exchange_becomes_a_pair_with_the_candidates_answer(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url, model="tiny")) as rig:
        proxy = await rig.proxy()
        proxy.exchange()
        await proxy.settled()

        assert (proxy.sender.recorded, proxy.sender.settled) == (1, 1)
        (exchange,) = rig.recorder.exchanges
        assert exchange.request == (chat_body(),)
        assert b"".join(chunk.data for part in exchange.sides[0].parts for chunk in handoff.read_part(part)) == (
            b'{"choices":[]}'
        )
        side = exchange.sides[1]
        assert side.t0_ns is not None and side.head is not None and side.end.reason is None
        assert side.head.head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert side.head.connect_s is not None and side.head.queue_s is not None
        body = b"".join(chunk.data for part in side.parts for chunk in handoff.read_part(part))
        assert json.loads(body)["model"] == "tiny"
        (copied,) = provider.requests
        assert json.loads(copied.body) == json.loads(chat_body(model="tiny"))
        assert rig.funnel == {"opened": 1, "eligible": 1, "sampled": 1, "recorded": 1}
        assert rig.lane() == {"sampled": 1, "dispatched": 1, "answered:ok": 1}


async def test_a_stream_keeps_the_time_of_every_chunk(tmp_path: Path) -> None:
    async with (
        ScriptedProvider(chunk_after_s=0.003) as provider,
        mirror(tmp_path, candidate(provider.url)) as rig,
    ):
        proxy = await rig.proxy()
        proxy.exchange(chat_body(stream=True))
        await proxy.settled()

        side = rig.recorder.exchanges[0].sides[1]
        chunks = [chunk for part in side.parts for chunk in handoff.read_part(part)]
        body = b"".join(chunk.data for chunk in chunks)
        assert body.startswith(b"data: {") and body.endswith(b"data: [DONE]\n\n")
        assert b'"usage":{' in body, "usage was asked for, though the client had not"
        times = [chunk.at_ns for chunk in chunks]
        assert side.t0_ns is not None and side.head is not None
        assert [side.t0_ns, side.head.head_ns, *times, side.end.end_ns] == sorted(
            [side.t0_ns, side.head.head_ns, *times, side.end.end_ns]
        )
        assert len(set(times)) > 5


async def test_every_candidate_draws_from_the_same_point_and_keeps_its_probability(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider:
        wide, narrow = (
            candidate(provider.url, "wide", sample_rate=0.6),
            candidate(provider.url, "narrow", sample_rate=0.3),
        )
        async with mirror(tmp_path, wide, narrow) as rig:
            proxy = await rig.proxy()
            assert proxy.policy is not None and proxy.policy.rate == 0.6
            for _ in range(200):
                proxy.exchange(admitted=0.5)
            await proxy.settled()

            seen = [{c.name: c.inclusion_probability for c in x.plan.candidates} for x in rig.recorder.exchanges]
            assert {tuple(found.items()) for found in seen} == {
                (("wide", 0.5),),
                (("wide", 0.5), ("narrow", 0.3)),
            }
            assert 60 < len(seen) < 140  # 100 ± 4 standard deviations
            funnel = rig.funnel
            assert funnel["opened"] == funnel["eligible"] == 200
            assert funnel["eligible"] == funnel["sampled"] + funnel["unsampled"]
            assert funnel["sampled"] == funnel["recorded"] == len(seen) == proxy.sender.recorded
            assert len(proxy.drops) == funnel["unsampled"]


async def test_requests_of_one_user_are_sampled_together_and_make_one_cluster(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider:
        half = candidate(provider.url, sample_rate=0.5)
        async with mirror(tmp_path, half, sample_key="header:X-User", request_id_header="X-Id") as rig:
            proxy = await rig.proxy()
            for number in range(60):
                proxy.exchange(head=request_head(headers={"x-user": f"user-{number % 6}", "x-id": f"id {number}"}))
            await proxy.settled()

            plans = [x.plan for x in rig.recorder.exchanges]
            by_user: dict[str, set[int]] = {}
            for plan in plans:
                assert plan.request_id == f"id {plan.proxy_sequence - 1}"
                by_user.setdefault(plan.cluster_key, set()).add((plan.proxy_sequence - 1) % 6)
            assert all(len(users) == 1 for users in by_user.values())
            assert len(plans) == 10 * len(by_user) and 0 < len(by_user) < 6
            assert not any("user" in plan.cluster_key for plan in plans)


async def test_the_callers_credentials_stay_with_the_caller(tmp_path: Path) -> None:
    head = request_head(
        "/v1/messages?beta=true",
        {
            "Authorization": "hash:aaa",
            "x-api-key": "hash:bbb",
            "Cookie": "hash:ccc",
            "OpenAI-Organization": "hash:ddd",
            "Idempotency-Key": "once",
            "User-Agent": "caller/1.0",
            "X-Forwarded-For": "10.0.0.1",
            "anthropic-beta": "one",
            "Accept-Encoding": "gzip",
        },
    )
    async with ScriptedProvider() as provider:
        small = candidate(provider.url, api_key_env="SMALL_KEY", headers={"X-Team": "bench"})
        async with mirror(tmp_path, small, environ={"SMALL_KEY": "sk-own"}) as rig:
            proxy = await rig.proxy()
            proxy.exchange(chat_body(max_tokens=5), head)
            await proxy.settled()

            (copied,) = provider.requests
            assert copied.target == "/v1/messages?beta=true"
            headers = {name.lower(): value for name, value in copied.headers}
            assert headers.pop("x-shadowbench-mirrored").startswith("v1.")
            assert headers == {
                "host": provider.url.removeprefix("http://"),
                "accept-encoding": "identity",
                "x-team": "bench",
                "x-api-key": "sk-own",
                "content-type": "application/json",
                "anthropic-version": "2023-06-01",
                "anthropic-beta": "one",
                "content-length": str(len(copied.body)),
            }


async def test_a_copy_that_comes_back_is_not_copied_again(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        proxy.exchange()
        await proxy.settled()
        marker = provider.requests[0].header("x-shadowbench-mirrored")
        assert marker is not None
        looped = proxy.exchange(head=request_head(headers={"X-Shadowbench-Mirrored": marker}))
        proxy.exchange(head=request_head(headers={"X-Shadowbench-Mirrored": "v1.1700000000.forged"}))
        await proxy.settled()
        assert proxy.drops == [looped]
        assert rig.funnel["ineligible:own_marker"] == 1 and rig.funnel["recorded"] == 2


async def test_what_is_not_wanted_is_dropped_with_a_reason(tmp_path: Path) -> None:
    packed = gzip.compress(chat_body(messages=[{"role": "user", "content": "x" * 5000}]))
    cases = [
        ("method_path", request_head("/v1/files"), b"{}"),
        ("method_path", request_head("/v1/threads/t1/messages"), chat_body()),
        ("not_json", request_head(headers={"Content-Type": "multipart/form-data"}), b""),
        ("not_json", request_head(), b"{"),
        ("not_an_object", request_head(), b"[]"),
        ("no_messages", request_head(), b"{}"),
        ("unsupported_encoding", request_head(headers={"Content-Encoding": "lzma"}), b"x"),
        ("bad_encoding", request_head(headers={"Content-Encoding": "gzip"}), chat_body()),
        ("over_bound", request_head(headers={"Content-Length": "4097"}), b""),
        ("over_bound", request_head(), b" " * 4097),
        ("over_bound", request_head(headers={"Content-Encoding": "gzip"}), packed),
    ]
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url), max_request_bytes=4096) as rig:
        proxy = await rig.proxy()
        for _, head, body in cases:
            proxy.exchange(body, head)
        proxy.exchange(version=7)
        await proxy.settled()

        expected = Counter(f"ineligible:{reason}" for reason, _, _ in cases)
        expected["ineligible:unknown_policy"] += 1
        assert rig.funnel == {"opened": len(cases) + 1, **expected}
        assert sorted(proxy.drops) == list(range(1, len(cases) + 2))
        assert provider.requests == [] and rig.recorder.exchanges == []


async def test_a_compressed_request_is_copied_uncompressed_and_logged_as_it_came(tmp_path: Path) -> None:
    packed = gzip.compress(chat_body())
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        proxy.exchange(packed, request_head(headers={"Content-Encoding": "gzip"}))
        await proxy.settled()
        (copied,) = provider.requests
        assert copied.body == chat_body() and copied.header("content-encoding") is None
        assert rig.recorder.exchanges[0].request == (packed,)


async def test_production_may_fail_and_still_make_a_pair(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        sequence = proxy.open()
        proxy.send_request(sequence)
        proxy.end(sequence, "timed_out_first_byte")
        sequence = proxy.open()
        proxy.send_request(sequence)
        proxy.answer(sequence, b"half", reason="production_truncated")
        await proxy.settled()
        assert [x.sides[0].end.reason for x in rig.logged] == [
            "timed_out_first_byte",
            "production_truncated",
        ]
        assert rig.lane()["answered:ok"] == 2


async def test_an_early_answer_is_told_after_the_plan(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        sequence = proxy.open()
        head = handoff.head_frame(sequence, 1, b"HTTP/1.1 200 OK\r\n")
        proxy.sender.write([head])
        proxy.send_request(sequence)
        proxy.end(sequence)
        unfinished = proxy.open()
        proxy.answer(unfinished, b"no")
        await proxy.settled()
        assert proxy.sender.recorded == 1
        assert rig.funnel["ineligible:request_incomplete"] == 1


async def test_a_proxy_that_does_not_speak_our_language_is_refused_and_others_stay(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        hello = handoff.hello_frame(role="proxy", epoch="e")
        for first in (
            handoff.pack(Kind.OPEN, 1, b""),
            handoff.hello_frame(role="recorder", epoch="e"),
            handoff.pack(Kind.HELLO, 0, b'{"version":99,"role":"proxy","epoch":"e"}'),
            hello + handoff.pack(Kind.REQUEST, 5, b"x"),
            hello + handoff.pack(Kind.ACK, 5, b"x"),
            hello + b"\xff" * 64,
        ):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "run/mirror.sock"))
            writer.write(first)
            with contextlib.suppress(ConnectionError):
                while await reader.read(4096):
                    pass
            writer.close()
        proxy.exchange()
        await proxy.settled()
        assert proxy.sender.recorded == 1
        count = rig.parent.counters.get
        assert count("mirror_refusals_total", (("reason", "protocol"),)) == 5
        assert count("mirror_refusals_total", (("reason", "version"),)) == 1


async def test_a_production_that_was_never_reached_makes_a_pair_when_the_request_came_whole(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        sequence = proxy.open(request_head(headers={"Content-Length": str(len(chat_body()))}))
        proxy.sender.write(handoff.request_frames(sequence, chat_body()))
        proxy.end(sequence, "production_unreachable")
        await proxy.settled()
        (exchange,) = rig.recorder.exchanges
        assert (exchange.sides[0].end.reason, exchange.sides[0].t0_ns) == ("production_unreachable", None)
        assert exchange.sides[1].end.reason is None
        assert proxy.drops == []


async def test_a_large_request_is_patched_aside_and_arrives_whole(tmp_path: Path) -> None:
    body = chat_body(messages=[{"role": "user", "content": "é" * 30_000} for _ in range(10)], stream=True)
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url, model="tiny")) as rig:
        proxy = await rig.proxy()
        proxy.exchange(body)
        proxy.exchange(body.replace(b'"stream"', b'"model"'))
        await proxy.settled()
        (copied,) = provider.requests
        options = b', "stream_options":{"include_usage":true,"include_obfuscation":false}}'
        assert copied.body == body.replace(b'"big"', b'"tiny"')[:-1] + options
        assert b"".join(rig.logged[0].request) == body
        assert rig.lane() == {
            "sampled": 2,
            "dispatched": 1,
            "answered:ok": 1,
            "not_sent:unpatchable_duplicate_key": 1,
        }
