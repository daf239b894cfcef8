from __future__ import annotations

import random

import pytest

from shadowbench.limits.breaker import BreakerState
from shadowbench.mirror.gates import Gates, failed
from shadowbench.mirror.options import BreakerOptions
from shadowbench.mirror.purse import Purse
from tests.unit.mirror.doubles import small

SECOND = 1_000_000_000


def gates(**changes: object) -> Gates:
    options = small(**changes)
    return Gates(options, Purse(options), random.Random(1))


@pytest.mark.parametrize(
    ("fault", "status", "verdict"),
    [
        ("refused", None, True), ("timed_out_idle", 200, True), ("truncated", 200, True),
        (None, 500, True), (None, 503, True), (None, 529, True),
        (None, 200, False), (None, 404, False),
        (None, 429, None), (None, None, None),
        ("overflow", 200, None), ("shutdown", None, None), ("client_cancelled", 200, None), ("stale", None, None),
    ],
)  # fmt: skip
def test_who_is_to_blame(fault: str | None, status: int | None, verdict: bool | None) -> None:
    assert failed(fault, status) is verdict


def test_a_breaker_may_be_turned_off() -> None:
    assert gates(breaker=BreakerOptions(failures=0)).breaker is None
    assert gates(breaker=BreakerOptions(failures=0)).breaker_state(0) is BreakerState.CLOSED


def test_quiet_that_was_asked_for_has_a_bound() -> None:
    asked = gates()
    asked.hold(SECOND, 5.0)
    assert asked.rate.not_before_ns(SECOND) == 6 * SECOND
    asked.hold(SECOND, 1e9)
    assert asked.rate.not_before_ns(SECOND) == 61 * SECOND


def test_a_pace_lets_a_tenth_of_a_second_go_at_once() -> None:
    paced = gates(rate_per_s=50.0)
    for _ in range(5):
        assert paced.rate.not_before_ns(SECOND) == SECOND
        paced.rate.take(SECOND)
    assert paced.rate.not_before_ns(SECOND) > SECOND
