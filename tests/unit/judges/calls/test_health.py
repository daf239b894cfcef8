from __future__ import annotations

from shadowbench.judges.calls.faults import Blame, Failure
from shadowbench.judges.calls.health import Health

THEIRS = Failure(outcome="rate_limited", blame=Blame.ENDPOINT, is_retryable=True, is_overload=True)
WRONG_KEY = Failure(outcome="not_allowed", blame=Blame.ENDPOINT, is_retryable=False)
OURS = Failure(outcome="too_long", blame=Blame.QUESTION, is_retryable=False)
EITHER = Failure(outcome="server_error", blame=Blame.EITHER, is_retryable=True)


def seasoned() -> Health:
    health = Health()
    health.answered()
    return health


def fail(health: Health, times: int) -> None:
    for _ in range(times):
        health.failed(EITHER, now_s=0.0)


def test_a_clear_case_needs_no_history() -> None:
    assert not Health().gives_up(THEIRS, b"q")
    assert Health().gives_up(OURS, b"q")


def test_a_question_is_given_up_when_others_are_answered() -> None:
    health = seasoned()
    fail(health, 3)
    assert health.gives_up(EITHER, b"q")


def test_many_failures_in_a_row_are_the_endpoints() -> None:
    health = seasoned()
    fail(health, 4)
    assert not health.gives_up(EITHER, b"q")


def test_an_answer_in_between_starts_the_row_again() -> None:
    health = seasoned()
    fail(health, 3)
    health.answered()
    fail(health, 3)
    assert health.gives_up(EITHER, b"q")


def test_a_question_that_is_too_long_says_nothing_about_the_endpoint() -> None:
    health = seasoned()
    for _ in range(10):
        health.failed(OURS, now_s=0.0)
    assert health.gives_up(EITHER, b"q")


def test_an_endpoint_that_never_answered_is_out_of_order() -> None:
    assert not Health().gives_up(EITHER, b"q")


def test_a_question_that_brings_about_six_pauses_is_given_up() -> None:
    health = Health()
    fail(health, 20)
    assert [health.gives_up(EITHER, b"q") for _ in range(6)] == [False] * 5 + [True]
    assert not health.gives_up(EITHER, b"other")


def test_after_ten_failures_in_a_row_nobody_tries_again() -> None:
    health = seasoned()
    fail(health, 9)
    assert not health.is_failing(0.0)
    fail(health, 1)
    assert health.is_failing(0.0)
    health.answered()
    assert not health.is_failing(0.0)


def test_who_says_that_it_is_too_much_is_not_failing() -> None:
    health = seasoned()
    for _ in range(50):
        health.failed(THEIRS, now_s=0.0)
    assert not health.is_failing(0.0)


def test_who_says_nothing_else_for_twenty_seconds_is_and_an_answer_ends_it() -> None:
    health = seasoned()
    for now_s in (0.0, 7.0, 14.0, 19.0):
        health.failed(THEIRS, now_s=now_s)
        assert not health.is_failing(now_s)
    assert health.is_failing(20.0)
    health.answered()
    health.failed(THEIRS, now_s=21.0)
    assert not health.is_failing(99.0)  # one refusal is none in a row


def test_a_long_wait_is_told_once_in_ten_minutes() -> None:
    health = Health()
    assert [health.tells(wait_s, now_s) for wait_s, now_s in ((1.9, 0.0), (7.0, 0.0), (7.0, 599.0), (7.0, 600.0))] == [
        False, True, False, True,
    ]  # fmt: skip


def test_pauses_grow_until_there_is_an_answer() -> None:
    health = Health()
    pauses = [health.pause(EITHER, now_s=0.0, asked_s=None) for _ in range(8)]
    assert pauses == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]
    health.answered()
    assert health.pause(EITHER, now_s=0.0, asked_s=None) == 5.0


def test_a_pause_is_at_least_what_was_asked_for() -> None:
    assert Health().pause(THEIRS, now_s=0.0, asked_s=1000.0) == 1000.0


def test_nobody_mends_a_key_in_seconds() -> None:
    assert Health().pause(WRONG_KEY, now_s=0.0, asked_s=None) == 300.0


def test_it_is_down_until_the_pause_is_over_or_somebody_is_answered() -> None:
    health = Health()
    health.pause(THEIRS, now_s=100.0, asked_s=None)
    assert health.down(101.0) == ("rate_limited", 4.0)
    assert health.down(105.0) is None
    health.pause(THEIRS, now_s=105.0, asked_s=None)
    health.answered()
    assert health.down(105.0) is None
