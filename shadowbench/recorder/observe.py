"""What one endpoint did with a request: bytes and stamps in, `Observation` out. One pure function for both sides.

`wire.reading` decides the outcome, with the transport's reason as one of its inputs. Two things are decided here. A prefix
"production_" of the proxy's reasons is dropped, so that both sides use the same words. And where we ended a candidate's call
ourselves to shut down, we are the client that left first; the candidate is not to blame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shadowbench import handoff
from shadowbench.handoff import Chunk
from shadowbench.recorder.clock import Content, origin_ns, timing_of
from shadowbench.recorder.heads import Head, read_head_lines, status_of
from shadowbench.recorder.raw import RawSide
from shadowbench.records import Dialect, Observation, Outcome, Timing
from shadowbench.wire.reading import Reading, ReadingLimits, outcome_of_transport, reader_for

OVERFLOW = "overflow"
NOT_SENT = "not_sent:"
SHUTDOWN = "shutdown"
_REQUEST_ID_HEADERS = ("x-request-id", "request-id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked of an endpoint, as far as its observation needs it."""

    endpoint: str
    dialect: Dialect
    requested_model: str | None


def observe(side: RawSide, asked: Asked, limits: ReadingLimits) -> Observation:
    """One side's observation. Raises ProtocolError when a part's stamps do not add up."""
    if side.head is None:
        return _headless(side, asked)
    chunks = [chunk for payload in side.parts for chunk in handoff.read_part(payload)]
    head = read_head_lines(side.head.head)
    reading = _read(side, chunks, head, asked.dialect, limits)
    return Observation(
        endpoint=asked.endpoint,
        outcome=_blame(reading.outcome, reading.reason),
        reason=_neutral(reading.reason),
        status=status_of(head.start),
        error_type=reading.error_type,
        error_message=reading.error_message,
        streamed=reading.streamed,
        answer=reading.answer,
        usage=reading.usage,
        timing=timing_of(side, chunks, Content(reading.first_content_s, reading.content_times)),
        requested_model=asked.requested_model,
        reported_model=reading.reported_model,
        fingerprint=reading.fingerprint,
        provider_request_id=provider_request_id(head),
        response_bytes=side.body_bytes,
        body=reading.body,
        body_truncated=reading.body_truncated or side.overflow,
    )


def not_sent(asked: Asked, reason: str) -> Observation:
    """The observation of a candidate that was never called."""
    return Observation(
        endpoint=asked.endpoint, outcome=Outcome.NOT_SENT, reason=reason, requested_model=asked.requested_model
    )


def provider_request_id(head: Head) -> str | None:
    """What the provider calls this request."""
    values = (head.get(name) for name in _REQUEST_ID_HEADERS)
    return next((value for value in values if value), None)


def _headless(side: RawSide, asked: Asked) -> Observation:
    code = side.end.reason or "no_head"
    if code.startswith(NOT_SENT):
        return not_sent(asked, code.removeprefix(NOT_SENT))
    return Observation(
        endpoint=asked.endpoint,
        outcome=_blame(outcome_of_transport(code, head_seen=False), code),
        reason=_neutral(code),
        requested_model=asked.requested_model,
        timing=Timing(paused_s=side.end.paused_s, loop_lag_s=side.end.lag_s),
    )


def _read(side: RawSide, chunks: Sequence[Chunk], head: Head, dialect: Dialect, limits: ReadingLimits) -> Reading:
    status = status_of(head.start) or 0
    reader = reader_for(dialect, head.get("content-type"), head.joined("content-encoding"), status, limits)
    origin = origin_ns(side)
    for at_ns, data in chunks:
        reader.feed(data, (at_ns - origin) / 1e9)
    # Above the capture bound the reader saw a prefix, and must not take its end for the answer's.
    return reader.finish(side.end.reason or (OVERFLOW if side.overflow else None))


def _blame(outcome: Outcome, code: str | None) -> Outcome:
    return Outcome.CLIENT_CANCELLED if code == SHUTDOWN else outcome


def _neutral(code: str | None) -> str | None:
    return code.removeprefix("production_") if code is not None else None
