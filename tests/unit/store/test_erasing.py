"""Whole runs of pruning and erasing: what goes, what is told meanwhile, and that others get their turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shadowbench.store.base import Owner, PairLog, each_exchange
from shadowbench.store.erasing import Clocks, beyond, erase, found, leave_no_trace, prune
from shadowbench.store.opening import open_log
from shadowbench.store.retention import RetentionOptions
from shadowbench.store.testing import FIRST_SECOND, an_exchange


@pytest.fixture
def log(tmp_path: Path) -> Iterator[PairLog]:
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    log.append([an_exchange(number, user_key="ab"[number % 2]) for number in range(1, 501)])
    yield log
    log.close()


class Time:
    """A clock that goes by itself, and remembers rests."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rests: list[float] = []

    def tick(self) -> float:
        self.now += 0.001
        return self.now

    def clocks(self) -> Clocks:
        return Clocks(clock=self.tick, now=lambda: FIRST_SECOND + 501, rest=self.rests.append)


def sequences(log: PairLog) -> list[int]:
    return [exchange.sequence for exchange in each_exchange(log, with_bodies=False)]


def test_erasing_takes_all_of_one_owner_with_rests_between(log: PairLog) -> None:
    time = Time()
    steps = list(erase(log, Owner(user_keys=("a",)), time.clocks()))
    assert sequences(log) == list(range(1, 501, 2))
    assert sum(passed for passed, _ in steps) == 500
    assert sum(gone for _, gone in steps) == 250
    assert len(time.rests) >= 5


def test_looking_finds_and_leaves_all(log: PairLog) -> None:
    numbers = [number for _, some in found(log, Owner(user_keys=("b",)), Time().clocks()) for number in some]
    assert numbers == list(range(1, 501, 2))
    assert log.counts().exchanges == 500


@pytest.mark.parametrize(
    ("bounds", "left"),
    [
        (RetentionOptions(max_exchanges=123), 123),
        (RetentionOptions(max_exchanges=1000), 500),
        (RetentionOptions(max_age_s=100.0), 100),
        (RetentionOptions(max_age_s=100.0, max_exchanges=50), 50),
    ],
)
def test_pruning_does_what_was_foretold(log: PairLog, bounds: RetentionOptions, left: int) -> None:
    time = Time()
    assert beyond(log.upkeep, bounds, FIRST_SECOND + 501) == 500 - left
    assert sum(prune(log.upkeep, bounds, time.clocks())) == 500 - left
    assert sequences(log) == list(range(501 - left, 501))
    assert leave_no_trace(log.upkeep, time.clocks(), rewrite=False)
    assert log.upkeep.usage().free_bytes == 0


def test_pruning_does_not_follow_what_comes_meanwhile(log: PairLog) -> None:
    gone, number = 0, 1000
    for some in prune(log.upkeep, RetentionOptions(max_exchanges=100), Time().clocks()):
        gone, number = gone + some, number + 50
        log.append([an_exchange(number + each) for each in range(50)])
    assert gone == 400


def test_a_bound_on_size_is_foretold_about(log: PairLog) -> None:
    half = log.upkeep.usage().used_bytes // 2
    bounds = RetentionOptions(max_bytes=half)
    foretold = beyond(log.upkeep, bounds, 0.0)
    gone = sum(prune(log.upkeep, bounds, Time().clocks()))
    assert foretold == 250
    # Pages become free when the last row has left them, and empty tables have a page each.
    assert foretold <= gone < 450
    assert log.upkeep.usage().used_bytes <= half


def test_readers_are_waited_for_and_then_it_is_told(log: PairLog, tmp_path: Path) -> None:
    reader = open_log(f"sqlite:///{tmp_path}/log.db", "read")
    connection = reader._connection  # type: ignore[attr-defined]
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM exchanges").fetchone()
    log.append([an_exchange(999)])
    time = Time()
    assert not leave_no_trace(log.upkeep, time.clocks(), rewrite=False)
    assert len(time.rests) >= 10
    connection.execute("COMMIT")
    assert leave_no_trace(log.upkeep, time.clocks(), rewrite=False)
    reader.close()
