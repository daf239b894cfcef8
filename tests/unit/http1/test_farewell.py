"""How long a connection may take that is being closed: a clock, and what is still unsent."""

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.http1.farewell import Farewell

PATIENCE = 60.0


def test_without_lingering_it_waits_for_who_still_reads() -> None:
    farewell = Farewell(100.0, since=100.0, lingers=False)
    assert not farewell.is_over(101.0, 0, PATIENCE), "the transport closes by itself"
    assert not farewell.is_over(159.0, 500, PATIENCE)
    assert not farewell.is_over(218.0, 400, PATIENCE), "some of it was taken"
    assert not farewell.is_over(277.0, 400, PATIENCE)
    assert farewell.is_over(279.0, 400, PATIENCE)


def test_who_was_silent_before_is_not_waited_for_anew() -> None:
    farewell = Farewell(100.0, since=30.0, lingers=False)
    assert farewell.is_over(100.1, 0, PATIENCE), "nothing is unsent: a handshake that nobody answers may not hold it"
    slow = Farewell(100.0, since=30.0, lingers=False)
    assert not slow.is_over(100.1, 500, PATIENCE)


def test_lingering_ends_two_seconds_after_the_last_byte_that_came() -> None:
    farewell = Farewell(100.0, since=100.0, lingers=True)
    assert not farewell.is_over(101.9, 0, PATIENCE)
    farewell.heard(101.9)
    assert not farewell.is_over(103.8, 0, PATIENCE)
    assert farewell.is_over(104.0, 0, PATIENCE)


def test_lingering_does_not_end_before_the_answer_was_taken() -> None:
    farewell = Farewell(100.0, since=100.0, lingers=True)
    assert not farewell.is_over(120.0, 10, PATIENCE)
    assert farewell.is_over(121.0, 0, PATIENCE)


@given(st.lists(st.floats(0, 100), max_size=50))
def test_nobody_holds_it_open_by_sending(moments: list[float]) -> None:
    farewell = Farewell(0.0, since=0.0, lingers=True)
    for moment in sorted(moments):
        farewell.heard(moment)
    assert farewell.is_over(max([30.0, *(min(each + 2, 30.0) for each in moments)]) + 0.1, 0, 1000.0)
