from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from shadowbench.limits.budget import (
    NANO,
    Amount,
    BudgetPolicy,
    Ledger,
    Refusal,
    Reservation,
    Spending,
)

NOON = 12 * 3600.0
DOLLAR = Amount(NANO, 100)


def reserved(ledger: Ledger, amount: Amount = DOLLAR, at: float = NOON) -> Reservation:
    reservation = ledger.reserve(at, amount)
    assert isinstance(reservation, Reservation)
    return reservation


@pytest.mark.parametrize("limit", ["usd_hour", "usd_day", "usd_total"])
def test_money_that_is_reserved_is_not_there_for_others(limit: str) -> None:
    ledger = Ledger(BudgetPolicy(**{limit: 2.5}))
    first = reserved(ledger)
    reserved(ledger)
    assert ledger.reserve(NOON, DOLLAR) == Refusal(f"budget_{limit}")
    ledger.settle(first, NANO // 2, 10)
    reserved(ledger)
    assert ledger.left(NOON) == {limit: 0}


@pytest.mark.parametrize("limit", ["tokens_hour", "tokens_day", "tokens_total"])
def test_tokens_are_counted_beside_money(limit: str) -> None:
    ledger = Ledger(BudgetPolicy(**{limit: 150}))  # type: ignore[arg-type]
    reserved(ledger)
    assert ledger.reserve(NOON, DOLLAR) == Refusal(f"budget_{limit}")
    assert ledger.left(NOON) == {limit: 50}


def test_hours_and_days_begin_anew_and_the_total_does_not() -> None:
    ledger = Ledger(BudgetPolicy(usd_hour=1, usd_day=2, usd_total=3))
    reserved(ledger)
    assert ledger.reserve(NOON + 3599, DOLLAR) == Refusal("budget_usd_hour")
    reserved(ledger, at=NOON + 3600)
    assert ledger.reserve(NOON + 7200, DOLLAR) == Refusal("budget_usd_day")
    reserved(ledger, at=NOON + 86_400)
    assert ledger.reserve(NOON + 9 * 86_400, DOLLAR) == Refusal("budget_usd_total")


def test_a_call_counts_in_the_hour_it_was_admitted_in() -> None:
    ledger = Ledger(BudgetPolicy(usd_hour=1))
    late = reserved(ledger)
    assert ledger.left(NOON + 3600) == {"usd_hour": NANO}
    ledger.settle(late, 5 * NANO, 100)
    assert ledger.left(NOON + 3600) == {"usd_hour": NANO}
    assert ledger.spending.windows[2].spent == Amount(5 * NANO, 100)


def test_a_clock_set_back_over_the_edge_opens_no_second_purse() -> None:
    ledger = Ledger(BudgetPolicy(usd_hour=1))
    reserved(ledger)
    assert ledger.reserve(NOON - 2, DOLLAR) == Refusal("budget_usd_hour")
    assert ledger.reserve(NOON + 2, DOLLAR) == Refusal("budget_usd_hour")


def test_a_clock_that_was_years_ahead_does_not_stop_the_lane_for_years() -> None:
    ledger = Ledger(BudgetPolicy(usd_hour=1))
    reserved(ledger, at=NOON + 1e9)
    assert ledger.reserve(NOON, DOLLAR) == Refusal("budget_usd_hour"), "what was spent is taken along"
    reserved(ledger, at=NOON + 3600)


def test_a_cost_nobody_knows_is_what_was_reserved_and_stops_the_lane() -> None:
    ledger = Ledger(BudgetPolicy(usd_total=10))
    ledger.settle(reserved(ledger), None, 7)
    assert ledger.spending.windows[2].spent == Amount(NANO, 7)
    assert ledger.unknown_costs == 1
    assert ledger.reserve(NOON, DOLLAR) == Refusal("price_unknown")
    assert isinstance(Ledger(BudgetPolicy(usd_total=10), ledger.spending).reserve(NOON, DOLLAR), Reservation), (
        "restarted"
    )


def test_a_call_that_broke_says_nothing_about_prices() -> None:
    ledger = Ledger(BudgetPolicy(usd_total=10, tokens_total=1000))
    ledger.settle(reserved(ledger), None, None, answered=False)
    assert ledger.spending.windows[2].spent == DOLLAR
    reserved(ledger)


def test_missing_usage_stops_a_budget_of_tokens_alone() -> None:
    ledger = Ledger(BudgetPolicy(tokens_total=1000))
    ledger.settle(reserved(ledger), None, 5)
    ledger.settle(reserved(ledger), 5, None)
    assert ledger.reserve(NOON, DOLLAR) == Refusal("usage_unknown")
    assert isinstance(Ledger(BudgetPolicy(usd_total=9), price_known=True).reserve(NOON, DOLLAR), Reservation)


def test_who_allows_unknown_prices_goes_on() -> None:
    ledger = Ledger(BudgetPolicy(usd_total=10, tokens_total=999, unknown="allow"), price_known=False)
    ledger.settle(reserved(ledger), None, None)
    reserved(ledger)


def test_a_price_known_to_be_unknown_stops_at_the_start_and_without_a_budget_never() -> None:
    assert Ledger(BudgetPolicy(usd_day=1), price_known=False).reserve(NOON, DOLLAR) == Refusal("price_unknown")
    reserved(Ledger(BudgetPolicy(tokens_day=100), price_known=False))
    reserved(Ledger(BudgetPolicy(), price_known=False))


def test_what_was_under_way_at_a_crash_is_spent() -> None:
    ledger = Ledger(BudgetPolicy(usd_total=2.5))
    reserved(ledger)
    again = Ledger(BudgetPolicy(usd_total=2.5), ledger.spending.restarted())
    assert again.left(NOON) == {"usd_total": NANO * 3 // 2}
    assert again.spending.windows[2].reserved == Amount()


class Purse(RuleBasedStateMachine):
    """Any story of calls, clocks and crashes: no limit is exceeded by more than what calls cost above their reservations."""

    def __init__(self) -> None:
        super().__init__()
        self.policy = BudgetPolicy(usd_hour=5, usd_day=9, usd_total=15, tokens_hour=500, tokens_total=2000)
        self.ledger = Ledger(self.policy)
        self.now = NOON
        self.out: list[Reservation] = []
        self.truth: dict[tuple[str, int], Amount] = {}
        self.above: dict[tuple[str, int], Amount] = {}

    def _book(self, reservation: Reservation, cost: Amount) -> None:
        for name, index in zip(("hour", "day", "total"), reservation.indexes, strict=True):
            key = (name, index)
            self.truth[key] = self.truth.get(key, Amount()).plus(cost)
            self.above[key] = self.above.get(key, Amount()).plus(cost.minus(reservation.amount))

    @rule(nano_usd=st.integers(0, 3 * NANO), tokens=st.integers(0, 300))
    def call(self, nano_usd: int, tokens: int) -> None:
        reservation = self.ledger.reserve(self.now, Amount(nano_usd, tokens))
        if isinstance(reservation, Reservation):
            self.out.append(reservation)

    @rule(at=st.integers(0, 99), nano_usd=st.integers(0, 4 * NANO), tokens=st.integers(0, 400))
    def know(self, at: int, nano_usd: int, tokens: int) -> None:
        if self.out:
            reservation = self.out.pop(at % len(self.out))
            self.ledger.settle(reservation, nano_usd, tokens)
            self._book(reservation, Amount(nano_usd, tokens))

    @rule(at=st.integers(0, 99))
    def never_know(self, at: int) -> None:
        if self.out:
            reservation = self.out.pop(at % len(self.out))
            self.ledger.settle(reservation, None, None, answered=False)
            self._book(reservation, reservation.amount)

    @rule(seconds=st.sampled_from([-30.0, 1.0, 600.0, 3600.0, 86_400.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def crash(self) -> None:
        for reservation in self.out:
            self._book(reservation, reservation.amount)  # at worst
        self.out = []
        self.ledger = Ledger(self.policy, self.ledger.spending.restarted())

    @invariant()
    def kept(self) -> None:
        limits = zip(("hour", "day", "total"), self.policy.usd, self.policy.tokens, strict=True)
        bounds = {name: Amount(int((usd or 1e6) * NANO), tokens or 10**9) for name, usd, tokens in limits}
        for (name, index), truth in self.truth.items():
            above = self.above[(name, index)]
            assert truth.nano_usd <= bounds[name].nano_usd + above.nano_usd
            assert truth.tokens <= bounds[name].tokens + above.tokens

    @invariant()
    def books_agree(self) -> None:
        total = self.ledger.spending.windows[2]
        assert total.spent == self.truth.get(("total", 0), Amount())
        assert total.reserved.nano_usd == sum(reservation.amount.nano_usd for reservation in self.out)


TestPurse = Purse.TestCase
TestPurse.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, NANO)), max_size=30))
def test_reservations_alone_never_exceed_the_limit(steps: list[tuple[bool, int]]) -> None:
    ledger = Ledger(BudgetPolicy(usd_total=2))
    for gives_back, nano_usd in steps:
        reservation = ledger.reserve(NOON, Amount(nano_usd, 0))
        assert ledger.spending.windows[2].used.nano_usd <= 2 * NANO
        if isinstance(reservation, Reservation) and gives_back:
            ledger.settle(reservation, 0, 0)


def test_other_limits_apply_to_what_was_spent_before() -> None:
    ledger = Ledger(BudgetPolicy(usd_total=10))
    for _ in range(4):
        ledger.settle(reserved(ledger), NANO, 100)
    spending: Spending = ledger.spending
    assert Ledger(BudgetPolicy(usd_total=3), spending).reserve(NOON, DOLLAR) == Refusal("budget_usd_total")
    assert Ledger(replace(BudgetPolicy(), usd_total=6), spending).left(NOON) == {"usd_total": 2 * NANO}
