"""Whether an attempt that failed is made again, and when. Pure.

A call to a model costs money and cannot be taken back, so only what cannot have begun to generate is tried again: the
connection was not made, a pooled one turned out to be dead, or the endpoint said that it is too busy (429, 503, Anthropic's
529). Never after a byte of a body, and never because time ran out after the request was sent.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from email.utils import parsedate_tz

BUSY = frozenset({429, 503, 529})
STALE = "stale"  # a pooled connection died before any byte of an answer
# A certificate does not get better within a second; everything else about connecting may.
_CONNECTING = frozenset(
    {"refused", "reset", "dns", "timed_out_connect", "unreachable", "egress_unreachable", "egress_refused"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how patiently."""

    retries: int = 0  # beside one for a stale pooled connection, which is our doing and free
    backoff_s: float = 0.25  # doubles with each retry
    max_backoff_s: float = 5.0  # and the longest Retry-After that is waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An attempt that came to nothing."""

    retries: int  # made before it, not counting those for stale connections
    fault: str | None  # None: a whole head came
    status: int | None = None
    sent: bool = False  # the request was handed to the socket
    body_begun: bool = False
    stale_before: bool = False  # an earlier attempt was made again because its connection was stale
    retry_after: str | None = None  # the header's value


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Again at this moment."""

    at_ns: int
    reason: str  # why the attempt failed: fault, or http_STATUS


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Not again: `unsafe`, `no_retries_left`, `retry_after_too_long` or `would_be_stale`."""

    reason: str


def decide(
    policy: RetryPolicy, failed: Failed, *, now_ns: int, unix_s: float, latest_ns: int, chance: float
) -> RetryAt | GiveUp:
    """`latest_ns`: when the copy becomes stale. `unix_s` is the wall's time at `now_ns`, for dates. `chance` from [0, 1)."""
    reason = _safe_reason(failed)
    if reason is None:
        return GiveUp("unsafe")
    if reason == STALE:
        # The endpoint saw nothing, and waiting would not make it see more.
        return _in_time(now_ns, reason, latest_ns)
    if failed.retries >= policy.retries:
        return GiveUp("no_retries_left")
    asked_s = retry_after_s(failed.retry_after, unix_s) if failed.retry_after is not None else None
    if asked_s is not None and asked_s > policy.max_backoff_s:
        return GiveUp("retry_after_too_long")
    wait_s = _backoff_s(policy, failed.retries, chance) + (asked_s or 0.0)
    return _in_time(now_ns + int(wait_s * 1e9), reason, latest_ns)


def retry_after_s(value: str, unix_s: float) -> float | None:
    """Seconds to wait by a Retry-After (RFC 9110 section 10.2.3): a number of seconds or a date; None: neither."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    parsed = parsedate_tz(text)
    if parsed is None:
        return None
    try:
        at = calendar.timegm((*parsed[:6], 0, 1, 0)) - (parsed[9] or 0)
    except (ValueError, OverflowError):
        return None
    return max(0.0, at - unix_s)


def _safe_reason(failed: Failed) -> str | None:
    if failed.body_begun:
        return None
    if failed.status is not None:
        return f"http_{failed.status}" if failed.status in BUSY else None
    if failed.fault == STALE:
        return None if failed.stale_before else STALE
    return failed.fault if not failed.sent and failed.fault in _CONNECTING else None


def _backoff_s(policy: RetryPolicy, retries: int, chance: float) -> float:
    # Full jitter: any moment up to the doubled time, so that many that failed together do not come back together.
    return min(policy.max_backoff_s, policy.backoff_s * 2.0 ** min(retries, 60)) * chance


def _in_time(at_ns: int, reason: str, latest_ns: int) -> RetryAt | GiveUp:
    return RetryAt(at_ns, reason) if at_ns <= latest_ns else GiveUp("would_be_stale")
