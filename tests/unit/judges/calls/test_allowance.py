from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.judges.calls.allowance import Allowance


def test_too_much_halves_once_for_all_that_were_under_way() -> None:
    allowance = Allowance(8)
    tickets = [allowance.begin() for _ in range(8)]
    for ticket in tickets:
        allowance.overloaded(ticket)
    assert allowance.allowed == 4
    allowance.overloaded(allowance.begin())
    assert allowance.allowed == 2


def test_each_round_of_answers_allows_one_more() -> None:
    allowance = Allowance(8)
    allowance.overloaded(allowance.begin())
    seen = []
    for _ in range(4 + 5 + 6 + 7):
        allowance.answered(allowance.begin())
        seen.append(allowance.allowed)
    assert [seen.index(n) + 1 for n in (5, 6, 7, 8)] == [4, 9, 15, 22]


def test_answers_of_before_do_not_count_for_now() -> None:
    allowance = Allowance(4)
    old = [allowance.begin() for _ in range(4)]
    allowance.overloaded(old[0])
    for ticket in old[1:]:
        allowance.answered(ticket)
    assert allowance.allowed == 2


def test_after_it_was_out_of_order_one_finds_out() -> None:
    allowance = Allowance(8)
    old = allowance.begin()
    allowance.restart()
    allowance.answered(old)
    assert allowance.allowed == 1
    allowance.answered(allowance.begin())
    assert allowance.allowed == 2


@given(most=st.integers(-1, 20), news=st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=200))
def test_there_is_always_one_and_never_more_than_most(most: int, news: list[tuple[bool, int]]) -> None:
    allowance, tickets = Allowance(most), [0]
    for is_too_much, which in news:
        tickets.append(allowance.begin())
        ticket = tickets[-1 - which % len(tickets)]
        (allowance.overloaded if is_too_much else allowance.answered)(ticket)
        assert 1 <= allowance.allowed <= max(1, most)
