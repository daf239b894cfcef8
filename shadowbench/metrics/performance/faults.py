"""How an endpoint fails, and how often it had to be asked."""

from __future__ import annotations

from shadowbench.metrics.base import Absent, Detailed, Value, metric
from shadowbench.metrics.behaviour.refusal_signs import sign_of
from shadowbench.metrics.view import Side
from shadowbench.records import Observation, Outcome
from shadowbench.scores import Direction, Shape

_NOBODY_S = frozenset({Outcome.NOT_SENT, Outcome.CLIENT_CANCELLED})
"""Outcomes that say nothing of the endpoint: it was not asked, or nobody waited for it."""

_BY_STATUS = {
    401: "not_allowed",
    403: "not_allowed",
    404: "not_found",
    408: "timed_out",
    413: "too_large",
    429: "rate_limited",
    503: "overloaded",
    504: "timed_out",
    529: "overloaded",  # Anthropic's
}


@metric(version="1", shape=Shape.SIDES, direction=Direction.LOWER, low=0, high=1, whatever_came=True)
def error_class(side: Side) -> Value:
    """Whether the endpoint failed to answer; the detail has the class of the failure, and its status and reason.

    Classes: rejected (by a filter: see `refusal`), rate_limited, overloaded, not_allowed, not_found, too_large, bad_request,
    server_error, other_status; timed_out, unreachable, truncated, stream_error, unparsed.
    """
    seen = side.observation
    if seen.outcome is Outcome.OK:
        return False
    if seen.outcome in _NOBODY_S:
        return Absent(f"fault_{seen.outcome.value}")
    told = {"class": class_of(seen), "status": seen.status, "reason": seen.reason}
    return Detailed(1.0, {name: value for name, value in told.items() if value is not None})


@metric(
    version="1",
    shape=Shape.SIDES,
    direction=Direction.LOWER,
    low=0,
    high=None,
    unit="retries",
    whatever_came=True,
)
def retries(side: Side) -> Value:
    """How often a candidate was asked again before this came of it. Production is never: what its client repeats is its own."""
    seen = side.observation
    if seen.endpoint == "production":
        return Absent("never_retried")
    return Absent("fault_not_sent") if seen.outcome is Outcome.NOT_SENT else len(seen.attempts)


def class_of(seen: Observation) -> str:
    """The class of a failure, as in `error_class`."""
    if seen.outcome is not Outcome.HTTP_ERROR:
        return seen.outcome.value
    if sign_of(seen) is not None:
        return "rejected"
    status = seen.status or 0
    return _BY_STATUS.get(status) or (
        "server_error" if status >= 500 else "bad_request" if status in (400, 422) else "other_status"
    )
