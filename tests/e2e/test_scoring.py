"""Scoring from the outside: the command, workers that are killed, what it costs."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.scorers import CALL_USD, PRICE, JudgeServer, Workers, a_judge, append, priced, rows
from tests.sidecars import command, eventually, is_running

METRICS = [{"metric": name} for name in ("exact_match", "token_set_ratio", "length")]


async def score(folder: Path, *arguments: str, **scoring: Any) -> subprocess.CompletedProcess[bytes]:
    """`shadowbench score --once` over the folder's log."""
    config = {
        "production": {"url": "http://127.0.0.1:1"},
        "store": {"url": f"sqlite:///{folder}/pairs.db"},
        "candidates": {"small": {}},
        "scoring": {"metrics": ["exact_match", "length"], **scoring},
    }
    (folder / "c.yaml").write_text(yaml.safe_dump(config))
    return await asyncio.to_thread(
        subprocess.run,
        [*command(), "score", "--once", "-q", "-c", str(folder / "c.yaml"), *arguments],
        capture_output=True,
        timeout=100,
        cwd=folder,
        env=os.environ | {"COLUMNS": "120"},
    )


def endpoint(url: str, **changes: Any) -> dict[str, Any]:
    return {"url": url, "model": "judge-1", "price": PRICE, **changes}


async def test_once_scores_everything_says_what_came_of_it_and_does_nothing_twice(tmp_path: Path) -> None:
    append(f"sqlite:///{tmp_path}/pairs.db", 1, 20)
    async with JudgeServer() as server:
        judges = {"quality": {"endpoint": endpoint(server.url), "repeat_share": 0.0}}
        first = await score(tmp_path, judges=judges)
        assert (first.returncode, first.stderr) == (0, b"")
        assert server.requests == 40
        again = await score(tmp_path, "--workers", "2", judges=judges)
    assert again.stdout == first.stdout
    assert server.requests == 40
    out = first.stdout.decode()
    assert [line.split() for line in out.splitlines() if line.startswith(("exact_match", "quality "))] == [
        ["exact_match", "–", "0", "20"],
        ["quality", "–", "0.5", "20"],  # it names the first, whoever that is
    ]
    assert f"quality: 40 calls, {40 * CALL_USD:.4f} USD" in out
    assert rows(tmp_path / "pairs.db", "SELECT count(*), count(DISTINCT detail) FROM scores WHERE measure = 3") == [
        (20, 1)
    ]


async def test_a_metric_that_is_added_later_scores_the_old_pairs_without_asking_a_judge_again(tmp_path: Path) -> None:
    append(f"sqlite:///{tmp_path}/pairs.db", 1, 5)
    async with JudgeServer() as server:
        judges = {"quality": {"endpoint": endpoint(server.url), "repeat_share": 0.0}}
        await score(tmp_path, judges=judges)
        asked = server.requests
        done = await score(tmp_path, "--metric", "rouge_l", "--metric", "quality", judges=judges)
    assert (done.returncode, server.requests) == (0, asked)
    names = rows(tmp_path / "pairs.db", "SELECT name FROM measures ORDER BY id")
    assert names == [("exact_match",), ("length",), ("quality",), ("rouge_l",)]


async def test_a_judge_whose_money_is_used_up_pauses_and_goes_on_with_more(tmp_path: Path) -> None:
    append(f"sqlite:///{tmp_path}/pairs.db", 1, 10)
    async with JudgeServer() as server:
        poor = {"quality": {"endpoint": endpoint(server.url, budget_usd=12 * CALL_USD), "repeat_share": 0.0}}
        done = await score(tmp_path, judges=poor)
        assert done.returncode == 3
        assert re.search(rb"quality: not all is scored \(up to \d+ pairs left\): its budget is used up", done.stderr)
        assert server.requests <= 12
        ((scored,),) = rows(tmp_path / "pairs.db", "SELECT count(*) FROM scores WHERE measure = 3")
        assert scored < 10
        rich = {"quality": {"endpoint": endpoint(server.url, budget_usd=1), "repeat_share": 0.0}}
        assert (await score(tmp_path, judges=rich)).returncode == 0
        assert server.requests == 20
    assert rows(tmp_path / "pairs.db", "SELECT count(*), count(value) FROM scores WHERE measure = 3") == [(10, 10)]


async def test_a_run_that_is_interrupted_tells_how_many_pairs_wait(tmp_path: Path) -> None:
    append(f"sqlite:///{tmp_path}/pairs.db", 1, 200)
    async with JudgeServer(delay_s=0.1) as server:
        judges = {"quality": {"endpoint": endpoint(server.url, concurrency=2), "repeat_share": 0.0}}
        config = {"production": {"url": "http://127.0.0.1:1"}, "scoring": {"metrics": ["length"], "judges": judges}}
        (tmp_path / "c.yaml").write_text(yaml.safe_dump(config))
        arguments = ["score", "--once", "-q", "-c", "c.yaml", "--log", "pairs.db"]
        run = subprocess.Popen([*command(), *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        await eventually(lambda: server.requests > 3, within_s=60)
        run.send_signal(signal.SIGINT)
        _, said = await asyncio.to_thread(run.communicate, timeout=60)
    assert run.returncode == 130
    assert re.search(rb"quality: not all is scored \(up to 1\d\d pairs left\): it was stopped", said), said


async def test_what_cannot_be_is_told_before_anything_starts(tmp_path: Path) -> None:
    append(f"sqlite:///{tmp_path}/pairs.db", 1, 1)
    done = await score(tmp_path, metrics=["exact_macht"])
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"there is no metric 'exact_macht'" in done.stderr
    done = await score(tmp_path, judges={"quality": {"kind": "pairwise"}})
    assert done.returncode == 2
    assert b"judges.quality.endpoint: is missing" in done.stderr


@pytest.mark.parametrize("seconds", [10, pytest.param(120, marks=[pytest.mark.soak, pytest.mark.timeout(400)])])
async def test_workers_that_are_killed_at_random_lose_nothing_and_double_nothing(tmp_path: Path, seconds: int) -> None:
    path, url = tmp_path / "pairs.db", f"sqlite:///{tmp_path}/pairs.db"
    append(url, 1, 50)
    chance = random.Random(seconds)
    async with JudgeServer(delay_s=0.02) as server:
        options = {
            "store_url": url, "metrics": METRICS, "judges": [a_judge(server.url)], "pricing": priced("quality"),
            "lease_s": 2.0, "poll_s": 0.2,
        }  # fmt: skip
        workers = Workers(3, options)
        pairs = 50
        try:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                await asyncio.sleep(chance.uniform(0.2, 1.2))
                await asyncio.to_thread(append, url, pairs + 1, 25)
                pairs += 25
                workers.kill_one(chance)
            everything = pairs * (len(METRICS) + 1)
            await eventually(lambda: rows(path, "SELECT count(*) FROM scores")[0][0] == everything, within_s=100)
            assert await asyncio.to_thread(workers.terminate) == [0, 0, 0]
        finally:
            workers.end()
    assert workers.kills > seconds / 4
    # Complete, none twice (the primary key sees to that), and all by value.
    by_measure = "SELECT m.name, count(*), count(s.value) FROM scores s JOIN measures m ON m.id = s.measure GROUP BY 1"
    assert rows(path, by_measure) == [
        (name, pairs, pairs) for name in ("exact_match", "length", "quality", "token_set_ratio")
    ]
    assert rows(path, "SELECT count(*) FROM verdicts") == [(2 * pairs,)]
    # Who makes segments looks again after a while only, and finds the lease of one who was killed void then.
    assert rows(path, "SELECT count(*) FROM leases WHERE lane <> 'segments'") == [(0,)]
    check_spending(path, server)


def check_spending(path: Path, server: JudgeServer) -> None:
    """Every request that reached the endpoint is entered; every answer has its price, what was lost its reservation."""
    counts = "SELECT count(*), count(settled_at), sum(outcome = 'ok') FROM judge_calls"
    ((entered, settled, answered),) = rows(path, counts)
    assert answered <= server.requests <= entered
    ((usd,),) = rows(path, "SELECT sum(cost_usd) FROM judge_calls WHERE outcome = 'ok'")
    assert usd == pytest.approx(answered * CALL_USD)
    ((calls, spent_usd),) = rows(path, "SELECT sum(calls), sum(usd) FROM judge_spending")
    ((priced_usd,),) = rows(path, "SELECT sum(cost_usd) FROM judge_calls")
    assert (calls, spent_usd) == (settled, pytest.approx(priced_usd))
    lost = rows(path, "SELECT reserved_usd FROM judge_calls WHERE settled_at IS NULL")
    assert len(lost) == entered - settled
    assert all(reserved_usd > 0 for (reserved_usd,) in lost)


async def test_a_killed_worker_takes_its_runner_along(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/pairs.db"
    append(url, 1, 1)
    workers = Workers(1, {"store_url": url, "metrics": [{"metric": "exact_match"}]})
    try:
        await eventually(lambda: rows(tmp_path / "pairs.db", "SELECT count(*) FROM scores") == [(1,)])
        (process,) = workers._processes
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 1
        process.kill()
        await eventually(lambda: not is_running(int(children[0])))
    finally:
        workers.end()
