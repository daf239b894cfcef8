"""What one endpoint did with a request: bytes and stamps in, `Observation` out. One pure function for both sides.

`wire.reading` decides the outcome, with the transport's reason as one of its inputs. Two things are decided here. A prefix
"production_" of the proxy's reasons is dropped, so that both sides use the same words. And where we ended a candidate's call
ourselves to shut down, we are the client that left first; the candidate is not to blame.

An observation is priced as it is made: the price needs the usage and the models' names only, and carries nothing of the traffic
that would have to be redacted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from shadowbench import handoff
from shadowbench.handoff import Chunk
from shadowbench.making import maker_of
from shadowbench.pricing import Call, Pricer, cost_of, with_attempts
from shadowbench.recorder.attempts import attempts_of
from shadowbench.recorder.clock import Content, origin_ns, timing_of
from shadowbench.recorder.heads import ResponseHead
from shadowbench.recorder.raw import RawSide
from shadowbench.records import NO_USAGE, Attempt, Cost, Dialect, Observation, Outcome, Timing
from shadowbench.wire.reading import Reading, ReadingLimits, outcome_of_transport, read_plain, reader_for

OVERFLOW = "overflow"
NOT_SENT = "not_sent:"
_OUR_DOING = frozenset({"shutdown", "killed"})  # killed: an operator ended all calls
# The last attempt's answer, which the mirror did not keep because it meant to try again, and then could not.
_ANSWERED = re.compile(r"http_(\d{3})")
_BROKEN_OFF = frozenset({Outcome.TRUNCATED, Outcome.STREAM_ERROR, Outcome.CLIENT_CANCELLED, Outcome.TIMED_OUT})
_call, _content, _observation = maker_of(Call), maker_of(Content), maker_of(Observation)
_EMBEDDINGS = frozenset({Dialect.OPENAI_EMBEDDINGS, Dialect.OLLAMA_EMBED})

MAX_NAME_CHARACTERS = 512  # of a reported model or fingerprint


class Asked(NamedTuple):
    """What was asked of an endpoint, as far as its observation needs it."""

    endpoint: str
    dialect: Dialect
    requested_model: str | None
    started_at: float = 0.0  # Unix seconds: some prices change by the hour


class Means(NamedTuple):
    """What observing needs beside the bytes."""

    limits: ReadingLimits
    pricer: Pricer
    # Told of every observation, with the times of its stream's pieces, which the log does not keep.
    tell: Callable[[Observation, Sequence[float]], None] | None = None


def observe(side: RawSide, asked: Asked, means: Means) -> Observation:
    """One side's observation. Raises ProtocolError when a part's stamps do not add up."""
    seen, content_times = _observe(side, asked, means)
    if means.tell is not None:
        means.tell(seen, content_times)
    return seen


def _observe(side: RawSide, asked: Asked, means: Means) -> tuple[Observation, Sequence[float]]:
    """The observation, and when the pieces of its stream came that have content."""
    attempts = _attempts(side, asked, means.pricer)
    if side.head is None:
        return _headless(side, asked, attempts, means.pricer), ()
    chunks = _chunks(side)
    head = ResponseHead(side.head.head)
    reading = _read(side, chunks, head, asked.dialect, means.limits)
    outcome = _blame(reading.outcome, reading.reason)
    timing = timing_of(side, chunks, _content(reading.first_content_s, reading.content_times))
    call = _call(
        endpoint=asked.endpoint,
        requested_model=asked.requested_model,
        reported_model=reading.reported_model,
        at=asked.started_at,
        usage=reading.usage,
        status=head.status,
        was_sent=side.t0_ns is not None,
        is_whole=outcome not in _BROKEN_OFF,
        duration_s=_duration_s(side, timing),
        only_input=asked.dialect in _EMBEDDINGS,
    )
    seen = _observation(
        endpoint=asked.endpoint,
        outcome=outcome,
        reason=_neutral(reading.reason),
        status=head.status,
        error_type=reading.error_type,
        error_message=reading.error_message,
        streamed=reading.streamed,
        answer=reading.answer,
        usage=reading.usage,
        timing=timing,
        requested_model=asked.requested_model,
        reported_model=_as_name(reading.reported_model),
        fingerprint=_as_name(reading.fingerprint),
        provider_request_id=provider_request_id(head),
        response_bytes=side.body_bytes,
        body=reading.body,
        body_truncated=reading.body_truncated or side.overflow,
        dialect=asked.dialect,
        cost=_with(attempts, cost_of(means.pricer, call)),
        attempts=attempts,
    )
    return seen, reading.content_times


def _as_name(told: str | None) -> str | None:
    """What is longer is no name, and would stand in every row, in marks and reports."""
    return told if told is None or len(told) <= MAX_NAME_CHARACTERS else told[:MAX_NAME_CHARACTERS]


def not_sent(asked: Asked, reason: str, attempts: tuple[Attempt, ...] = ()) -> Observation:
    """The observation of a candidate that was never called, or not again after these attempts."""
    return Observation(
        endpoint=asked.endpoint,
        outcome=Outcome.NOT_SENT,
        reason=reason,
        requested_model=asked.requested_model,
        dialect=asked.dialect,
        cost=_with(attempts, None),
        attempts=attempts,
    )


def provider_request_id(head: ResponseHead) -> str | None:
    """What the provider calls this request."""
    return head.get(b"x-request-id") or head.get(b"request-id") or None


def _headless(side: RawSide, asked: Asked, attempts: tuple[Attempt, ...], pricer: Pricer) -> Observation:
    code = side.end.reason or "no_head"
    if code.startswith(NOT_SENT):
        return not_sent(asked, code.removeprefix(NOT_SENT), attempts)
    answered = _ANSWERED.fullmatch(code)
    status = int(answered[1]) if answered is not None else None
    outcome = _blame(outcome_of_transport(code, head_seen=False), code) if status is None else Outcome.HTTP_ERROR
    call = Call(
        endpoint=asked.endpoint,
        requested_model=asked.requested_model,
        reported_model=None,
        at=asked.started_at,
        usage=NO_USAGE,
        status=status,
        was_sent=side.t0_ns is not None,
        is_whole=False,
        duration_s=_duration_s(side, None),
    )
    # Such an answer is that of the last attempt, and paid for there.
    own = cost_of(pricer, call) if status is None or not attempts else None
    return Observation(
        endpoint=asked.endpoint,
        outcome=outcome,
        reason=_neutral(code) if status is None else f"status_{status}",
        status=status,
        requested_model=asked.requested_model,
        timing=Timing(paused_s=side.end.paused_s, loop_lag_s=side.end.lag_s),
        dialect=asked.dialect,
        cost=_with(attempts, own),
        attempts=attempts,
    )


def _attempts(side: RawSide, asked: Asked, pricer: Pricer) -> tuple[Attempt, ...]:
    if not side.attempts:
        return ()
    return attempts_of(side.attempts, origin_ns(side), pricer, asked.endpoint, asked.requested_model)


def _with(attempts: tuple[Attempt, ...], cost: Cost | None) -> Cost | None:
    return with_attempts(cost, [attempt.cost_usd for attempt in attempts]) if attempts else cost


def _chunks(side: RawSide) -> Sequence[Chunk]:
    if len(side.parts) == 1:
        return handoff.read_part(side.parts[0])
    return [chunk for payload in side.parts for chunk in handoff.read_part(payload)]


def _duration_s(side: RawSide, timing: Timing | None) -> float | None:
    """How long the endpoint was busy with the request: to the last byte, or to the end where none came."""
    if timing is not None and timing.last_byte_s is not None:
        return timing.last_byte_s
    return None if side.t0_ns is None else max(0, side.end.end_ns - side.t0_ns) / 1e9


def _read(
    side: RawSide, chunks: Sequence[Chunk], head: ResponseHead, dialect: Dialect, limits: ReadingLimits
) -> Reading:
    content_type, coding, status = head.get(b"content-type"), head.joined(b"content-encoding"), head.status or 0
    origin = origin_ns(side)
    if len(chunks) == 1 and side.end.reason is None and not side.overflow:
        at_ns, data = chunks[0]
        if (
            reading := read_plain(dialect, content_type, coding, status, data, (at_ns - origin) / 1e9, limits)
        ) is not None:
            return reading
    reader = reader_for(dialect, content_type, coding, status, limits)
    for at_ns, data in chunks:
        reader.feed(data, (at_ns - origin) / 1e9)
    # Above the capture bound the reader saw a prefix, and must not take its end for the answer's.
    return reader.finish(side.end.reason or (OVERFLOW if side.overflow else None))


def _blame(outcome: Outcome, code: str | None) -> Outcome:
    return Outcome.CLIENT_CANCELLED if code in _OUR_DOING else outcome


def _neutral(code: str | None) -> str | None:
    return code.removeprefix("production_") if code is not None else None
