"""What every `ColumnLog` keeps: columns say what the rows say."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shadowbench.records import CandidateResult, Exchange, is_again
from shadowbench.scores import Score
from shadowbench.store import columns_sqlite
from shadowbench.store.columns import NOT_SCORED, Coded, ColumnLog
from shadowbench.store.columns_spec import OF_CANDIDATE, OF_EXCHANGE, all_names
from shadowbench.store.columns_sqlite import open_columns
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.queries import statements
from tests.contract.columns import make_log, value_of
from tests.contract.scorers import logs_in
from tests.contract.test_pair_log_versions import TRAFFIC, log_of_version

Pair = tuple[int, int, Exchange, CandidateResult]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[int]]:
    return make_log(tmp_path_factory.mktemp("columns"))


@pytest.fixture(params=[columns_sqlite.PAGE, 7])
def log(
    made: tuple[str, list[int]], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ColumnLog]:
    monkeypatch.setattr(columns_sqlite, "PAGE", request.param)
    with closing(open_columns(made[0])) as log:
        yield log


@pytest.fixture(scope="module")
def rows(made: tuple[str, list[int]]) -> list[Pair]:
    with closing(open_log(made[0], "read")) as log:
        page = log.page(after=0, upto=log.newest(), size=10_000)
    return [
        (number, side, exchange, result)
        for number, exchange in zip(page.numbers, page.exchanges, strict=True)
        for side, result in enumerate(exchange.candidates, 1)
        if not is_again(result.observation.endpoint)
    ]


def spelled(column: Any) -> list[Any]:
    """A column as Python has it, None where there is nothing."""
    if isinstance(column, Coded):
        return [None if code < 0 else column.texts[code] for code in column.codes.tolist()]
    return [None if value != value else value for value in column.tolist()]


def expected(name: str, exchange: Exchange, result: CandidateResult) -> Any:
    if name in OF_EXCHANGE:
        if name == "request_bytes":
            return len(exchange.request_body or b"")
        return getattr(exchange, OF_EXCHANGE[name].column)
    if name in OF_CANDIDATE:
        return result.observation.endpoint if name == "candidate" else getattr(result, OF_CANDIDATE[name].column)
    side, _, bare = name.partition("_")
    return value_of(exchange.production if side == "production" else result.observation, bare)


def test_all_columns_say_what_the_rows_say(log: ColumnLog, rows: list[Pair]) -> None:
    pairs = log.pairs(all_names(), upto=log.newest())
    assert list(zip(pairs.number.tolist(), pairs.side.tolist(), strict=True)) == [row[:2] for row in rows]
    for name in all_names():
        assert spelled(pairs.columns[name]) == [expected(name, *row[2:]) for row in rows], name


def test_a_column_alone_is_the_same(log: ColumnLog) -> None:
    upto = log.newest()
    together = log.pairs(["stratum", "candidate_outcome", "production_latency_s"], upto=upto)
    alone = log.pairs(["candidate_outcome"], upto=upto)
    assert spelled(alone.columns["candidate_outcome"]) == spelled(together.columns["candidate_outcome"])
    assert set(alone.columns) == {"candidate_outcome"}


def test_a_part_of_the_log_is_read_by_number(log: ColumnLog, rows: list[Pair]) -> None:
    pairs = log.pairs(["candidate"], after=50, upto=60)
    assert set(pairs.number.tolist()) == {row[0] for row in rows if 50 < row[0] <= 60}


def test_the_reach_of_a_time_has_all_that_began_in_it(log: ColumnLog, rows: list[Pair]) -> None:
    started = sorted({exchange.started_at for _, _, exchange, _ in rows})
    since, until = started[len(started) // 3], started[2 * len(started) // 3]
    numbers = [number for number, _, exchange, _ in rows if since <= exchange.started_at < until]
    after, upto = log.reach(since, until, upto=log.newest())
    assert after < min(numbers) and max(numbers) <= upto
    assert {after + 1, upto} <= set(numbers), "nothing is read before or behind them"


def test_the_reach_of_a_time_without_bounds_is_the_log(log: ColumnLog, rows: list[Pair]) -> None:
    numbers = [row[0] for row in rows]
    after, upto = log.reach(-np.inf, np.inf, upto=log.newest())
    assert after < min(numbers) and upto >= max(numbers)
    assert log.reach(-np.inf, np.inf, upto=60)[1] <= 60


def test_a_time_in_which_nothing_began_has_no_reach(log: ColumnLog, rows: list[Pair]) -> None:
    latest = max(exchange.started_at for _, _, exchange, _ in rows)
    after, upto = log.reach(latest + 1, np.inf, upto=log.newest())
    assert (after, upto) == (0, 0)
    assert len(log.pairs(["candidate"], after=after, upto=upto)) == 0


def test_the_reach_is_looked_up_in_an_index(made: tuple[str, list[int]]) -> None:
    with closing(sqlite3.connect(made[0].removeprefix("sqlite:///"))) as connection:
        bound = {"since": 0.0, "until": 1.0, "upto": 1}
        (plan,) = connection.execute(f"EXPLAIN QUERY PLAN {statements('columns')['reach']}", bound).fetchall()
    assert "USING COVERING INDEX exchanges_by_age" in plan[3]


def test_scores_say_what_the_rows_say(made: tuple[str, list[int]], log: ColumnLog) -> None:
    pairs = log.pairs([], upto=log.newest())
    found = log.scores(made[1], pairs)
    with closing(open_score_log(made[0], "read")) as scores:
        rows = {score[:3]: score for score in scores.scores_of(made[1], after=0, upto=log.newest())}
    for measure in made[1]:
        keys = [
            (number, side, measure) for number, side in zip(pairs.number.tolist(), pairs.side.tolist(), strict=True)
        ]
        wanted = [rows.get(key, Score(*key, None, NOT_SCORED, None, NOT_SCORED)) for key in keys]
        assert spelled(found[measure].value) == [score.value for score in wanted]
        assert spelled(found[measure].reason) == [score.reason for score in wanted]
        assert spelled(found[measure].production_value) == [score.production_value for score in wanted]
        assert spelled(found[measure].production_reason) == [score.production_reason for score in wanted]
        told = [None if score.reason == NOT_SCORED else score.probability for score in wanted]
        assert spelled(found[measure].probability) == told


def test_some_measures_of_some_pairs(made: tuple[str, list[int]], log: ColumnLog) -> None:
    every, some = log.pairs([], upto=log.newest()), log.pairs([], after=60, upto=90)
    first, _, third = made[1]
    whole, part = log.scores(made[1], every), log.scores([third, first], some)
    assert set(part) == {first, third}
    inside = np.isin(every.number, some.number)
    for measure in part:
        np.testing.assert_array_equal(part[measure].value, whole[measure].value[inside])


def test_a_measure_without_scores_is_not_scored(log: ColumnLog) -> None:
    pairs = log.pairs([], upto=log.newest())
    (scores,) = log.scores([4711], pairs).values()
    assert set(spelled(scores.reason)) == {NOT_SCORED}
    assert np.isnan(scores.value).all()


def test_ids_come_with_their_numbers(log: ColumnLog, rows: list[Pair]) -> None:
    ids, numbers = log.ids(upto=log.newest())
    by_number = dict(zip(numbers.tolist(), ids, strict=True))
    assert all(by_number[number] == exchange.id for number, _, exchange, _ in rows)


def test_an_empty_log_has_empty_columns(tmp_path: Path) -> None:
    with logs_in(tmp_path):
        pass
    with closing(open_columns(f"sqlite:///{tmp_path}/log.db")) as log:
        pairs = log.pairs(all_names(), upto=log.newest())
        assert len(pairs) == 0
        assert len(log.scores([1], pairs)[1].value) == 0
        assert log.ids(upto=log.newest())[0] == []


def test_a_column_that_is_none_is_told_with_those_there_are(log: ColumnLog) -> None:
    with pytest.raises(ValueError, match=r"no column 'latency_s'; there are .*production_latency_s"):
        log.pairs(["latency_s"], upto=1)


def test_what_comes_while_reading_is_not_read(tmp_path: Path, made: tuple[str, list[int]]) -> None:
    url, _ = make_log(tmp_path / "growing", count=60)
    with closing(open_columns(url)) as columns, closing(open_log(url, "write")) as log:
        upto = columns.newest()
        before = columns.pairs(["candidate"], upto=upto)
        page = log.page(after=0, upto=1)
        log.append([_renamed(page.exchanges[0])])
        assert len(columns.pairs(["candidate"], upto=upto)) == len(before)
        assert len(columns.pairs(["candidate"], upto=columns.newest())) == len(before) + 2


def _renamed(exchange: Exchange) -> Exchange:
    return replace(exchange, id="another")


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_log_of_an_older_version_is_read(tmp_path: Path, version: int) -> None:
    old = log_of_version(version, tmp_path)
    with closing(open_columns(f"sqlite:///{old}")) as log:
        pairs = log.pairs(all_names(), upto=log.newest())
        scores = log.scores([1], pairs)[1]
    assert len(pairs) == 2 * len(TRAFFIC)
    latencies = [each.observation.timing.last_byte_s for exchange in TRAFFIC for each in exchange.candidates]
    assert spelled(pairs.columns["candidate_latency_s"]) == latencies
    assert set(spelled(pairs.columns["tenant_key"])) == {None}
    assert set(spelled(scores.reason)) == {NOT_SCORED}
