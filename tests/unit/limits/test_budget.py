from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from shadowbench.limits.budget import (
    NANO,
    UNKNOWN_IN_A_ROW,
    Amount,
    BudgetPolicy,
    Ledger,
    Refusal,
    Reservation,
    Spending,
    Why,
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


TINY = Amount(1, 1)


def without_usage(ledger: Ledger, times: int, why: Why | None = Why.NO_USAGE, nano_usd: int | None = None) -> None:
    for _ in range(times):
        ledger.settle(reserved(ledger, TINY), nano_usd, None, why=why)


@pytest.mark.parametrize("policy", [BudgetPolicy(usd_total=9), BudgetPolicy(tokens_total=1000)])
@pytest.mark.parametrize("why", [Why.NO_USAGE, None])
def test_missing_usage_stops_once_it_is_the_rule(policy: BudgetPolicy, why: Why | None) -> None:
    ledger = Ledger(policy)
    without_usage(ledger, UNKNOWN_IN_A_ROW - 1, why)
    ledger.settle(reserved(ledger, TINY), 5, 5)
    without_usage(ledger, UNKNOWN_IN_A_ROW - 1, why)
    reserved(ledger, TINY)
    assert not ledger.usage_unknown
    without_usage(ledger, 1, why)
    assert ledger.usage_unknown and not ledger.price_unknown
    assert ledger.reserve(NOON, TINY) == Refusal("usage_unknown")


def test_tokens_that_nobody_counts_do_not_stop_a_budget_of_money_that_is_known() -> None:
    ledger = Ledger(BudgetPolicy(usd_total=9))
    without_usage(ledger, UNKNOWN_IN_A_ROW, nano_usd=1)
    reserved(ledger, TINY)
    ledger = Ledger(BudgetPolicy(tokens_total=99))
    without_usage(ledger, UNKNOWN_IN_A_ROW, nano_usd=1)
    assert ledger.reserve(NOON, TINY) == Refusal("usage_unknown")


@pytest.mark.parametrize("why", [Why.UNREADABLE, Why.KNOWN])
def test_answers_that_cannot_be_read_are_no_evidence(why: Why) -> None:
    ledger = Ledger(BudgetPolicy(usd_total=10, tokens_total=1000))
    without_usage(ledger, 3 * UNKNOWN_IN_A_ROW, why)
    assert not (ledger.price_unknown or ledger.usage_unknown)
    assert ledger.spending.windows[2].spent == Amount(15, 15), "they count as what was reserved"
    reserved(ledger)


def test_an_operator_may_trust_again_and_is_told_again() -> None:
    ledger = Ledger(BudgetPolicy(usd_total=100), price_known=False)
    ledger.trust()
    without_usage(ledger, UNKNOWN_IN_A_ROW)
    assert ledger.reserve(NOON, DOLLAR) == Refusal("usage_unknown")
    ledger.trust()
    ledger.settle(reserved(ledger), None, 5, why=Why.NO_PRICE)
    assert ledger.reserve(NOON, DOLLAR) == Refusal("price_unknown")
    ledger.trust()
    reserved(ledger)


def test_who_allows_unknown_prices_goes_on() -> None:
    ledger = Ledger(BudgetPolicy(usd_total=1.5, tokens_total=999, unknown="allow"))
    for _ in range(30):
        ledger.settle(reserved(ledger), None, None, why=Why.NO_PRICE)
    assert ledger.spending.windows[2].used == Amount(), "nothing of it counts"
    assert not ledger.knows_money and ledger.unknown_costs == 30
    assert [reserved(ledger).amount for _ in range(3)] == [Amount(0, 100)] * 3, "nor is room kept for it"
    ledger.settle(reserved(ledger), NANO, 7)
    assert ledger.knows_money and ledger.left(NOON)["usd_total"] == NANO // 2
    assert ledger.reserve(NOON, DOLLAR) == Refusal("budget_usd_total"), "what is known is kept to"


def test_a_price_known_to_be_unknown_stops_at_the_start_and_without_a_budget_never() -> None:
    assert Ledger(BudgetPolicy(usd_day=1), price_known=False).reserve(NOON, DOLLAR) == Refusal("price_unknown")
    reserved(Ledger(BudgetPolicy(tokens_day=100), price_known=False))
    reserved(Ledger(BudgetPolicy(), price_known=False))


def test_a_call_that_is_over_holds_what_it_has_probably_cost() -> None:
    ledger = Ledger(BudgetPolicy(usd_hour=3, usd_total=5))
    first = ledger.revise(reserved(ledger), Amount(2 * NANO, 10))
    assert ledger.left(NOON) == {"usd_hour": NANO, "usd_total": 3 * NANO}
    reserved(ledger, at=NOON + 3600)
    again = ledger.revise(first, Amount(4 * NANO, 10))
    assert ledger.left(NOON + 3600) == {"usd_hour": 2 * NANO, "usd_total": 0}, "not in an hour that it was not in"
    ledger.settle(again, NANO, 1)
    assert ledger.left(NOON + 3600) == {"usd_hour": 2 * NANO, "usd_total": 3 * NANO}


def test_the_dearest_call_leaves_room_for_one_in_an_empty_window() -> None:
    ledger = Ledger(BudgetPolicy(usd_hour=2, usd_total=50, tokens_total=1000))
    ledger.settle(reserved(ledger), 9 * NANO, 500)
    assert ledger.spending.largest == Amount(9 * NANO, 500) and ledger.dearest == Amount(2 * NANO, 500)
    assert ledger.reserve(NOON, ledger.dearest) == Refusal("budget_usd_hour")
    reserved(ledger, ledger.dearest, at=NOON + 3600)


@pytest.mark.parametrize(
    ("price_known", "nano_usd", "answered", "knows"),
    [(True, None, True, True), (None, 0, True, True), (None, 0, False, False), (None, None, True, False)],
)
def test_money_is_known_with_a_price_or_a_whole_call_that_had_one(
    price_known: bool | None, nano_usd: int | None, answered: bool, knows: bool
) -> None:
    ledger = Ledger(BudgetPolicy(), price_known=price_known)
    ledger.settle(reserved(ledger), nano_usd, 5, answered=answered)
    assert ledger.knows_money is knows


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
        self.out: list[tuple[Reservation, Amount]] = []  # and the least that was ever held for it
        self.truth: dict[tuple[str, int], Amount] = {}
        self.above: dict[tuple[str, int], Amount] = {}

    def _book(self, call: tuple[Reservation, Amount], cost: Amount) -> None:
        reservation, least = call
        for name, index in zip(("hour", "day", "total"), reservation.indexes, strict=True):
            key = (name, index)
            self.truth[key] = self.truth.get(key, Amount()).plus(cost)
            self.above[key] = self.above.get(key, Amount()).plus(cost.minus(least))

    @rule(nano_usd=st.integers(0, 3 * NANO), tokens=st.integers(0, 300))
    def call(self, nano_usd: int, tokens: int) -> None:
        reservation = self.ledger.reserve(self.now, Amount(nano_usd, tokens))
        if isinstance(reservation, Reservation):
            self.out.append((reservation, reservation.amount))

    @rule(at=st.integers(0, 99), nano_usd=st.integers(0, 4 * NANO), tokens=st.integers(0, 400))
    def know(self, at: int, nano_usd: int, tokens: int) -> None:
        if self.out:
            call = self.out.pop(at % len(self.out))
            self.ledger.settle(call[0], nano_usd, tokens)
            self._book(call, Amount(nano_usd, tokens))

    @rule(at=st.integers(0, 99), nano_usd=st.integers(0, 4 * NANO), tokens=st.integers(0, 400))
    def end(self, at: int, nano_usd: int, tokens: int) -> None:
        """Over and not priced: from now on its likely cost is held."""
        if self.out:
            reservation, least = self.out.pop(at % len(self.out))
            revised = self.ledger.revise(reservation, Amount(nano_usd, tokens))
            self.out.append((revised, Amount(min(least.nano_usd, nano_usd), min(least.tokens, tokens))))

    @rule(at=st.integers(0, 99))
    def never_know(self, at: int) -> None:
        if self.out:
            call = self.out.pop(at % len(self.out))
            self.ledger.settle(call[0], None, None, answered=False)
            self._book(call, call[0].amount)

    @rule(seconds=st.sampled_from([-30.0, 1.0, 600.0, 3600.0, 86_400.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def crash(self) -> None:
        for call in self.out:
            self._book(call, call[0].amount)  # at worst
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
        assert total.reserved.nano_usd == sum(reservation.amount.nano_usd for reservation, _ in self.out)


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
