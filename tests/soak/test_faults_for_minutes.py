"""Minutes of load, a fault every few seconds: clients notice nothing, the log stays whole, the books add up, memory is flat.

SHADOWBENCH_SOAK_SECONDS says how long the load goes on, SHADOWBENCH_SOAK_SEED repeats the order of a run's faults.
"""

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shadowbench.endpoints.testing import ScriptedServer
from tests.sidecars import Sidecar, eventually
from tests.soak.faults import Faults, Memory
from tests.soak.load import MOODS, Clients, expected, moody, steady

SECONDS = float(os.environ.get("SHADOWBENCH_SOAK_SECONDS", "300"))
SEED = int(os.environ.get("SHADOWBENCH_SOAK_SEED") or random.SystemRandom().randrange(1_000_000))
RATE = 100  # requests a second; two cores carry this with clients and endpoints on them as well
CANDIDATE: dict[str, Any] = {"sample_rate": 1, "concurrency": 64, "first_byte_timeout_s": 1, "total_timeout_s": 5}

GAUGES_OF_WORK = (
    "handoff_unsettled",
    "mirror_live_exchanges",
    "mirror_unsettled_exchanges",
    "mirror_held_request_bytes",
    "lane_queue_depth",
    "lane_running",
    "recorder_open_exchanges",
    "recorder_backlog",
    "recorder_held_bytes",
)
NEVER = ("worker_uncaught_errors_total", "mirror_miscounted_acks_total", "recorder_read_errors_total")


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 240)
async def test_faults_for_minutes(tmp_path: Path) -> None:
    print(f"\n{SECONDS:g} s, seed {SEED}")
    chance = random.Random(SEED)
    turn_s = SECONDS / 5 / len(MOODS)  # each fifth of the time sees every mood
    async with ScriptedServer(steady, keeps_bytes=False) as origin:
        async with ScriptedServer(moody(turn_s), keeps_bytes=False) as other:
            candidates = {"steady": CANDIDATE, "moody": CANDIDATE | {"url": other.url}}
            async with Sidecar(tmp_path, origin.url, candidates=candidates, proxy={"workers": 2}) as sidecar:
                await eventually(lambda: len(sidecar.children("proxy")) == 2)
                clients = Clients(sidecar.port, chance, rate=RATE)
                faults = Faults(sidecar, clients, random.Random(SEED))
                memory = Memory(sidecar, SECONDS)
                await under_load(sidecar, clients, faults, memory)
                samples = await at_rest(sidecar)
    tell(clients, faults, memory, samples, sidecar)
    clients_noticed_nothing(clients, faults)
    the_books_add_up(samples, clients, faults, sidecar)
    the_log_is_whole(sidecar)
    memory_is_flat(memory)


async def under_load(sidecar: Sidecar, clients: Clients, faults: Faults, memory: Memory) -> None:
    async with asyncio.TaskGroup() as group:
        load = group.create_task(clients.run())
        watching = group.create_task(memory.watch())
        await faults.run(SECONDS)
        before = sidecar.count()
        await eventually(lambda: sidecar.count() > before + RATE, within_s=30)
        clients.stop()
        await load
        watching.cancel()


async def at_rest(sidecar: Sidecar) -> dict[str, float]:
    """All signals, once nothing is under way any more: what was opened is settled or lost."""
    await asyncio.sleep(2.5)  # every process has told what it did last

    async def work() -> dict[str, float]:
        return {k: v for k, v in (await sidecar.metrics()).items() if v and name_of(k) in GAUGES_OF_WORK}

    async def rests() -> bool:
        return not await work()

    try:
        await eventually(rests, within_s=30)
    except AssertionError:
        raise AssertionError(f"still under way: {await work()}") from None
    return await sidecar.metrics()


def name_of(series: str) -> str:
    return series.partition("{")[0].removeprefix("shadowbench_")


def total(samples: dict[str, float], name: str, *labels: str) -> float:
    return sum(v for k, v in samples.items() if name_of(k) == name and all(label in k for label in labels))


def books(samples: dict[str, float]) -> dict[str, float]:
    """What the proxies were asked, what of it they handed off, and what became of that."""
    left = ("discarded", "ineligible", "unsampled")
    decisions = ("sampled", "mirror_away", "handoff_full")
    return {
        "asked": sum(total(samples, "handoff_exchanges_total", f'decision="{each}"') for each in decisions),
        "opened": total(samples, "handoff_exchanges_total", 'decision="sampled"'),
        "recorded": total(samples, "mirror_exchanges_total", 'stage="recorded"'),
        "discarded": sum(total(samples, "mirror_exchanges_total", f'stage="{stage}"') for stage in left),
        "lost": total(samples, "handoff_lost_total"),
    }


def tell(clients: Clients, faults: Faults, memory: Memory, samples: dict[str, float], sidecar: Sidecar) -> None:
    """The numbers of the run; pytest shows them when it fails, `make soak` always."""
    p50, p99, worst = (1000 * np.quantile(clients.latencies_s, [0.5, 0.99, 1])).tolist()
    print(
        f"clients: {clients.begun} begun, {clients.answered} answered, {clients.cut} cut, {clients.left} left midstream"
    )
    print(f"latency: p50 {p50:.0f} ms, p99 {p99:.0f} ms, worst {worst:.0f} ms")
    print(f"faults: {dict(faults.done)}")
    print(f"exchanges: {books(samples)}, in the log {sidecar.count()}")
    for process, megabytes in sorted(memory.medians().items()):
        print(f"memory of {process}: {', '.join(f'{each:.1f}' for each in megabytes)} MB")
    for row in sidecar.rows("select candidate, candidate_outcome, count(*) from pairs group by 1, 2"):
        print(*row)


def clients_noticed_nothing(clients: Clients, faults: Faults) -> None:
    assert not clients.failures, f"seed {SEED}: {len(clients.failures)} failed: {clients.failures[:20]}"
    assert clients.begun == clients.answered + clients.cut
    assert not clients.cut or faults.done["proxy killed"]


def the_books_add_up(samples: dict[str, float], clients: Clients, faults: Faults, sidecar: Sidecar) -> None:
    told = books(samples)
    missing = told["opened"] - told["recorded"] - told["discarded"] - told["lost"]
    # A killed proxy takes along the count of what it opened since its last snapshot, a killed mirror of what it settled.
    untold = {job: RATE * faults.untold_s[job] + 3 * faults.done[f"{job} killed"] for job in ("proxy", "mirror")}
    assert -untold["proxy"] <= missing <= untold["mirror"], f"seed {SEED}: {told}, at most {untold} untold"
    assert told["asked"] >= clients.begun + clients.left - untold["proxy"], f"seed {SEED}: {told}"
    assert told["recorded"] <= sidecar.count(), "what was acknowledged as recorded is in the log"
    assert {name: total(samples, name) for name in NEVER} == dict.fromkeys(NEVER, 0), sidecar.stderr


def the_log_is_whole(sidecar: Sidecar) -> None:
    """SQLite finds no damage, no record is half there or there twice, and each says what was said."""
    assert [tuple(row) for row in sidecar.rows("pragma integrity_check")] == [("ok",)]
    halves = """select e.number from exchanges as e where
        (select count(*) from observations as o where o.exchange = e.number) != 3
        or not exists (select 1 from requests as r where r.exchange = e.number)"""
    assert not sidecar.rows(halves)
    assert not sidecar.rows("select 1 from exchanges group by epoch, sequence having count(*) > 1")
    for candidate in ("steady", "moody"):
        answers = f"""select request_body, production_outcome, production_text, candidate_outcome, candidate_text
            from pairs where candidate = '{candidate}'"""
        for request, *sides in sidecar.rows(answers):
            text = text_of(json.loads(request))
            assert all(said == text for outcome, said in zip(sides[::2], sides[1::2], strict=True) if outcome == "ok")
    outcomes = {
        row[0] for row in sidecar.rows("select distinct candidate_outcome from pairs where candidate = 'moody'")
    }
    assert outcomes >= {"ok", "timed_out", "truncated", "unparsed"}, f"not every mood was seen: {outcomes}"


def text_of(request: dict[str, Any]) -> str:
    """What the script says to a request."""
    body = json.loads(expected(request | {"stream": False}).body)
    return str(body["choices"][0]["message"]["content"])


def memory_is_flat(memory: Memory) -> None:
    """Less is no fault: a process that was killed begins small."""
    for process, (_, second, _, _, last) in memory.medians().items():
        assert last <= 1.15 * second + 10, f"seed {SEED}: {process} grew from {second:.0f} to {last:.0f} MB"
