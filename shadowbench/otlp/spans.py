"""Calls as spans: names, ids, parents, attributes. Pure.

Production's span is a child of the client's. Candidates' are children of production's: a copy is made because of that call,
and one who looks at it wants to see both on one axis of time (Envoy's mirrored requests are children, too). A client without
a trace, or one that W3C does not know, gets one of its own: its id is the exchange's, so that log and trace find each other.

Ids of spans are hashes of the exchange's id, so that nothing has to be remembered to find them again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from shadowbench.otlp import conventions as names
from shadowbench.otlp.call import Call, Calls, Try
from shadowbench.otlp.options import Destination
from shadowbench.wire.trace_context import TraceContext

Value = str | int | float | bool | tuple[str, ...]
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_RANDOM_DIGITS = 14  # the right-most 56 bits of a trace id are random (W3C Trace Context, level 2, §3.2.2.5)
_RANDOM_VALUES = 1 << 56
LONGEST_NAME = 256
_LONGEST_REASON = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A moment within a span. Unix nanoseconds."""

    name: str
    at_ns: int
    attributes: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span, of kind client. Ids are hexadecimal digits, times Unix nanoseconds."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str | None
    is_parent_remote: bool
    trace_state: str | None
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Value]
    error: str | None  # why the call failed, as a code
    events: tuple[Event, ...] = ()


def trace_id_of(calls: Calls) -> str:
    """The client's, else the exchange's."""
    if calls.context is not None:
        return calls.context.trace_id
    digits = calls.exchange_id.replace("-", "").lower()
    return digits if _TRACE_ID.fullmatch(digits) else blake2b(calls.exchange_id.encode(), digest_size=16).hexdigest()


def is_kept(context: TraceContext | None, trace_id: str, share: float) -> bool:
    """Whether spans are made: never in a trace that its client does not keep; else of so large a share of all traces.

    A trace has all of its exchanges' spans or none, and every sidecar decides alike
    (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling).
    """
    if context is not None and not context.is_sampled:
        return False
    return int(trace_id[-_RANDOM_DIGITS:], 16) >= round((1 - share) * _RANDOM_VALUES)


def spans_of(calls: Calls, destinations: Mapping[str, Destination]) -> list[Span]:
    """The spans of one exchange, production's first."""
    trace_id = trace_id_of(calls)
    first = _span_id(calls.exchange_id, calls.calls[0].target)
    found = []
    for number, call in enumerate(calls.calls):
        own = first if number == 0 else _span_id(calls.exchange_id, call.target)
        above = (calls.context.span_id if calls.context is not None else None) if number == 0 else first
        found.append(
            Span(
                name=_name(call),
                trace_id=trace_id,
                span_id=own,
                parent_id=above,
                is_parent_remote=number == 0,
                trace_state=calls.trace_state,
                start_ns=call.start_ns,
                end_ns=call.end_ns,
                attributes=attributes_of(call, destinations.get(call.target)) | {names.EXCHANGE: calls.exchange_id},
                error=None if names.error_type_of(call) is None else call.reason or call.outcome.value,
                events=tuple(_event(each) for each in call.tries),
            )
        )
    return found


def attributes_of(call: Call, where: Destination | None) -> dict[str, Value]:
    """What a span says of a call. What is not known is left out."""
    usage, timing = call.usage, call.timing
    told: dict[str, Value | None] = {
        **common_attributes(call, where),
        names.REQUEST_STREAM: call.streamed or None,
        names.FINISH_REASONS: tuple(reason[:_LONGEST_REASON] for reason in call.finish_reasons) or None,
        names.RESPONSE_FIRST_CHUNK: timing.first_byte_s if call.streamed else None,
        names.FIRST_TOKEN: timing.first_content_s if call.streamed else None,
        names.INPUT_TOKENS: usage.input_tokens,
        names.OUTPUT_TOKENS: usage.output_tokens,
        names.CACHE_READ_TOKENS: usage.cached_input_tokens,
        names.CACHE_CREATION_TOKENS: usage.cache_write_tokens,
        names.REASONING_TOKENS: usage.reasoning_tokens,
        names.STATUS_CODE: call.status,
        names.ERROR_TYPE: names.error_type_of(call),
        names.OUTCOME: call.outcome.value,
        names.REASON: call.reason,
        names.COST: call.cost_usd,
    }
    return {name: value for name, value in told.items() if value is not None}


def common_attributes(call: Call, where: Destination | None) -> dict[str, Value]:
    """What spans and metrics say alike."""
    told: dict[str, Value] = {
        names.OPERATION: names.operation_of(call.dialect),
        names.PROVIDER: names.provider_of("" if where is None else where.provider, call.dialect),
        names.TARGET: call.target,
    }
    if call.requested_model is not None:
        told[names.REQUEST_MODEL] = call.requested_model[:LONGEST_NAME]
    if call.reported_model is not None:
        told[names.RESPONSE_MODEL] = call.reported_model[:LONGEST_NAME]
    if where is not None and where.address:
        told |= {names.SERVER_ADDRESS: where.address, names.SERVER_PORT: where.port}
    return told


def _name(call: Call) -> str:
    operation = names.operation_of(call.dialect)
    return operation if call.requested_model is None else f"{operation} {call.requested_model[:LONGEST_NAME]}"


def _event(attempt: Try) -> Event:
    told: dict[str, Value] = {names.REASON: attempt.reason}
    if attempt.status is not None:
        told[names.STATUS_CODE] = attempt.status
    return Event(name=names.ATTEMPT, at_ns=attempt.end_ns, attributes=told)


def _span_id(exchange_id: str, target: str) -> str:
    return blake2b(f"{exchange_id}/{target}".encode(), digest_size=8).hexdigest()


def by_target(destinations: Sequence[Destination]) -> dict[str, Destination]:
    """To look up by."""
    return {each.target: each for each in destinations}
