from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.limits.budget import NANO, Amount, Refusal, Reservation
from shadowbench.limits.estimate import Asked
from shadowbench.mirror.call import Effort
from shadowbench.mirror.options import BudgetOptions, CandidateOptions, Range
from shadowbench.mirror.purse import Purse, Short, max_output_tokens
from shadowbench.mirror.spending import SpendingFile
from tests.unit.mirror.doubles import small

NOON = 12 * 3600.0
PRICED: dict[str, Any] = {"input_usd_per_token": 1e-6, "output_usd_per_token": 1e-5}


def request(max_tokens: int | None = 100, n: int = 1) -> Asked:
    return Asked(300, max_tokens, n)


def reserved(purse: Purse, **of: Any) -> Reservation:
    reservation = purse.reserve(NOON, request(**of))
    assert isinstance(reservation, Reservation)
    return reservation


LIMITED = BudgetOptions(usd_total=1000.0)


def test_without_limits_nothing_is_set_aside_and_costs_are_counted() -> None:
    purse = Purse(small(**PRICED))
    held = reserved(purse)
    assert held.amount == Amount(0, 0)
    assert purse.ended(held, request(), Effort(0.5, 999), refused=False) == held
    purse.settle(held, 0.25, 7, answered=True)
    assert [window.used for window in purse.ledger.spending.windows] == [Amount(NANO // 4, 7)] * 3
    later = purse.reserve(NOON + 3600.0, request())
    assert isinstance(later, Reservation) and later.indexes[0] == held.indexes[0] + 1


def test_a_call_that_finds_no_room_is_told_until_one_does() -> None:
    purse = Purse(small(budgets=BudgetOptions(usd_per_day=0.5), **PRICED))
    assert purse.short is None
    assert purse.reserve(NOON, request(max_tokens=100_000)) == Refusal("budget_usd_day")
    assert purse.short == Short(limit="usd_day", reserves_usd=pytest.approx(1.0001, abs=1e-4), reserves_tokens=100_101)
    reserved(purse, max_tokens=10)
    assert purse.short is None


def test_a_request_reserves_what_it_may_cost() -> None:
    purse = Purse(small(budgets=LIMITED, **PRICED))
    amount = reserved(purse, max_tokens=100, n=2).amount
    assert amount.tokens == 101 + 200
    assert amount.nano_usd == pytest.approx((101e-6 + 200e-5) * NANO, abs=2)


def test_without_a_price_the_dearest_call_so_far_is_the_measure() -> None:
    purse = Purse(small(budgets=BudgetOptions(reserve_usd=0.25, usd_total=1000.0)))
    first = reserved(purse)
    assert first.amount.nano_usd == NANO // 4
    purse.settle(first, 0.003, 10, answered=True)
    assert reserved(purse).amount.nano_usd == 3_000_000
    assert reserved(purse, max_tokens=None).amount.nano_usd == 3_000_000


@pytest.mark.parametrize(
    ("changes", "asked", "found"),
    [
        ({}, 7, 7),
        ({}, None, None),
        ({"parameters": {"max_tokens": "50"}}, 7, 50),
        ({"parameters": {"max_completion_tokens": "50"}}, None, 50),
        ({"parameters": {"max_tokens": None}}, 7, None),
        ({"parameters": {"options.num_predict": "50"}}, 7, 50),
        ({"parameters": {"options.num_predict": "-1"}}, 7, None),
        ({"clamp": {"generationConfig.maxOutputTokens": Range(most=5)}}, 7, 5),
        ({"parameters": {"max_tokens": '"many"'}}, 7, None),
        ({"clamp": {"max_tokens": Range(most=5)}}, 7, 5),
        ({"clamp": {"max_tokens": Range(most=50), "temperature": Range(most=1)}}, 7, 7),
        ({"clamp": {"max_tokens": Range(most=5)}}, None, None),
    ],
)
def test_the_candidates_own_maximum_counts(changes: dict[str, Any], asked: int | None, found: int | None) -> None:
    options: CandidateOptions = small(**changes)
    assert max_output_tokens(options, asked) == found


def test_a_call_that_is_over_holds_its_time_until_it_is_priced() -> None:
    purse = Purse(small(budgets=BudgetOptions(usd_total=2.0), usd_per_second=1.0, usd_per_request=0.25))
    asked = request()
    first = purse.reserve(NOON, asked)
    assert isinstance(first, Reservation) and first.amount.nano_usd == NANO // 4
    held = purse.ended(first, asked, Effort(1.25, 10), refused=False)
    assert purse.ledger.left(NOON) == {"usd_total": NANO // 2}
    purse.settle(held, 1.25, 30, answered=True)
    second = purse.reserve(NOON, asked)
    assert second == Refusal("budget_usd_total"), "it is likely to cost as much as the first"


def test_a_call_that_was_refused_holds_only_what_any_call_is_charged_for() -> None:
    purse = Purse(small(usd_per_second=1.0, budgets=LIMITED, **PRICED))
    held = purse.ended(reserved(purse), request(), Effort(0.5, 999), refused=True)
    assert held.amount == Amount(NANO // 2, 0)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    concurrency=st.integers(1, 16),
    limit=st.floats(0.0, 4.0),
    settles_after_s=st.floats(0.0, 3.0),
)
def test_no_budget_is_exceeded_by_more_than_the_calls_under_way(
    seed: int, concurrency: int, limit: float, settles_after_s: float
) -> None:
    """Time is paid for; the recorder is late. Steps of 10 ms, one copy offered in each."""
    chance = random.Random(seed)
    purse = Purse(small(budgets=BudgetOptions(usd_total=limit), usd_per_second=1.0))
    running: list[tuple[int, int, Reservation]] = []  # begins, ends, …
    over: list[tuple[int, float, Reservation]] = []  # settled at, cost, …
    cost, bound = 0.0, limit
    for step in range(400):
        for call in [call for call in running if call[1] <= step]:
            running.remove(call)
            seconds = (call[1] - call[0]) / 100
            held = purse.ended(call[2], Asked(0), Effort(seconds, 0), refused=False)
            over.append((step + int(settles_after_s * 100), seconds, held))
            cost += seconds
        for settled in [each for each in over if each[0] <= step]:
            over.remove(settled)
            purse.settle(settled[2], settled[1], 5, answered=True)
        if len(running) < concurrency and isinstance(held := purse.reserve(NOON, Asked(0)), Reservation):
            running.append((step, step + chance.randint(1, 60), held))
            # Whatever is admitted, what is over fits; only those under way may cost more than was reserved for them.
            above = [(ends - begins) / 100 - call.amount.nano_usd / NANO for begins, ends, call in running]
            bound = limit + sum(max(0.0, each) for each in above)
        assert cost <= bound + 1e-6


def test_spending_is_kept_as_it_happens(tmp_path: Path) -> None:
    options = small(budgets=BudgetOptions(usd_total=1.0, reserve_usd=0.4))
    file = SpendingFile(tmp_path / "b")
    purse = Purse(options, file)
    purse.settle(reserved(purse), 0.1, 5, answered=True)
    second = reserved(purse)
    assert second.amount.nano_usd == NANO // 10, "experience"
    file.close()  # as a killed process leaves it

    file = SpendingFile(tmp_path / "b")
    again = Purse(small(budgets=BudgetOptions(usd_total=0.25)), file)
    assert again.ledger.left(NOON) == {"usd_total": NANO // 20}
    assert again.reserve(NOON, request()) == Refusal("budget_usd_total")
    file.close()


def test_a_negative_cost_is_none() -> None:
    purse = Purse(small())
    purse.settle(reserved(purse), -1.0, 5, answered=True)
    assert purse.ledger.spending.windows[2].spent.nano_usd == 0


def test_a_price_the_parent_did_not_find_stops_a_budget_at_once() -> None:
    budgets = BudgetOptions(usd_total=1.0)
    assert Purse(small(budgets=budgets, price_known=False)).reserve(NOON, request()) == Refusal("price_unknown")
    reserved(Purse(small(budgets=budgets, price_known=None)))
    reserved(Purse(small(budgets=BudgetOptions(usd_total=1.0, unknown_price="allow"), price_known=False)))
