from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.limits.retry import BUSY, Failed, GiveUp, RetryAt, RetryPolicy, decide, retry_after_s

SECOND = 1_000_000_000
POLICY = RetryPolicy(retries=2, backoff_s=0.5, max_backoff_s=4.0)
FAULTS = [
    "refused", "reset", "dns", "tls", "unreachable", "timed_out_connect", "timed_out_first_byte", "timed_out_idle",
    "timed_out_total", "truncated", "bad_response", "overflow", "shutdown", "egress_refused", "egress_unreachable", "stale",
]  # fmt: skip


def decided(latest_ns: int = 100 * SECOND, chance: float = 0.5, **failed: Any) -> RetryAt | GiveUp:
    given = {"retries": 0, "fault": None} | failed
    return decide(POLICY, Failed(**given), now_ns=SECOND, unix_s=1_000.0, latest_ns=latest_ns, chance=chance)


@pytest.mark.parametrize("fault", ["refused", "reset", "dns", "unreachable", "timed_out_connect", "egress_refused"])
def test_no_connection_is_tried_again_after_a_while(fault: str) -> None:
    assert decided(fault=fault) == RetryAt(SECOND + SECOND // 4, fault)


@pytest.mark.parametrize("status", sorted(BUSY))
def test_a_busy_endpoint_is_asked_again(status: int) -> None:
    assert decided(status=status, sent=True) == RetryAt(SECOND + SECOND // 4, f"http_{status}")


@pytest.mark.parametrize("status", [200, 400, 401, 404, 408, 500, 502, 504])
def test_other_answers_are_answers(status: int) -> None:
    assert decided(status=status, sent=True) == GiveUp("unsafe")


def test_a_certificate_does_not_get_better() -> None:
    assert decided(fault="tls") == GiveUp("unsafe")


@pytest.mark.parametrize("value", ["3", " 3 ", "Thu, 01 Jan 1970 00:16:43 GMT", "Thursday, 01-Jan-70 00:16:43 GMT",
                                   "Thu Jan  1 00:16:43 1970"])  # fmt: skip
def test_retry_after_is_read_in_all_its_forms(value: str) -> None:
    assert retry_after_s(value, 1_000.0) == 3.0
    assert decided(status=429, retry_after=value, chance=0.0) == RetryAt(4 * SECOND, "http_429")


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "Thu, 01 Foo 1970 00:00:00 GMT", "\u0663"])
def test_what_is_no_retry_after_is_none(value: str) -> None:
    assert retry_after_s(value, 1_000.0) is None


def test_a_date_that_is_past_is_now() -> None:
    assert retry_after_s("Thu, 01 Jan 1970 00:00:00 GMT", 1_000.0) == 0.0


def test_more_patience_than_there_is_is_not_spent() -> None:
    assert decided(status=429, retry_after="5") == GiveUp("retry_after_too_long")


def test_a_stale_connection_is_replaced_at_once_and_once() -> None:
    assert decided(fault="stale", sent=True, retries=9) == RetryAt(SECOND, "stale")
    assert decided(fault="stale", sent=True, stale_before=True) == GiveUp("unsafe")


@given(st.text(max_size=40))
def test_any_text_may_stand_in_retry_after(value: str) -> None:
    seconds = retry_after_s(value, 1e9)
    assert seconds is None or seconds >= 0


@given(
    st.builds(
        Failed,
        retries=st.integers(0, 5),
        fault=st.one_of(st.none(), st.sampled_from(FAULTS)),
        status=st.one_of(st.none(), st.sampled_from([200, 429, 500, 503, 529])),
        sent=st.booleans(),
        body_begun=st.booleans(),
        stale_before=st.booleans(),
        retry_after=st.one_of(st.none(), st.sampled_from(["0", "3", "4", "9"])),
    ),
    st.integers(0, 10 * SECOND),
    st.floats(0, 1, exclude_max=True),
)
def test_only_what_is_safe_in_time_and_within_bounds_is_tried_again(
    failed: Failed, latest_ns: int, chance: float
) -> None:
    verdict = decide(POLICY, failed, now_ns=SECOND, unix_s=0.0, latest_ns=latest_ns, chance=chance)
    if isinstance(verdict, RetryAt):
        assert SECOND <= verdict.at_ns <= latest_ns
        assert verdict.at_ns <= SECOND * (1 + 2 * POLICY.max_backoff_s)
        assert not failed.body_begun
        assert failed.status in BUSY or (failed.status is None and (not failed.sent or failed.fault == "stale"))
        assert failed.fault == "stale" or failed.retries < POLICY.retries
