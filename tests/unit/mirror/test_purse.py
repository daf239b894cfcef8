from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shadowbench.limits.budget import NANO, Refusal, Reservation
from shadowbench.mirror.options import BudgetOptions, CandidateOptions, Range
from shadowbench.mirror.purse import Purse, max_output_tokens
from shadowbench.mirror.spending import SpendingFile
from tests.unit.mirror.doubles import small

NOON = 12 * 3600.0
PRICED: dict[str, Any] = {"input_usd_per_token": 1e-6, "output_usd_per_token": 1e-5}


def request(max_tokens: int | None = 100, n: int = 1, body: bytes = b"x" * 300) -> Any:
    facts = SimpleNamespace(max_output_tokens=max_tokens, n=n)
    return cast(Any, SimpleNamespace(body=body, facts=facts))


def reserved(purse: Purse, **of: Any) -> Reservation:
    reservation = purse.reserve(NOON, request(**of))
    assert isinstance(reservation, Reservation)
    return reservation


def test_a_request_reserves_what_it_may_cost() -> None:
    purse = Purse(small(**PRICED))
    amount = reserved(purse, max_tokens=100, n=2).amount
    assert amount.tokens == 101 + 200
    assert amount.nano_usd == pytest.approx((101e-6 + 200e-5) * NANO, abs=2)


def test_without_a_price_the_dearest_call_so_far_is_the_measure() -> None:
    purse = Purse(small(budgets=BudgetOptions(reserve_usd=0.25)))
    first = reserved(purse)
    assert first.amount.nano_usd == NANO // 4
    purse.settle(first, 0.003, 10, answered=True)
    assert reserved(purse).amount.nano_usd == 3_000_000


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
