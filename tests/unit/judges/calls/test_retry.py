from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.judges.calls.faults import Blame, Failure
from shadowbench.judges.calls.retry import Patience, asked_wait_s, wait_s

AGAIN = Failure(outcome="server_error", blame=Blame.EITHER, is_retryable=True)
NEVER = Failure(outcome="rejected", blame=Blame.EITHER, is_retryable=False)
PATIENCE = Patience(tries=4, backoff_s=0.5, max_backoff_s=30.0, max_asked_s=90.0)
UNIX = 1_800_000_000.0


def waits(chance: float, asked_s: float | None = None) -> list[float | None]:
    return [wait_s(PATIENCE, AGAIN, tried=n, asked_s=asked_s, chance=chance) for n in (1, 2, 3, 4)]


def test_waiting_doubles_and_ends_with_the_tries() -> None:
    assert waits(chance=0.5) == [0.25, 0.5, 1.0, None]
    assert waits(chance=0.0) == [0.0, 0.0, 0.0, None]


def test_what_the_server_asks_for_is_a_lower_bound() -> None:
    assert waits(chance=0.5, asked_s=7.0) == [7.25, 7.5, 8.0, None]


def test_more_patience_than_there_is_is_not_had() -> None:
    assert wait_s(PATIENCE, AGAIN, tried=1, asked_s=90.0, chance=0.0) == 90.0
    assert wait_s(PATIENCE, AGAIN, tried=1, asked_s=90.1, chance=0.0) is None


def test_what_would_fail_again_is_not_tried_again() -> None:
    assert wait_s(PATIENCE, NEVER, tried=1, asked_s=None, chance=0.0) is None


@given(tried=st.integers(1, 500), chance=st.floats(0, 1, exclude_max=True))
def test_no_wait_is_longer_than_the_longest(tried: int, chance: float) -> None:
    wait = wait_s(Patience(tries=1000), AGAIN, tried=tried, asked_s=None, chance=chance)
    assert wait is not None and 0 <= wait <= 30.0


@pytest.mark.parametrize(
    ("headers", "asked_s"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "1"}, 1.0),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:20 GMT"}, 20.0),
        ({"retry-after": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_a_response_says_when_to_come_back(headers: dict[str, str], asked_s: float | None) -> None:
    assert asked_wait_s(headers, UNIX) == asked_s


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms"]), st.text()))
def test_whatever_the_headers_say_it_is_a_time_or_nothing(headers: dict[str, str]) -> None:
    asked = asked_wait_s(headers, UNIX)
    assert asked is None or (math.isfinite(asked) and asked >= 0)
