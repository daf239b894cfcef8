"""ATTEMPT: calls that were begun and tried again, from the frame to the record. Pure."""

from __future__ import annotations

from shadowbench import handoff
from shadowbench.errors import ProtocolError
from shadowbench.pricing import Pricer, Tried, attempt_usd
from shadowbench.recorder.raw import RawAttempt
from shadowbench.records import Attempt


def read_attempt(payload: bytes) -> RawAttempt:
    """Payload of ATTEMPT. Raises ProtocolError."""
    fields = handoff.read_json(payload)
    try:
        reason, status = fields["reason"], fields["status"]
        started_ns, ended_ns = int(fields["started_ns"]), int(fields["ended_ns"])
        if not isinstance(reason, str) or not (status is None or isinstance(status, int)) or ended_ns < started_ns:
            raise ValueError(fields)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ProtocolError(f"an attempt frame cannot be read: {error!r}") from None
    return RawAttempt(reason, status, started_ns, ended_ns)


def attempts_of(
    raw: tuple[RawAttempt, ...], origin_ns: int, pricer: Pricer, endpoint: str, requested_model: str | None
) -> tuple[Attempt, ...]:
    """The attempts before an observation whose times count from `origin_ns`."""
    return tuple(
        [
            Attempt(
                reason=each.reason,
                status=each.status,
                started_s=(each.started_ns - origin_ns) / 1e9,
                duration_s=(each.ended_ns - each.started_ns) / 1e9,
                cost_usd=attempt_usd(pricer, endpoint, requested_model, Tried(each.reason, each.status)),
            )
            for each in raw
        ]
    )
