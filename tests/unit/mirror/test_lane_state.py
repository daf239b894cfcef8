from __future__ import annotations

import random

import pytest

from shadowbench.limits.budget import Amount, Reservation, Why
from shadowbench.mirror.gates import PAUSED, Gates
from shadowbench.mirror.lane_state import LaneState, set_gauges, state_of
from shadowbench.mirror.options import BreakerOptions, BudgetOptions
from shadowbench.mirror.purse import Purse
from shadowbench.signals import Counters
from tests.unit.mirror.doubles import small

SECOND = 1_000_000_000
NOON = 12 * 3600.0
OPTIONS = small(
    rate_per_s=2.0,
    breaker=BreakerOptions(failures=1, window=1, open_s=4.0),
    budgets=BudgetOptions(usd_per_day=2.0, tokens_total=100),
)


def state(gates: Gates, now_ns: int = 0) -> LaneState:
    return state_of(
        gates,
        options=OPTIONS,
        queued=3,
        running=2,
        last_fault="reset",
        now_ns=now_ns,
        unix_at=lambda at_ns: NOON + at_ns / 1e9,
    )


def test_a_lane_at_rest() -> None:
    seen = state(Gates(OPTIONS, Purse(OPTIONS), random.Random(1)))
    assert (seen.name, seen.queued, seen.running, seen.last_fault, seen.rate_per_s) == ("small", 3, 2, "reset", 2.0)
    assert (seen.breaker, seen.breaker_until, seen.held_until, seen.paused) == ("closed", None, None, False)
    assert [(w.window, w.left_usd, w.left_tokens) for w in seen.budget] == [
        ("hour", None, None),
        ("day", 2.0, None),
        ("total", None, 100),
    ]
    assert not (seen.price_unknown or seen.usage_unknown or seen.unknown_costs)


def test_a_lane_in_trouble() -> None:
    gates = Gates(OPTIONS, Purse(OPTIONS), random.Random(1))
    assert gates.breaker is not None
    gates.breaker.end(gates.breaker.begin(0), 0, failed=True, chance=0.0)
    gates.rate.take(0)
    gates.paused = True
    reservation = gates.purse.ledger.reserve(NOON, Amount(SECOND // 2, 30))
    assert isinstance(reservation, Reservation) and gates.closed(0) == PAUSED
    seen = state(gates)
    assert (seen.breaker, seen.breaker_until, seen.held_until) == ("open", NOON + 2.0, NOON + 0.5)
    assert (seen.budget[1].reserved_usd, seen.budget[1].left_usd, seen.budget[2].left_tokens) == (0.5, 1.5, 70)
    gates.purse.settle(reservation, None, None, answered=True, why=Why.NO_PRICE)
    seen = state(gates, 2 * SECOND)
    assert seen.breaker == "half_open" and seen.held_until is None
    assert (seen.price_unknown, seen.usage_unknown, seen.unknown_costs) == (True, False, 1)
    assert (seen.budget[1].spent_usd, seen.budget[1].left_usd) == (None, 1.5), "no money was ever seen"


@pytest.mark.parametrize(("usd", "spent"), [(0.0, 0.0), (0.25, 0.25), (None, None)])
def test_money_is_shown_once_something_was_priced(usd: float | None, spent: float | None) -> None:
    gates = Gates(OPTIONS, Purse(OPTIONS), random.Random(1))
    reservation = gates.purse.ledger.reserve(NOON, Amount(SECOND // 2, 30))
    assert isinstance(reservation, Reservation)
    gates.purse.settle(reservation, usd, 7, answered=True, why=Why.NO_PRICE)
    assert state(gates).budget[2].spent_usd == spent


@pytest.mark.parametrize("failed", [False, True])
def test_gauges_say_what_is_limited(failed: bool) -> None:
    gates = Gates(OPTIONS, Purse(OPTIONS), random.Random(1))
    assert gates.breaker is not None
    gates.breaker.end(gates.breaker.begin(0), 0, failed=failed, chance=0.0)
    counters = Counters()
    set_gauges(state(gates), counters)
    assert {(s.name, *s.labels[1:]): s.value for s in counters.snapshot()} == {
        ("lane_breaker_open",): failed,
        ("lane_budget_left_usd", ("window", "day")): 2.0,
        ("lane_queue_depth",): 3,
        ("lane_running",): 2,
    }
