"""Which bound is passed, and how a log comes back within it: a slice at a time, oldest first."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shadowbench.records import FunnelCount, Mark
from shadowbench.signals import Counters
from shadowbench.store.base import LogUsage, PairLog, each_exchange
from shadowbench.store.opening import open_log
from shadowbench.store.retention import Excess, Retention, RetentionOptions, excess, exchanges_in
from shadowbench.store.testing import FIRST_SECOND, an_exchange

USAGE = LogUsage(exchanges=100, oldest_at=1000.0, used_bytes=1_000_000, free_bytes=0)
DAY = 86_400.0


class Clock:
    """Goes a millisecond a look."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def log(tmp_path: Path) -> Iterator[PairLog]:
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    yield log
    log.close()


def retention(clock: Clock | None = None, now: float = FIRST_SECOND, **bounds: float) -> Retention:
    return Retention(RetentionOptions(**bounds), clock=clock or Clock(), now=lambda: now)  # type: ignore[arg-type]


def run_out(worker: Retention, log: PairLog) -> Counters:
    counters = Counters()
    while worker.step(log.upkeep, counters) == 0.0:
        pass
    return counters


def numbers(log: PairLog) -> list[int]:
    return [exchange.sequence for exchange in each_exchange(log, with_bodies=False)]


# ── decisions ──


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({}, None),
        ({"max_age_s": 500.0}, Excess(reason="age", before=1500.0)),
        ({"max_age_s": 1000.0}, None),
        ({"max_exchanges": 100}, None),
        ({"max_exchanges": 97}, Excess(reason="count", limit=3)),
        ({"max_bytes": 1_000_000}, None),
        ({"max_bytes": 985_000}, Excess(reason="size", limit=2)),
        ({"max_age_s": 500.0, "max_exchanges": 1}, Excess(reason="age", before=1500.0)),
    ],
)
def test_the_first_bound_that_is_passed(bounds: dict[str, float], expected: Excess | None) -> None:
    assert excess(RetentionOptions(**bounds), USAGE, now=2000.0) == expected  # type: ignore[arg-type]


def test_an_empty_log_is_within_any_bounds() -> None:
    empty = LogUsage(exchanges=0, oldest_at=None, used_bytes=90_000, free_bytes=0)
    assert excess(RetentionOptions(max_age_s=1, max_bytes=1, max_exchanges=1), empty, now=1e10) is None


def test_a_share_of_the_log_is_at_least_one_exchange_and_at_most_all() -> None:
    assert exchanges_in(USAGE, 1) == 1
    assert exchanges_in(USAGE, 10**12) == 100


# ── on a log ──


def test_what_is_too_old_goes_whatever_the_order_it_came_in(log: PairLog) -> None:
    ages = [an_exchange(number, started_at=FIRST_SECOND - number * DAY) for number in range(60)]
    random.Random(1).shuffle(ages)
    log.append(ages)
    counters = run_out(retention(max_age_s=20.5 * DAY), log)
    assert sorted(numbers(log)) == list(range(21))
    assert counters.get("store_pruned_exchanges_total", (("reason", "age"),)) == 39


def test_what_is_too_many_goes_oldest_first(log: PairLog) -> None:
    log.append([an_exchange(number) for number in range(1, 101)])
    counters = run_out(retention(max_exchanges=30), log)
    assert numbers(log) == list(range(71, 101))
    assert (log.counts().exchanges, log.counts().pairs) == (30, 30)
    assert counters.get("store_pruned_exchanges_total", (("reason", "count"),)) == 70


def test_what_is_too_large_goes_and_the_file_gets_smaller(log: PairLog, tmp_path: Path) -> None:
    for number in range(1, 301):
        log.append([an_exchange(number, request_body=random.Random(number).randbytes(100_000))])
    before = (tmp_path / "log.db").stat().st_size
    counters = run_out(retention(max_bytes=4_000_000), log)
    usage = log.upkeep.usage()
    assert 3_000_000 < usage.used_bytes <= 4_000_000
    assert usage.free_bytes <= 8 * 1024 * 1024  # kept for what comes next
    assert numbers(log) == list(range(301 - usage.exchanges, 301))
    assert before > 20_000_000 > 13_000_000 > (tmp_path / "log.db").stat().st_size
    assert log.sizes().wal_bytes < 20_000_000
    assert [sample.value for sample in counters.snapshot() if sample.name == "store_used_bytes"] == [usage.used_bytes]


def test_a_step_is_one_slice(log: PairLog) -> None:
    log.append([an_exchange(number) for number in range(1, 101)])
    worker, counters = retention(max_exchanges=1), Counters()
    assert worker.step(log.upkeep, counters) == 0.0
    assert 90 <= log.counts().exchanges < 100


def test_between_looks_it_touches_nothing(log: PairLog) -> None:
    clock = Clock()
    worker = retention(clock, max_exchanges=10)
    assert worker.step(log.upkeep, Counters()) == 1.0
    log.append([an_exchange(number) for number in range(1, 21)])
    assert 0 < worker.step(log.upkeep, Counters()) < 1.0
    assert log.counts().exchanges == 20
    clock.now += 1.0
    assert worker.step(log.upkeep, Counters()) == 0.0
    assert log.counts().exchanges < 20


def test_without_bounds_nothing_goes_and_the_size_is_told(log: PairLog) -> None:
    log.append([an_exchange(number) for number in range(1, 21)])
    counters = run_out(retention(), log)
    assert log.counts().exchanges == 20
    assert [sample.name for sample in counters.snapshot()] == ["store_used_bytes"]


def test_a_reader_that_pages_meanwhile_finds_fewer_and_no_error(log: PairLog, tmp_path: Path) -> None:
    log.append([an_exchange(number) for number in range(1, 201)])
    reader = open_log(f"sqlite:///{tmp_path}/log.db", "read")
    upto = reader.newest()
    first = reader.page(after=0, upto=upto, size=50)
    run_out(retention(max_exchanges=70), log)
    second = reader.page(after=first.last, upto=upto, size=50)
    third = reader.page(after=second.last, upto=upto, size=50)
    assert [e.sequence for e in (*second.exchanges, *third.exchanges)] == list(range(131, 201))
    assert third.at_end
    reader.close()


def test_old_marks_and_counts_go_with_age(log: PairLog) -> None:
    old = Mark(at=FIRST_SECOND - 9 * DAY, kind="policy_changed", endpoint=None, before="1", after="2")
    log.put_marks([old, replace(old, at=FIRST_SECOND)])
    log.put_funnel(
        [FunnelCount(epoch="e", candidate="", stage="seen", reason="", count=1)]
    )  # at the wall's time: later
    run_out(retention(max_age_s=DAY), log)
    assert [mark.at for mark in log.marks()] == [FIRST_SECOND]
    assert len(log.funnel()) == 1
