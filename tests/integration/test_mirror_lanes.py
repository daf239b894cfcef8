"""What lanes do beyond calling: asking again, waiting for production, budgets over restarts, A/A, the way out by a proxy."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Fault, Reply, ScriptedProvider, ScriptedServer, Step, answer
from shadowbench.mirror.options import BudgetOptions
from tests.forward_proxy import ForwardProxy
from tests.mirrors import Rig, candidate, chat_body, eventually, mirror

BUSY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 4\r\n\r\nbusy"


async def test_a_busy_candidate_is_asked_again_and_the_pair_says_so(tmp_path: Path) -> None:
    asked: list[Received] = []

    def script(request: Received) -> Reply:
        asked.append(request)
        return Reply(steps=[Step(data=BUSY)]) if len(asked) == 1 else answer(request)

    async with ScriptedServer(script) as server, mirror(tmp_path, candidate(server.url)) as rig:
        proxy = await rig.proxy()
        proxy.exchange()
        await proxy.settled()
        side = rig.recorder.exchanges[0].sides[1]
        (attempt,) = side.attempts
        assert (attempt.reason, attempt.status) == ("http_429", 429)
        assert side.t0_ns is not None and attempt.started_ns <= attempt.ended_ns <= side.t0_ns
        assert side.head is not None and side.head.head.startswith(b"HTTP/1.1 200 ")
        assert rig.lane() == {"sampled": 1, "dispatched": 1, "answered:ok": 1}
        assert asked[0].body == asked[1].body


async def test_production_again_is_asked_the_same_question(tmp_path: Path) -> None:
    """The A/A lane: production as its own candidate tells how much of a difference is noise."""
    async with (
        ScriptedProvider() as production,
        mirror(tmp_path, candidate(production.url, "again"), candidate(production.url, "other", model="tiny")) as rig,
    ):
        proxy = await rig.proxy()
        body = chat_body(temperature=0)
        proxy.exchange(body)
        await proxy.settled()
        assert body in [request.body for request in production.requests]
        again, other = rig.recorder.exchanges[0].plan.candidates
        assert (again.name, again.model, other.model) == ("again", "big", "tiny")
        assert rig.lane("again") == {"sampled": 1, "dispatched": 1, "answered:ok": 1}


async def test_a_shared_model_is_left_to_production_first(tmp_path: Path) -> None:
    async with (
        ScriptedProvider() as provider,
        mirror(tmp_path, candidate(provider.url, start="after_response"), stale_after_s=0.5) as rig,
    ):
        proxy = await rig.proxy()
        sequence = proxy.open()
        proxy.send_request(sequence)
        await eventually(lambda: rig.lane() == {"sampled": 1})
        await asyncio.sleep(0.6)  # longer than a copy may wait for its turn: this one waits for production
        assert provider.requests == []
        proxy.answer(sequence)
        await proxy.settled()
        assert rig.lane() == {"sampled": 1, "dispatched": 1, "answered:ok": 1}


@pytest.mark.parametrize("policy", ["cancel", "finish"])
async def test_a_client_that_leaves_mid_answer_ct_65(tmp_path: Path, policy: str) -> None:
    """CT-65: the partial answer of production is recorded; the candidate is cancelled or finishes, as configured."""
    gate = asyncio.Event()

    def script(request: Received) -> Reply:
        (first, *rest) = answer(request).steps
        return Reply(steps=[first, *(Step(data=step.data, gate=gate) for step in rest)])

    async with (
        ScriptedServer(script) as server,
        mirror(tmp_path, candidate(server.url, on_client_cancel=policy, concurrency=1)) as rig,
    ):
        proxy = await rig.proxy()
        running, waiting = (proxy.open() for _ in range(2))
        for sequence in (running, waiting):
            proxy.send_request(sequence, chat_body(stream=True))
        await server.until(lambda: len(server.requests) == 1)
        proxy.answer(waiting, b"half", reason="client_cancelled")
        proxy.answer(running, b"half", reason="client_cancelled")
        if policy == "finish":
            gate.set()
        await proxy.settled()
        ends = [[exchange.sides[side].end.reason for side in (0, 1)] for exchange in rig.logged]
        if policy == "cancel":
            assert ends == [["client_cancelled", "client_cancelled"], ["client_cancelled", "not_sent:client_cancelled"]]
        else:
            assert ends == [["client_cancelled", None]] * 2
        assert proxy.sender.recorded == 2
        gate.set()


def budget_left(rig: Rig, window: str = "total") -> float | None:
    rig.parent.snapshot()
    labels = (("candidate", "small"), ("window", window))
    found = [s.value for s in rig.parent.counters.snapshot() if (s.name, s.labels) == ("lane_budget_left_usd", labels)]
    return found[0] if found else None


async def test_a_budget_ends_mirroring_and_a_restart_does_not_refill_it(tmp_path: Path) -> None:
    budgets = BudgetOptions(usd_total=1.0, reserve_usd=0.2)
    kept = str(tmp_path / "log.budget")
    async with ScriptedProvider() as provider:
        paying = candidate(provider.url, budgets=budgets)
        async with mirror(tmp_path, paying, budget_file=kept) as rig:
            rig.recorder.usd = 0.4
            proxy = await rig.proxy()
            assert budget_left(rig) == 1.0
            for left in (0.6, 0.2):
                proxy.exchange()
                await proxy.settled()
                assert budget_left(rig) == pytest.approx(left)
            proxy.exchange()
            await proxy.settled()
            assert rig.lane() == {"sampled": 3, "dispatched": 2, "answered:ok": 2, "not_sent:budget_usd_total": 1}
            assert rig.logged[2].sides[1].end.reason == "not_sent:budget_usd_total"
        async with mirror(tmp_path, paying, budget_file=kept) as rig:
            assert budget_left(rig) == pytest.approx(0.2)
            assert budget_left(rig, "hour") is None


async def test_a_candidate_behind_an_egress_proxy(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, ForwardProxy(reaches=int(provider.url.rsplit(":", 1)[1])) as way_out:
        through = candidate("http://model.internal:8000", egress_proxy=way_out.url, egress_proxy_auth_env="EGRESS_AUTH")
        async with mirror(tmp_path, through, environ={"EGRESS_AUTH": "u:p"}) as rig:
            proxy = await rig.proxy()
            proxy.exchange()
            await proxy.settled()
            assert rig.lane() == {"sampled": 1, "dispatched": 1, "answered:ok": 1}
            assert way_out.heads[0].startswith("POST http://model.internal:8000/v1/chat/completions HTTP/1.1\r\n")
            assert "\r\nProxy-Authorization: Basic dTpw\r\n" in way_out.heads[0]


async def test_a_failing_candidate_is_left_alone(tmp_path: Path) -> None:
    async with (
        ScriptedProvider(lambda _: Fault.SERVER_ERROR) as provider,
        mirror(tmp_path, candidate(provider.url)) as rig,
    ):
        proxy = await rig.proxy()
        for _ in range(12):
            proxy.exchange()
            await proxy.settled()
        assert len(provider.requests) == 10
        assert rig.lane() == {"sampled": 12, "dispatched": 10, "answered:http_5xx": 10, "not_sent:breaker_open": 2}
        rig.parent.snapshot()
        gauges = {s.name: s.value for s in rig.parent.counters.snapshot() if s.name == "lane_breaker_open"}
        assert gauges == {"lane_breaker_open": 1}
