"""Ten minutes of a real service's arrivals at eight times their speed, with a candidate that fails in every way in turn.

Production never errs, the funnel is exact, memory is flat, and no budget is exceeded by more than the calls under way.

SHADOWBENCH_SOAK_SECONDS says how long, SHADOWBENCH_SOAK_SEED repeats a run's jitter.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shadowbench.endpoints.testing import ScriptedServer
from shadowbench.funnel import Funnel
from shadowbench.store.opening import open_log
from tests.sidecars import Sidecar, eventually
from tests.soak.faults import Memory
from tests.soak.test_faults_for_minutes import at_rest, name_of, total
from tests.soak.trace import MOODS, TRACE, TraceClients, looped, moody, recorded, steady

SECONDS = float(os.environ.get("SHADOWBENCH_SOAK_SECONDS", "600"))
SEED = int(os.environ.get("SHADOWBENCH_SOAK_SEED") or random.SystemRandom().randrange(1_000_000))
SPEED = 8.0
CONCURRENCY = 32
USD_PER_TOKEN = 1e-6
# Runs out after a few minutes of ten: the trace brings about 8,000 output tokens a second at this speed.
BUDGET_USD = 0.002 * SECONDS
CANDIDATE: dict[str, Any] = {
    "sample_rate": 1,
    "concurrency": CONCURRENCY,
    "first_byte_timeout_s": 1,
    "total_timeout_s": 20,
    "breaker": {"open_s": 0.5, "max_open_s": 2},
}
NEVER = (
    "worker_uncaught_errors_total",
    "mirror_miscounted_acks_total",
    "recorder_read_errors_total",
    "recorder_leaks_total",
)


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.skipif(
    not TRACE.exists(), reason=f"needs {TRACE.name}: the recorded arrivals are not part of the repository"
)
async def test_a_real_traffic_with_a_candidate_that_fails_in_every_way(tmp_path: Path) -> None:
    print(f"\n{SECONDS:g} s at {SPEED:g} times the trace's speed, seed {SEED}")
    chance = random.Random(SEED)
    turn_s = SECONDS / (2 * len(MOODS)) / 2  # every mood twice
    async with (
        ScriptedServer(steady, keeps_bytes=False) as origin,
        ScriptedServer(moody(turn_s), keeps_bytes=False) as other,
    ):
        candidates = {
            "moody": CANDIDATE | {"url": other.url},
            "metered": CANDIDATE | {"budgets": {"usd_total": BUDGET_USD}},
        }
        prices = {"*": {"input_per_mtok": 0.0, "output_per_mtok": 1e6 * USD_PER_TOKEN}}
        async with Sidecar(tmp_path, origin.url, candidates=candidates, prices=prices) as sidecar:
            clients = TraceClients(sidecar.port, chance, looped(recorded(), chance, speed=SPEED))
            memory = Memory(sidecar, SECONDS, parts=10)
            await _under_load(sidecar, clients, memory)
            samples = await at_rest(sidecar)
    _tell(clients, memory, sidecar)
    assert clients.failures == []
    assert clients.begun == clients.answered > SECONDS
    _the_funnel_is_exact(samples, clients, sidecar)
    _the_budget_held(sidecar)
    _memory_is_flat(memory)


async def _under_load(sidecar: Sidecar, clients: TraceClients, memory: Memory) -> None:
    async with asyncio.TaskGroup() as group:
        load = group.create_task(clients.run())
        watching = group.create_task(memory.watch())
        await asyncio.sleep(SECONDS)
        clients.stop()
        await load
        watching.cancel()
    await eventually(lambda: sidecar.count() > 0)


def _tell(clients: TraceClients, memory: Memory, sidecar: Sidecar) -> None:
    p50, p99, worst = (1000 * np.quantile(clients.latencies_s, [0.5, 0.99, 1])).tolist()
    print(f"clients: {clients.begun} begun, {clients.answered} answered, {len(clients.failures)} failures")
    print(f"latency to the last byte: p50 {p50:.0f} ms, p99 {p99:.0f} ms, worst {worst:.0f} ms")
    for process, megabytes in sorted(memory.medians().items()):
        print(f"memory of {process}: {', '.join(f'{each:.1f}' for each in megabytes)} MB")
    rows = sidecar.rows("select candidate, candidate_outcome, candidate_reason, count(*) from pairs group by 1, 2, 3")
    for row in rows:
        print(*row)


def _the_funnel_is_exact(samples: dict[str, float], clients: TraceClients, sidecar: Sidecar) -> None:
    with closing(open_log(f"sqlite:///{sidecar.log_path}", "read")) as log:
        funnel = Funnel(log.funnel())
    assert funnel.under_way() == []
    assert funnel.total("seen") == clients.begun
    assert funnel.total("seen", reason="handed_off") == funnel.total("opened") + funnel.total("lost")
    assert funnel.total("recorded") == sidecar.count()
    for name in ("moody", "metered"):
        (called,) = sidecar.rows(
            "select count(*) from pairs where candidate = ? and candidate_outcome != 'not_sent'", name
        )
        assert funnel.total("paired", candidate=name) == called[0]
        # Hangs fill the queue, which thins what is drawn for that candidate: known, and never more than was drawn at all.
        assert 0 < funnel.total("sampled", candidate=name) <= funnel.total("sampled")
    assert {name: total(samples, name) for name in NEVER} == dict.fromkeys(NEVER, 0), sidecar.stderr
    assert not [k for k, v in samples.items() if name_of(k) == "worker_restarts_total" and v], sidecar.stderr


def _the_budget_held(sidecar: Sidecar) -> None:
    with closing(sqlite3.connect(f"file:{sidecar.log_path}?mode=ro", uri=True)) as connection:
        spent, largest = connection.execute(
            "select sum(cost_usd), max(cost_usd) from observations where endpoint = 'metered'"
        ).fetchone()
        (refused,) = connection.execute(
            "select count(*) from observations where endpoint = 'metered' and reason like 'budget%'"
        ).fetchone()
    print(f"budget of {BUDGET_USD:.4f} USD: {spent:.4f} spent, {refused} copies not sent for it")
    assert refused > 0, "the budget was never reached"
    assert 0.8 * BUDGET_USD <= spent <= BUDGET_USD + CONCURRENCY * largest


def _memory_is_flat(memory: Memory) -> None:
    # Of ten minutes the last against the third: the first two are filling pools and caches.
    grown = {name: (parts[2], parts[9]) for name, parts in memory.medians().items() if parts[9] > 1.10 * parts[2]}
    assert not grown, f"seed {SEED}: {grown}"
