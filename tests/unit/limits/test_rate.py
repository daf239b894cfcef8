from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.limits.rate import Rate

SECOND = 1_000_000_000


def test_calls_are_spaced_by_the_rate() -> None:
    rate = Rate(4)
    assert rate.not_before_ns(5 * SECOND) == 5 * SECOND
    rate.take(5 * SECOND)
    assert rate.not_before_ns(5 * SECOND) == 5 * SECOND + SECOND // 4
    assert rate.not_before_ns(6 * SECOND) == 6 * SECOND


def test_less_than_one_a_second_is_a_rate_too() -> None:
    rate = Rate(0.1)
    rate.take(0)
    assert rate.not_before_ns(0) == 10 * SECOND


def test_a_burst_passes_at_once_and_is_paid_back() -> None:
    rate = Rate(10, burst=3)
    for _ in range(3):
        assert rate.not_before_ns(SECOND) == SECOND
        rate.take(SECOND)
    assert rate.not_before_ns(SECOND) == SECOND + SECOND // 10
    assert rate.not_before_ns(9 * SECOND) == 9 * SECOND


def test_no_rate_is_no_limit_and_can_still_be_held() -> None:
    rate = Rate(None)
    for _ in range(100):
        assert rate.not_before_ns(7) == 7
        rate.take(7)
    rate.hold(20)
    rate.hold(10)
    assert (rate.not_before_ns(7), rate.not_before_ns(21)) == (20, 21)


@given(
    st.floats(0.01, 10_000),
    st.integers(1, 50),
    st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=200),
)
def test_no_stretch_of_time_sees_more_than_burst_and_rate(per_s: float, burst: int, waits: list[int]) -> None:
    rate, now, taken = Rate(per_s, burst), 0, []
    for wait in waits:
        now += wait
        if rate.not_before_ns(now) == now:
            rate.take(now)
            taken.append(now)
    for first, start in enumerate(taken):
        for last, end in enumerate(taken[first:], start=first):
            assert last - first + 1 <= burst + per_s * (end - start) / SECOND + 1e-6


@given(st.floats(0.01, 10_000), st.integers(1, 50), st.integers(1, 100))
def test_whoever_waits_as_told_gets_the_whole_rate(per_s: float, burst: int, calls: int) -> None:
    rate, now = Rate(per_s, burst), 0
    for _ in range(calls):
        now = rate.not_before_ns(now)
        rate.take(now)
    # Each wait is rounded up to a nanosecond.
    assert now <= max(0, calls - burst) * (SECOND / per_s + 1)
