"""What is SQLite's own in leases and scores: how much of the log a claim looks at, how long others wait, what is synced."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from shadowbench.scores import Score
from shadowbench.store import sqlite_scores
from shadowbench.store.base import LogError, PairLog
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import Claim
from shadowbench.store.sqlite_score_log import SqliteScoreLog
from shadowbench.store.testing import a_measure, an_exchange

STEP = 20
"""SQLite counts its own steps; we ask every so many."""


@pytest.fixture
def log(tmp_path: Path) -> Iterator[PairLog]:
    with closing(open_log(f"sqlite:///{tmp_path}/log.db", "write")) as log:
        yield log


@pytest.fixture
def scores(tmp_path: Path, log: PairLog) -> Iterator[SqliteScoreLog]:
    with closing(open_score_log(f"sqlite:///{tmp_path}/log.db", "change")) as scores:
        assert isinstance(scores, SqliteScoreLog)
        yield scores


def appended(log: PairLog, count: int) -> None:
    first = log.newest() + 1
    log.append([an_exchange(number) for number in range(first, first + count)])


def take(scores: SqliteScoreLog, measures: list[int], owner: str = "w", size: int = 8) -> Claim:
    claim = scores.claim(owner=owner, lane="metrics", measures=measures, size=size, now=0.0, lease_s=60.0)
    assert claim is not None
    return claim


def settle(scores: SqliteScoreLog, claim: Claim) -> None:
    scores.settle(claim, [Score(*pair, each, 1.0, None) for pair, missing in claim.missing.items() for each in missing])


def steps_of(scores: SqliteScoreLog, work: Callable[[], object]) -> int:
    """How much SQLite has to do for it."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += STEP
        return 0

    scores._connection.set_progress_handler(count, STEP)
    work()
    scores._connection.set_progress_handler(None, STEP)
    return steps


def test_a_claim_looks_at_what_it_takes_and_not_at_the_log(log: PairLog, scores: SqliteScoreLog) -> None:
    measures = list(scores.register([a_measure("a"), a_measure("b")]))
    costs = []
    for count in (24, 2000):
        appended(log, count)
        while scores.measures()[0].done_upto < log.newest() - 8:
            settle(scores, take(scores, measures))
        costs.append(steps_of(scores, lambda: settle(scores, take(scores, measures))))
    assert costs[1] < 1.5 * costs[0]


def test_nor_when_somebody_is_slow_and_the_others_are_far_ahead(log: PairLog, scores: SqliteScoreLog) -> None:
    appended(log, 2000)
    measures = list(scores.register([a_measure("a"), a_measure("b")]))
    slow = take(scores, measures, owner="slow")
    costs = [steps_of(scores, lambda: settle(scores, take(scores, measures))) for _ in range(200)]
    assert costs[-1] < 1.5 * costs[1]
    assert scores.measures()[0].done_upto == 0
    assert scores._rows("SELECT first, last FROM done_ahead WHERE measure = 1") == [(9, 1608)]
    settle(scores, slow)
    assert scores.measures()[0].done_upto == 1608
    assert scores._rows("SELECT * FROM done_ahead") == []


def test_stretches_without_pairs_are_passed_over_once(log: PairLog, scores: SqliteScoreLog) -> None:
    log.append([replace(an_exchange(number), candidates=()) for number in range(1, 500)])
    measures = list(scores.register([a_measure()]))

    def look() -> None:
        assert scores.claim(owner="w", lane="metrics", measures=measures, size=8, now=0.0, lease_s=9.0) is None

    first, second = steps_of(scores, look), steps_of(scores, look)
    assert second < first / 20
    assert scores._rows("SELECT * FROM leases") == []


def test_a_large_settling_is_cut_into_slices_with_rests_between(tmp_path: Path, log: PairLog) -> None:
    appended(log, 400)
    connection = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    rests: list[float] = []
    # A clock by which a row takes a tenth of a millisecond.
    scores = SqliteScoreLog(connection, tmp_path, clock=lambda: connection.total_changes * 1e-4, rest=rests.append)
    measures = list(scores.register([a_measure(str(number)) for number in range(5)]))
    settle(scores, take(scores, measures, size=400))
    transactions: list[int] = []
    connection.set_trace_callback(
        lambda sql: transactions.append(connection.total_changes) if sql == "COMMIT" else None
    )
    appended(log, 400)
    rests.clear()
    before = connection.total_changes
    settle(scores, take(scores, measures, size=400))
    sizes = [after - before for before, after in zip([before, *transactions], transactions, strict=False)]
    assert max(sizes) * 1e-4 <= 0.02
    assert sum(sizes) >= 2000
    assert len(rests) >= 10
    scores.close()


def test_only_what_costs_money_or_work_waits_for_the_device(log: PairLog, scores: SqliteScoreLog) -> None:
    def synchronous() -> int:
        return int(scores._rows("PRAGMA synchronous")[0][0])

    appended(log, 2)
    measures = list(scores.register([a_measure()]))
    assert synchronous() == 2  # FULL
    settle(scores, take(scores, measures, size=1))
    assert synchronous() == 1  # NORMAL
    scores.put_references({1: "Riga"}, source="dataset")
    assert synchronous() == 2


def test_a_settling_that_is_refused_leaves_no_transaction_open(log: PairLog, scores: SqliteScoreLog) -> None:
    appended(log, 1)
    (measure,) = scores.register([a_measure()])
    with pytest.raises(LogError):
        scores.put_scores([Score(1, 1, measure, object(), None)])  # type: ignore[arg-type]
    assert scores.put_scores([Score(1, 1, measure, 1.0, None)]) == 1


@pytest.mark.parametrize("gone", [0, 30])
def test_a_large_backlog_is_worked_out_from_the_average(
    log: PairLog, scores: SqliteScoreLog, monkeypatch: pytest.MonkeyPatch, gone: int
) -> None:
    monkeypatch.setattr(sqlite_scores, "_COUNTED", 10)
    appended(log, 100)
    log.upkeep.delete(list(range(1, gone + 1)))
    measures = list(scores.register([a_measure()]))
    assert scores.backlog(measures).pairs == 100 - gone
    settle(scores, take(scores, measures, size=95 - gone))
    assert scores.backlog(measures).pairs == 5


def test_statements_that_are_run_beside_a_recorder_search_and_never_scan(scores: SqliteScoreLog) -> None:
    wanted = {"measures": "[1]", "first": 1, "last": 9, "after": 0, "upto": 9, "lane": "metrics", "now": 0.0, "size": 1}
    wanted |= {"limit": 9, "lease": 1, "owner": "w", "expires_at": 0.0}
    names = ["live_leases", "exchanges_between", "void_leases", "renew_lease", "delete_lease", "ahead_of", "marks_of"]
    names += ["pairs_between", "scored_between", "scores_of", "count_pairs", "first_pair_at"]
    for name in names:
        plan = scores._rows(f"EXPLAIN QUERY PLAN {sqlite_scores._SQL[name]}", wanted)
        steps = [row[3] for row in plan]
        lists = ("SCAN json_each", "SCAN (subquery", "SCAN value")
        scans = [step for step in steps if step.startswith("SCAN") and not step.startswith(lists)]
        assert steps, name
        assert not [*scans, *(step for step in steps if "TEMP B-TREE" in step)], (name, steps)
