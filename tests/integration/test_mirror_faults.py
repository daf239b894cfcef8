"""What the mirror says when candidates, the recorder or a proxy fail: always a counted reason, always whole exchanges."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from shadowbench import handoff
from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Ending, Fault, Reply, ScriptedProvider, ScriptedServer, Step, answer, plain
from tests.mirrors import FakeRecorder, candidate, chat_body, eventually, mirror

FAULTS = [
    # the provider's fault, what the candidate's side ends with, how the lane counts it, options
    (Fault.HANG, "timed_out_first_byte", {"first_byte_timeout_s": 0.05}),
    (Fault.HANG_MID_BODY, "timed_out_idle", {"idle_timeout_s": 0.05}),
    (Fault.SLOW, "timed_out_total", {"total_timeout_s": 0.12}),
    (Fault.RESET_BEFORE_HEAD, "reset", {}),
    (Fault.RESET_AFTER_HEAD, "reset", {}),
    (Fault.RESET_MID_BODY, "reset", {}),
    (Fault.CUT, "truncated", {}),
    (Fault.NO_HTTP, "bad_response", {}),
    (Fault.HUGE, "overflow", {"max_response_bytes": 100_000}),
]


@pytest.mark.parametrize(("fault", "reason", "options"), FAULTS, ids=[fault.value for fault, _, _ in FAULTS])
async def test_a_candidates_fault_ends_its_side_with_a_reason(
    tmp_path: Path, fault: Fault, reason: str, options: dict[str, Any]
) -> None:
    async with (
        ScriptedProvider(lambda _: fault) as provider,
        mirror(tmp_path, candidate(provider.url, **options)) as rig,
    ):
        proxy = await rig.proxy()
        proxy.exchange(chat_body(stream=True))
        await proxy.settled()

        assert proxy.sender.recorded == 1
        (exchange,) = rig.recorder.exchanges
        side = exchange.sides[1]
        assert side.end.reason == reason
        assert side.t0_ns is not None
        assert exchange.sides[0].end.reason is None
        assert rig.lane() == {"sampled": 1, "dispatched": 1, f"fault:{reason}": 1}
        await provider.until(lambda: all(log.closed.is_set() for log in provider.connections))


@pytest.mark.parametrize(
    ("fault", "counted", "status"),
    [
        (Fault.RATE_LIMITED, "http_4xx", 429),
        (Fault.SERVER_ERROR, "http_5xx", 500),
        (Fault.GARBAGE, "ok", 200),
        (Fault.UNTIL_CLOSE, "ok", 200),
    ],
)
async def test_a_whole_answer_is_an_answer_whatever_it_says(
    tmp_path: Path, fault: Fault, counted: str, status: int
) -> None:
    async with ScriptedProvider(lambda _: fault) as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        proxy.exchange()
        await proxy.settled()
        side = rig.recorder.exchanges[0].sides[1]
        assert side.end.reason is None and side.head is not None
        assert side.head.head.startswith(f"HTTP/1.1 {status} ".encode())
        assert rig.lane() == {"sampled": 1, "dispatched": 1, f"answered:{counted}": 1}


async def test_a_candidate_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with mirror(tmp_path, candidate(f"http://127.0.0.1:{port}")) as rig:
        proxy = await rig.proxy()
        proxy.exchange()
        await proxy.settled()
        side = rig.recorder.exchanges[0].sides[1]
        assert (side.end.reason, side.t0_ns, side.head) == ("refused", None, None)
        assert rig.lane() == {"sampled": 1, "dispatched": 1, "fault:refused": 1}


async def test_a_candidate_that_does_not_speak_tls_is_named_so(tmp_path: Path) -> None:
    async def speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    plain_server = await asyncio.start_server(speak_plainly, "127.0.0.1", 0)
    port = plain_server.sockets[0].getsockname()[1]
    async with plain_server, mirror(tmp_path, candidate(f"https://127.0.0.1:{port}")) as rig:
        proxy = await rig.proxy()
        proxy.exchange()
        await proxy.settled()
        assert rig.recorder.exchanges[0].sides[1].end.reason == "tls"


async def test_ct_72_a_hung_candidate_fills_its_own_queue_and_costs_only_its_own_pairs(tmp_path: Path) -> None:
    async with ScriptedProvider(lambda _: Fault.HANG) as hung, ScriptedProvider() as well:
        slow = candidate(hung.url, "hung", concurrency=2, queue=3)
        async with mirror(tmp_path, slow, candidate(well.url, "well"), stale_after_s=60.0) as rig:
            proxy = await rig.proxy()
            for _ in range(10):
                proxy.exchange()
            await eventually(lambda: rig.lane("well").get("answered:ok") == 10)
            assert rig.lane("hung") == {"sampled": 10, "dispatched": 2, "not_sent:queue_full": 5}
            await eventually(lambda: proxy.sender.recorded == 5)  # those that need not wait for it

            await hung.until(lambda: len(hung.requests) == 2)
            await hung.stop()
            await proxy.settled()
            lane = rig.lane("hung")
            assert lane.pop("not_sent:queue_full") == 5 and lane.pop("sampled") == 10
            assert lane.pop("dispatched") == 5
            assert set(lane) <= {"fault:reset", "fault:refused"} and sum(lane.values()) == 5
            plans = [x.plan.candidates[0].not_sent for x in rig.recorder.exchanges]
            assert sorted(filter(None, plans)) == ["queue_full"] * 5
            assert all(x.sides[2].end.reason is None for x in rig.recorder.exchanges)


async def test_an_old_request_is_not_sent(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        proxy.exchange(age_s=2.5)
        await proxy.settled()
        assert provider.requests == []
        assert rig.recorder.exchanges[0].sides[1].end.reason == "not_sent:stale"
        assert rig.lane() == {"sampled": 1, "not_sent:stale": 1}


async def test_a_body_that_cannot_be_patched_is_not_sent(tmp_path: Path) -> None:
    body = b'{"model":"a","model":"b","messages":[{}]}'
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url, model="tiny")) as rig:
        proxy = await rig.proxy()
        proxy.exchange(body)
        await proxy.settled()
        assert provider.requests == []
        assert rig.lane() == {"sampled": 1, "not_sent:unpatchable_duplicate_key": 1}


async def test_a_pooled_connection_that_died_is_not_the_candidates_fault(tmp_path: Path) -> None:
    asked: list[Received] = []

    def script(request: Received) -> Reply:
        asked.append(request)
        return Reply(steps=[], ending=Ending.RESET) if len(asked) == 2 else answer(request)

    async with ScriptedServer(script) as server, mirror(tmp_path, candidate(server.url)) as rig:
        proxy = await rig.proxy()
        for _ in range(2):
            proxy.exchange()
            await proxy.settled()
        assert len(asked) == 3
        assert rig.lane() == {"sampled": 2, "dispatched": 2, "answered:ok": 2}
        stale = (("candidate", "small"), ("reason", "stale"))
        assert rig.parent.counters.get("lane_retries_total", stale) == 1
        assert [attempt.reason for attempt in rig.logged[1].sides[1].attempts] == ["stale"]


async def test_another_protocol_is_no_answer(tmp_path: Path) -> None:
    wire = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"

    def script(_: Received) -> Reply:
        return Reply(steps=[Step(data=wire)], ending=Ending.HANG)

    async with ScriptedServer(script) as server, mirror(tmp_path, candidate(server.url)) as rig:
        proxy = await rig.proxy()
        proxy.exchange()
        await proxy.settled()
        assert rig.recorder.exchanges[0].sides[1].end.reason == "bad_response"


async def test_a_candidates_cookies_are_hashed(tmp_path: Path) -> None:
    def script(_: Received) -> Reply:
        return plain(200, b"{}", ("Set-Cookie", "session=secret"))

    async with ScriptedServer(script) as server, mirror(tmp_path, candidate(server.url)) as rig:
        proxy = await rig.proxy()
        proxy.exchange()
        await proxy.settled()
        head = rig.recorder.exchanges[0].sides[1].head
        assert head is not None
        assert b"secret" not in head.head and b"Set-Cookie: hash:" in head.head


# ── the recorder ──


async def test_without_a_recorder_nothing_is_called_and_everything_is_counted(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        rig.recorder.stop()
        await eventually(lambda: not rig.service.dispatcher.recorder.sender.ready)
        for _ in range(3):
            proxy.exchange()
        await proxy.settled()
        assert proxy.sender.recorded == 0 and provider.requests == []
        assert rig.funnel["discarded:recorder_away"] == 3

        # A new one is found, and the log goes on.
        rig.recorder = FakeRecorder()
        await rig.recorder.listen(tmp_path / "run/recorder.sock")
        await eventually(lambda: rig.service.dispatcher.recorder.sender.ready)
        proxy.exchange()
        await proxy.settled()
        assert proxy.sender.recorded == 1
        rig.recorder.stop()


async def test_what_was_under_way_is_lost_with_the_recorder(tmp_path: Path) -> None:
    async with (
        ScriptedProvider(lambda _: Fault.HANG) as provider,
        mirror(tmp_path, candidate(provider.url, concurrency=1)) as rig,
    ):
        proxy = await rig.proxy()
        called, queued = proxy.exchange(), proxy.exchange()
        unanswered = proxy.open()
        proxy.send_request(unanswered)
        arriving = proxy.open()
        await eventually(lambda: rig.lane() == {"sampled": 3, "dispatched": 1})
        rig.recorder.stop()
        await eventually(lambda: proxy.sender.settled == 3)
        assert proxy.drops == [unanswered], f"{called} and {queued} had been told to their end"
        assert rig.funnel["discarded:lost_with_recorder"] == 3
        assert rig.lane() == {
            "sampled": 3,
            "dispatched": 1,
            "withdrawn:lost_with_recorder": 1,
            "cancelled:lost_with_recorder": 2,
        }
        await provider.until(lambda: all(log.closed.is_set() for log in provider.connections))
        # Late frames of the dropped one do no harm; the one that was still arriving finds no recorder.
        proxy.answer(unanswered)
        proxy.send_request(arriving)
        await proxy.settled()
        assert rig.funnel["discarded:recorder_away"] == 1


async def test_a_recorder_that_does_not_read_costs_exchanges_not_memory(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        for connection in rig.recorder.connections:
            connection.transport.pause_reading()
        blob = b"x" * 60_000
        sequences = [proxy.open() for _ in range(5)]
        for sequence in sequences:
            proxy.send_request(sequence)
            proxy.sender.write([handoff.head_frame(sequence, 1, b"HTTP/1.1 200 OK\r\n")])
        link = rig.service.dispatcher.recorder
        while not link.is_full:
            for sequence in sequences:
                writer = handoff.PartWriter(sequence)
                proxy.sender.write(writer.add(1, blob) or [])
            await asyncio.sleep(0.001)
        for sequence in sequences:
            writer = handoff.PartWriter(sequence)
            proxy.sender.write(writer.add(1, blob) or [])
        await eventually(lambda: len(proxy.drops) == 5)
        proxy.exchange()
        await eventually(lambda: rig.funnel.get("discarded:recorder_full") == 1)
        for connection in rig.recorder.connections:
            connection.transport.resume_reading()
        await proxy.settled()
        assert proxy.sender.recorded == 0
        assert rig.recorder.discarded == ["unfinished"] * 5
        assert rig.funnel["discarded:recorder_full"] == 6
        # The overload may have halved the share of the second that has begun meanwhile: of so many one is drawn.
        for _ in range(40):
            proxy.exchange()
        await proxy.settled()
        assert proxy.sender.recorded == 40 - rig.funnel.get("unsampled:thinned", 0) > 0


async def test_settlements_reach_the_proxy_only_when_they_are_in_the_log(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        first, second = await rig.proxy(), await rig.proxy()
        rig.recorder.holds_back = True
        first.exchange()
        second.exchange()
        await eventually(lambda: len(rig.recorder.exchanges) == 2)
        assert (first.sender.settled, second.sender.settled) == (0, 0)
        rig.recorder.refuses_all = True
        second.exchange()
        await eventually(lambda: len(rig.recorder.exchanges) == 3)
        rig.recorder.settle()
        await first.settled()
        await second.settled()
        assert (first.sender.recorded, second.sender.recorded, second.sender.settled) == (1, 1, 2)
        assert rig.funnel["discarded:by_recorder"] == 1


# ── proxies ──


async def test_a_proxy_that_dies_takes_only_unfinished_exchanges_along(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        rig.recorder.holds_back = True
        proxy.exchange()  # told in full
        unanswered = proxy.open()
        proxy.send_request(unanswered)
        proxy.open()  # its request never ends
        await eventually(lambda: len(rig.recorder.exchanges) == 1 and rig.lane().get("answered:ok") == 2)
        transport = proxy.sender._transport
        assert transport is not None
        transport.abort()
        await eventually(lambda: rig.funnel.get("ineligible:proxy_lost") == 1)
        rig.recorder.settle()
        await eventually(lambda: rig.service.dispatcher.recorder.unsettled == 0)
        assert rig.recorder.discarded == ["unfinished"]
        assert rig.funnel == {
            "opened": 3,
            "eligible": 2,
            "sampled": 2,
            "recorded": 1,
            "discarded:proxy_lost": 1,
            "ineligible:proxy_lost": 1,
        }
        assert proxy.lost == 3


async def test_an_exchange_the_proxy_stopped_copying_is_given_up(tmp_path: Path) -> None:
    async with ScriptedProvider(lambda _: Fault.HANG) as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        cancelled = proxy.open()
        proxy.end(cancelled, "client_cancelled")
        strange = proxy.open()
        proxy.end(strange, "something_new")
        full = proxy.open()
        proxy.send_request(full)
        await eventually(lambda: rig.lane().get("dispatched") == 1)
        proxy.end(full, "handoff_full")
        await proxy.settled()
        assert rig.funnel == {
            "opened": 3,
            "eligible": 1,
            "sampled": 1,
            "ineligible:client_cancelled": 1,
            "ineligible:aborted": 1,
            "discarded:handoff_full": 1,
        }
        assert rig.lane() == {"sampled": 1, "dispatched": 1, "withdrawn:handoff_full": 1}


async def test_too_many_bytes_at_once_are_refused_not_held(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url), max_held_bytes=20_000) as rig:
        proxy = await rig.proxy()
        first, second = proxy.open(), proxy.open()
        body = chat_body(messages=[{"role": "user", "content": "x" * 10_000}])
        for sequence in (first, second):
            proxy.sender.write(handoff.request_frames(sequence, body))
        await eventually(lambda: proxy.drops == [second])
        proxy.sender.write([handoff.request_end_frame(first, 1 + 2**62)])
        proxy.end(first, "timed_out_idle")
        await proxy.settled()
        assert rig.funnel["ineligible:memory_full"] == 1 and proxy.sender.recorded == 1


# ── leaving ──


async def test_a_mirror_that_is_stopped_ends_what_it_began(tmp_path: Path) -> None:
    async with ScriptedProvider(lambda _: Fault.HANG) as provider:
        slow = candidate(provider.url, concurrency=1)
        async with mirror(tmp_path, slow, drain_s=0.05, finish_s=0.05) as rig:
            proxy = await rig.proxy()
            proxy.exchange()
            proxy.exchange()
            arriving = proxy.open()
            await eventually(lambda: rig.lane().get("dispatched") == 1 and rig.funnel.get("opened") == 3)
            await rig.service.stop()
            assert {x.sides[1].end.reason for x in rig.recorder.exchanges} == {"shutdown", "not_sent:shutdown"}
            assert rig.lane() == {"sampled": 2, "dispatched": 1, "fault:shutdown": 1, "not_sent:shutdown": 1}
            assert rig.funnel["ineligible:shutdown"] == 1, arriving
            await eventually(lambda: proxy.lost == 0 and not proxy.sender.ready)
            assert (proxy.sender.recorded, proxy.sender.settled) == (2, 3)


async def test_a_mirror_serves_until_its_proxies_have_left(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url)) as rig:
        proxy = await rig.proxy()
        stopping = asyncio.get_running_loop().create_task(rig.service.stop())
        await asyncio.sleep(0)
        proxy.exchange()
        await proxy.settled()
        assert proxy.sender.recorded == 1 and not stopping.done()
        assert await proxy.sender.leave(5.0)
        await stopping
