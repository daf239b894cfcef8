"""Budgets of the whole sidecar: what is promised to whoever pays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from shadowbench.endpoints import testing
from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Reply, ScriptedServer, Step
from tests.origins import RawClient, json_request
from tests.sidecars import Sidecar, chat, eventually

CHAT = "/v1/chat/completions"
LIMIT_USD, CONCURRENCY, SLOW_S = 2.0, 16, 0.4
HTML = b"<html>Down for maintenance</html>"


def slow(request: Received) -> Reply:
    """A good answer, after a while."""
    first, *others = testing.answer(request).steps
    return Reply(steps=[replace(first, after_s=SLOW_S), *others])


async def ask(sidecar: Sidecar, questions: int, every_s: float = 0.0) -> None:
    """Ask production one question after the other."""
    async with await RawClient.connect(sidecar.port) as client:
        for number in range(questions):
            await client.ask(json_request(CHAT, chat(f"Question {number}")))
            await asyncio.sleep(every_s)


async def state_of(sidecar: Sidecar) -> dict[str, Any]:
    """The only lane."""
    _, said = await sidecar.control("state")
    lane: dict[str, Any] = said["mirror"]["lanes"][0]
    return lane


async def until(sidecar: Sidecar, holds: Callable[[dict[str, Any]], bool]) -> None:
    """Wait until something holds of the only lane."""

    async def asked() -> bool:
        return holds(await state_of(sidecar))

    await eventually(asked)


async def test_time_that_is_paid_for_keeps_to_the_budget_from_the_first_second(tmp_path: Path) -> None:
    async with testing.ScriptedProvider() as origin, ScriptedServer(slow) as gpu:
        candidate = {
            "url": gpu.url,
            "sample_rate": 1,
            "concurrency": CONCURRENCY,
            "price": {"gpu_hour_usd": 3600, "gpu_concurrency": 1},
            "budgets": {"usd_total": LIMIT_USD},
        }
        async with Sidecar(tmp_path, origin.url, candidates={"gpu": candidate}) as sidecar:
            await ask(sidecar, 80, every_s=0.02)
            await eventually(lambda: sidecar.count() == 80)
            await until(sidecar, lambda lane: lane["budget"][2]["reserved_usd"] == 0)
            spent_usd = (await state_of(sidecar))["budget"][2]["spent_usd"]
            logged = sidecar.rows("select sum(cost_usd), max(cost_usd) from observations where endpoint = 'gpu'")
            ((total_usd, largest_usd),) = [tuple(row) for row in logged]
    assert largest_usd >= SLOW_S
    assert LIMIT_USD - largest_usd < total_usd <= LIMIT_USD + CONCURRENCY * largest_usd
    assert abs(spent_usd - total_usd) < 1e-6, "the mirror and the log agree"


async def test_a_page_without_usage_stops_nobody_and_a_model_without_a_price_until_resume(tmp_path: Path) -> None:
    pages = [1]

    def gateway(request: Received) -> Reply:
        if pages and pages.pop():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(HTML)
            return Reply(steps=[Step(data=head + HTML)])
        return testing.answer(request)

    async with testing.ScriptedProvider() as origin, ScriptedServer(gateway) as other:
        candidate = {"url": other.url, "sample_rate": 1, "budgets": {"usd_total": 2}}
        known = {"known": candidate | {"price": {"input_per_mtok": 1, "output_per_mtok": 2}}}
        (tmp_path / "known").mkdir()
        async with Sidecar(tmp_path / "known", origin.url, candidates=known) as sidecar:
            await ask(sidecar, 1)
            await until(sidecar, lambda lane: lane["unknown_costs"] == 1)
            lane = await state_of(sidecar)
            assert not (lane["price_unknown"] or lane["usage_unknown"])
            await ask(sidecar, 1)
            await eventually(lambda: sidecar.count() == 2)
            assert sidecar.rows("select count(*) from pairs where candidate_outcome = 'ok'")[0][0] == 1

        (tmp_path / "unknown").mkdir()
        async with Sidecar(tmp_path / "unknown", origin.url, candidates={"unknown": candidate}) as sidecar:
            await ask(sidecar, 1)
            await until(sidecar, lambda lane: lane["price_unknown"])
            await ask(sidecar, 1)
            lane = await state_of(sidecar)
            assert lane["budget"][2]["spent_usd"] is None
            assert (await sidecar.control("resume"))[0] == 200
            assert not (await state_of(sidecar))["price_unknown"]
            await ask(sidecar, 1)
            await eventually(lambda: _outcomes(sidecar) == ["ok", "not_sent", "ok"])


def _outcomes(sidecar: Sidecar) -> list[str]:
    rows = sidecar.rows("select candidate_outcome from pairs where candidate = 'unknown' order by started_at")
    return [row[0] for row in rows]
