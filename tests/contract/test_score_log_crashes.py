"""Workers killed at any moment, several at once beside a recorder: nothing is scored twice or lost, no budget overspent."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from shadowbench.scores import CallResult, JudgeCall
from shadowbench.store.base import LogError
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import a_measure, invented_traffic
from tests.contract.scorers import drain, everything, logs_in, scored, scores_for, take, url_in

WORKER = """
import sys
from shadowbench.scores import CallResult, JudgeCall
from shadowbench.store.opening import open_score_log
from tests.contract.scorers import scores_for, take

url, owner, now = sys.argv[1], sys.argv[2], float(sys.argv[3])
log = open_score_log(url, "change")
print("begun", flush=True)
sys.stdin.read()
while claim := take(log, [1, 2, 3], owner=owner, size=2, now=now, lease_s=5.0):
    call = JudgeCall(judge="j", pair=None, purpose="verdict", attempt=1, model="m", owner=owner, started_at=now,
                     reserved_usd=0.5)
    number = log.reserve(call, limit_usd=None)
    scores = scores_for(claim)
    new = log.settle(claim, scores[::2], last=False)
    new += log.settle(claim, scores)
    log.settle_call(number, CallResult(outcome="ok", cost_usd=0.25), now=now)
    print(number, new, flush=True)
"""

RECORDER = """
import sys
from shadowbench.store.opening import open_log
from shadowbench.store.testing import invented_traffic

log = open_log(sys.argv[1], "write")
batch = []
for exchange in invented_traffic(int(sys.argv[2])):
    batch.append(exchange)
    if len(batch) == 5:
        log.append(batch)
        batch = []
print("done", flush=True)
"""

ROOT = Path(__file__).parents[2]


def started(script: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def loaded(processes: list[subprocess.Popen[str]]) -> None:
    """Wait until all have begun, and let them go."""
    for process in processes:
        assert next_line(process) == "begun\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def rest_of(process: subprocess.Popen[str]) -> list[str]:
    """What it said to the end, whole lines only."""
    with process:
        assert process.stdout is not None
        return [line for line in process.stdout if line.endswith("\n")]


def test_workers_killed_at_any_moment_score_everything_once_and_account_for_every_call(tmp_path: Path) -> None:
    chance, told_settled, told_new = random.Random(11), 0, 0
    with logs_in(tmp_path) as (log, scores):
        scores.register([a_measure(name) for name in "abc"])
        recorder = started(RECORDER, url_in(tmp_path), "1500")
        for turn in range(8):
            # Each turn is after the leases of the turn before, of which nothing but the log tells.
            workers = [started(WORKER, url_in(tmp_path), f"{turn}-{n}", str(turn * 10.0)) for n in range(2)]
            loaded(workers)
            told = [next_line(workers[0]) for _ in range(chance.randrange(30))]
            time.sleep(
                chance.uniform(0, 0.01)
            )  # the moment of death is the point of this test, not a wait for something
            for worker in workers:
                worker.send_signal(signal.SIGKILL)
            told += [line for worker in workers for line in rest_of(worker)]
            settled = [line.split() for line in told if line]
            told_settled += len(settled)
            told_new += sum(int(new) for _, new in settled)
        assert rest_of(recorder) == ["done\n"]
        spending = scores.spending("j")
        new = drain(scores, [1, 2, 3], now=100.0)
        assert scored(scores, [1, 2, 3]) == everything(log, [1, 2, 3])
        assert len(everything(log, [1, 2, 3])) == 1500 * 2 * 3
    assert told_new <= 1500 * 2 * 3 - new  # what was told as new is there, and is not new again
    assert spending.calls >= told_settled
    assert spending.open_calls <= 16  # at most one of each worker that was killed
    assert spending.total_usd == pytest.approx(0.25 * spending.calls + 0.5 * spending.open_calls)
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        assert connection.execute("SELECT count(*) FROM judge_calls").fetchone() == (
            spending.calls + spending.open_calls,
        )
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


SPENDER = """
import sys
from shadowbench.scores import CallResult, JudgeCall
from shadowbench.store.opening import open_score_log

log = open_score_log(sys.argv[1], "change")
print("begun", flush=True)
sys.stdin.read()
call = JudgeCall(judge="j", pair=None, purpose="verdict", attempt=1, model="m", owner=sys.argv[2], started_at=0.0,
                 reserved_usd=0.25)
made = 0
while (number := log.reserve(call, limit_usd=10.0)) is not None:
    made += 1
    if made % 2:
        log.settle_call(number, CallResult(outcome="ok", cost_usd=0.125), now=0.0)
print(made, flush=True)
"""


def test_workers_of_several_processes_never_overspend_together(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (_, scores):
        spenders = [started(SPENDER, url_in(tmp_path), str(number)) for number in range(3)]
        loaded(spenders)
        made = sum(int(line) for spender in spenders for line in rest_of(spender))
        assert {spender.returncode for spender in spenders} == {0}
        spending = scores.spending("j")
        assert spending.calls + spending.open_calls == made
        assert 10.0 - 0.25 < spending.total_usd <= 10.0


def test_calls_that_were_lost_with_their_worker_keep_counting(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (_, scores):
        call = JudgeCall(
            judge="j", pair=None, purpose="verdict", attempt=1, model="m", owner="w", started_at=0.0, reserved_usd=0.5
        )
        number = scores.reserve(call, limit_usd=1.0)
        assert number is not None
        scores.close()
        with closing(open_score_log(url_in(tmp_path), "change")) as again:
            assert again.reserve(call, limit_usd=1.0) is not None
            assert again.reserve(call, limit_usd=1.0) is None
            again.settle_call(number, CallResult(outcome="ok", cost_usd=0.0), now=1.0)
            assert again.reserve(call, limit_usd=1.0) is not None


def test_what_was_settled_survives_its_log(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (log, scores):
        log.append(list(invented_traffic(20)))
        drain(scores, scores.register([a_measure()]))
    with (
        closing(open_log(url_in(tmp_path), "read")) as log,
        closing(open_score_log(url_in(tmp_path), "read")) as scores,
    ):
        assert scored(scores, [1]) == everything(log, [1])


def test_a_full_log_refuses_and_takes_all_of_it_when_there_is_room(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (log, scores):
        log.append(list(invented_traffic(300)))
        measures = scores.register([a_measure()])
        claim = take(scores, measures, size=300)
        assert claim is not None
        put = [score._replace(detail="x" * 2000) for score in scores_for(claim)]
        connection = scores._connection  # type: ignore[attr-defined]
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")
        with pytest.raises(LogError, match="the device is full; free some space") as refused:
            scores.settle(claim, put)
        assert refused.value.reason == "disk_full"
        there = len(scored(scores, measures))
        assert there < 600
        connection.execute("PRAGMA max_page_count = 1000000")
        assert scores.settle(claim, put) == 600 - there
        assert scored(scores, measures) == everything(log, measures)
        assert scores.measures()[0].done_upto == 300
