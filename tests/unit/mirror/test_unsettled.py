from __future__ import annotations

import pytest

from shadowbench.limits.budget import Amount, Reservation, Why
from shadowbench.mirror.options import BudgetOptions
from shadowbench.mirror.purse import Purse
from shadowbench.mirror.unsettled import Unsettled
from tests.unit.mirror.doubles import small
from tests.unit.mirror.test_purse import NOON, request

NANO = 10**9


def waiting(*, answered: bool) -> tuple[Purse, Unsettled]:
    purse = Purse(small(budgets=BudgetOptions(usd_total=1000.0)))
    reservation = purse.reserve(NOON, request())
    assert isinstance(reservation, Reservation)
    unsettled = Unsettled(purse)
    unsettled.add(5, reservation, answered=answered)
    return purse, unsettled


def test_the_recorders_word_counts_once() -> None:
    purse, unsettled = waiting(answered=True)
    unsettled.settle(4, 1.0, 1)
    unsettled.settle(5, 0.5, 7)
    unsettled.settle(5, 0.5, 7)
    unsettled.forget(5)
    assert purse.ledger.spending.windows[2].used == Amount(NANO // 2, 7) and len(unsettled) == 0


def test_what_nobody_priced_counts_as_reserved_and_accuses_no_price() -> None:
    purse, unsettled = waiting(answered=True)
    unsettled.forget(5)
    assert purse.ledger.spending.windows[2].spent.nano_usd == NANO // 20
    assert not purse.ledger.price_unknown


def test_a_whole_answer_without_a_price_says_that_there_is_none() -> None:
    purse, unsettled = waiting(answered=True)
    unsettled.settle(5, None, 9, Why.NO_PRICE)
    assert purse.ledger.price_unknown and not purse.ledger.usage_unknown
    purse, unsettled = waiting(answered=False)
    unsettled.settle(5, None, None)
    assert not purse.ledger.price_unknown and not purse.ledger.usage_unknown


@pytest.mark.parametrize("why", [Why.UNREADABLE, 200])
def test_an_answer_that_could_not_be_read_accuses_no_price(why: int) -> None:
    purse, unsettled = waiting(answered=True)
    unsettled.settle(5, None, None, why)
    assert not purse.ledger.price_unknown and purse.ledger.spending.windows[2].spent.nano_usd == NANO // 20
