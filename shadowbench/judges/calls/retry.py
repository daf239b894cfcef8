"""Whether and when an attempt is made again. Pure: chance is an argument.

Waiting doubles from half a second, with full jitter, so that many that failed together do not come back together. A server's
own word (`retry-after-ms`, then Retry-After) is a lower bound, to which the jitter is added. One that asks for more patience
than there is gets none: its judge pauses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from shadowbench.judges.calls.faults import Failure
from shadowbench.limits.retry import retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long."""

    tries: int = 4  # the first included
    backoff_s: float = 0.5  # doubles with each
    max_backoff_s: float = 30.0
    max_asked_s: float = 90.0  # the longest Retry-After that is waited for


def wait_s(patience: Patience, failure: Failure, *, tried: int, asked_s: float | None, chance: float) -> float | None:
    """Seconds until the next try after `tried` ones; None: there is none. `chance` from [0, 1)."""
    if not failure.is_retryable or tried >= patience.tries or (asked_s or 0.0) > patience.max_asked_s:
        return None
    doubled = patience.backoff_s * 2.0 ** min(tried - 1, 60)
    return (asked_s or 0.0) + min(patience.max_backoff_s, doubled) * chance


def asked_wait_s(headers: Mapping[str, str], unix_s: float) -> float | None:
    """What a response says about when to come back. Names are in lower case."""
    try:
        asked = float(headers.get("retry-after-ms", "")) / 1000
        if isfinite(asked) and asked >= 0:
            return asked
    except ValueError:
        pass
    said = headers.get("retry-after")
    if said is None:
        return None
    try:  # some gateways give fractions of seconds, which RFC 9110 does not know
        asked = float(said)
    except ValueError:
        return retry_after_s(said, unix_s)
    return asked if isfinite(asked) and asked >= 0 else None
