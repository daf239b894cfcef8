from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.limits.breaker import Breaker, BreakerPolicy, BreakerState, backoff_s

SECOND = 1_000_000_000
POLICY = BreakerPolicy(failures=3, window=5, backoff_s=1.0, max_backoff_s=8.0, successes=2)


def call(breaker: Breaker, now_ns: int, failed: bool | None, chance: float = 0.0) -> None:
    assert breaker.admits(now_ns)
    breaker.end(breaker.begin(now_ns), now_ns, failed=failed, chance=chance)


def opened(now_ns: int = 0, chance: float = 0.0) -> Breaker:
    breaker = Breaker(POLICY)
    for _ in range(3):
        call(breaker, now_ns, failed=True, chance=chance)
    return breaker


def test_enough_failures_of_the_last_calls_open_it() -> None:
    breaker = Breaker(POLICY)
    for failed in (True, False, True, False, None):
        call(breaker, 0, failed)
    assert breaker.admits(0) and breaker.until_ns is None
    call(breaker, 0, failed=True)
    assert breaker.state(0) is BreakerState.OPEN and not breaker.admits(0)


def test_failures_further_back_than_the_window_are_forgotten() -> None:
    breaker = Breaker(POLICY)
    for failed in (True, True, False, False, False, False, True, True):
        call(breaker, 0, failed)
    assert breaker.admits(0)


def test_failures_in_a_row_open_it_sooner() -> None:
    breaker = Breaker(BreakerPolicy(failures=10, window=20, consecutive=2))
    for failed in (True, False, True):
        call(breaker, 0, failed)
    assert breaker.admits(0)
    call(breaker, 0, failed=True)
    assert not breaker.admits(0)


def test_one_probe_at_a_time_and_enough_of_them_close_it() -> None:
    breaker = opened()
    now = SECOND // 2
    assert breaker.until_ns == now and breaker.state(now) is BreakerState.HALF_OPEN
    ticket = breaker.begin(now)
    assert not breaker.admits(now), "one at a time"
    breaker.end(ticket, now, failed=False, chance=0.0)
    assert breaker.admits(now) and breaker.state(now) is BreakerState.HALF_OPEN
    call(breaker, now, failed=False)
    assert breaker.state(now) is BreakerState.CLOSED
    call(breaker, now, failed=True)
    assert breaker.admits(now), "what was before it opened is forgotten"


def test_a_probe_that_says_nothing_lets_another_try() -> None:
    breaker = opened()
    call(breaker, SECOND, failed=None)
    assert breaker.admits(SECOND) and breaker.state(SECOND) is BreakerState.HALF_OPEN


def test_a_probe_that_fails_opens_it_for_longer() -> None:
    breaker = opened()
    now, waits = 0, []
    for _ in range(6):
        until = breaker.until_ns
        assert until is not None
        waits.append((until - now) / SECOND)
        now = until
        call(breaker, now, failed=True)
    assert waits == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_calls_from_before_it_opened_say_nothing_afterwards() -> None:
    breaker = Breaker(POLICY)
    late = [breaker.begin(0) for _ in range(3)]
    for _ in range(3):
        call(breaker, 0, failed=True)
    probe = breaker.begin(SECOND)
    for ticket in late:
        breaker.end(ticket, SECOND, failed=False, chance=0.0)
    assert not breaker.admits(SECOND), "the probe is still out"
    breaker.end(probe, SECOND, failed=False, chance=0.0)
    assert breaker.state(SECOND) is BreakerState.HALF_OPEN


@given(st.integers(0, 5000), st.floats(0, 1, exclude_max=True))
def test_the_back_off_is_between_half_and_the_cap(openings: int, chance: float) -> None:
    wait = backoff_s(POLICY, openings, chance)
    doubled = min(8.0, 2.0 ** min(openings, 10))
    assert doubled / 2 <= wait <= doubled


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.sampled_from(["begin", "end", "wait"]), st.integers(0, 9), st.sampled_from([True, False, None]))
    )
)
def test_it_admits_nothing_while_open_one_while_half_open_and_always_comes_back(
    steps: list[tuple[str, int, bool | None]],
) -> None:
    breaker, now, out = Breaker(POLICY), 0, []
    for step, number, failed in steps:
        if step == "wait":
            now += number * SECOND
        elif step == "begin" and breaker.admits(now):
            half_open = breaker.state(now) is BreakerState.HALF_OPEN
            out.append(breaker.begin(now))
            assert breaker.state(now) is not BreakerState.OPEN
            assert not (half_open and breaker.admits(now))
        elif step == "end" and out:
            breaker.end(out.pop(number % len(out)), now, failed=failed, chance=0.5)
    while out:
        breaker.end(out.pop(), now, failed=False, chance=0.5)
    now += 8 * SECOND
    assert breaker.admits(now), "no ticket is out, the longest back-off is over"
    call(breaker, now, failed=False)
    call(breaker, now, failed=False)
    assert breaker.state(now) is BreakerState.CLOSED or breaker.until_ns is None
