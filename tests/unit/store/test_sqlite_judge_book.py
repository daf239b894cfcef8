"""What is SQLite's own in the judge's book: what a reservation reads, what a verdict's row holds, what waits for the device."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shadowbench.scores import CallResult, JudgeCall, PairRef, Position, Verdict
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.sqlite_judge_book import _SQL
from shadowbench.store.sqlite_score_log import SqliteScoreLog
from shadowbench.store.testing import a_measure, an_exchange

CALL = JudgeCall(
    judge="j", pair=None, purpose="verdict", attempt=1, model="m", owner="w", started_at=0.0, reserved_usd=0.5
)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[SqliteScoreLog]:
    url = f"sqlite:///{tmp_path}/log.db"
    with closing(open_log(url, "write")) as log, closing(open_score_log(url, "change")) as scores:
        log.append([an_exchange(1)])
        scores.register([a_measure(kind="judge")])
        assert isinstance(scores, SqliteScoreLog)
        yield scores


def synchronous(book: SqliteScoreLog) -> int:
    return int(book._rows("PRAGMA synchronous")[0][0])


def test_a_reservation_reads_open_calls_from_an_index_alone(book: SqliteScoreLog) -> None:
    plan = book._rows(f"EXPLAIN QUERY PLAN {_SQL['open_calls']}", {"judge": "j"})
    assert [row[3] for row in plan] == ["SEARCH judge_calls USING COVERING INDEX judge_calls_open (judge=?)"]


def test_the_book_is_the_sum_of_its_calls(book: SqliteScoreLog, tmp_path: Path) -> None:
    for cost in (0.25, None, 0.125):
        number = book.reserve(CALL, limit_usd=None)
        assert number is not None
        book.settle_call(
            number, CallResult(outcome="ok", cost_usd=cost, cost_reason=None if cost else "no_usage"), now=1.0
        )
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        calls = connection.execute(
            "SELECT judge, date(started_at, 'unixepoch'), count(*), sum(cost_usd), sum(cost_usd IS NULL) FROM judge_calls"
        ).fetchall()
        assert calls == connection.execute("SELECT judge, day, calls, usd, unpriced FROM judge_spending").fetchall()
        assert calls == [("j", "1970-01-01", 3, 0.375, 1)]


def test_a_reservation_is_on_the_device_before_the_call_and_what_it_came_to_is_not_waited_for(
    book: SqliteScoreLog,
) -> None:
    number = book.reserve(CALL, limit_usd=None)
    assert synchronous(book) == 2
    assert number is not None
    book.settle_call(number, CallResult(outcome="ok", cost_usd=0.25), now=1.0)
    assert synchronous(book) == 1
    book.put_verdicts([Verdict(pair=PairRef(1, 1), measure=1, position=Position.ALONE)])
    assert synchronous(book) == 2
    book.keep_replies({b"k": b"v"}, kind="judge", now=1.0)
    assert synchronous(book) == 1


def test_what_a_verdict_does_not_have_is_null(book: SqliteScoreLog) -> None:
    book.put_verdicts([Verdict(pair=PairRef(1, 1), measure=1, position=Position.ALONE, reason="unparsed")])
    row = book._rows("SELECT verdict, strength, scores, rung, analysis, flags FROM verdicts")
    assert row == [(None,) * 6]
    assert book.verdicts(1, after=0, upto=1)[0].scores == ()
