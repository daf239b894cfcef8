"""An exchange as the calls that OpenTelemetry is told of. Pure.

Frames have moments of CLOCK_MONOTONIC. The mirror said what the wall clock showed when the request was opened; from there
everything else is counted, so that the spans of one exchange stand to each other as its calls did.
"""

from __future__ import annotations

from collections.abc import Callable

from shadowbench.handoff import PRODUCTION
from shadowbench.metrics.disturbance import why_untimed
from shadowbench.otlp.call import Call, Calls, Try
from shadowbench.recorder.heads import read_head_lines
from shadowbench.recorder.raw import RawExchange, RawSide
from shadowbench.records import Exchange, Observation, Outcome
from shadowbench.wire.trace_context import read_traceparent


def calls_of(raw: RawExchange, exchange: Exchange) -> Calls:
    """The calls of `exchange`, which was read from `raw` and redacted."""
    opened_ns, opened_at_ns = raw.opened.opened_ns, round(exchange.started_at * 1e9)

    def at(moment_ns: int) -> int:
        return opened_at_ns + moment_ns - opened_ns

    head = read_head_lines(raw.opened.head)
    context = read_traceparent(head.joined("traceparent"))
    found = [_call(exchange.production, raw.sides[PRODUCTION], at, opened_ns)]
    for planned, result in zip(raw.plan.candidates, exchange.candidates, strict=True):
        side = raw.sides.get(planned.side)
        if side is not None and _was_made(side, result.observation):
            found.append(_call(result.observation, side, at, _started_ns(side)))
    return Calls(
        exchange_id=exchange.id,
        context=context,
        trace_state=None if context is None else _header(exchange, "tracestate"),
        calls=tuple(found),
    )


def _was_made(side: RawSide, seen: Observation) -> bool:
    return seen.outcome is not Outcome.NOT_SENT or bool(side.attempts)


def _started_ns(side: RawSide) -> int:
    """When a candidate's call began: with its first attempt, or with a connection for it."""
    if side.attempts:
        return side.attempts[0].started_ns
    if side.t0_ns is None:
        return side.end.end_ns  # how long it tried to connect is not known
    connect_s = side.head.connect_s if side.head is not None else None
    return side.t0_ns - round((connect_s or 0.0) * 1e9)


def _call(seen: Observation, side: RawSide, at: Callable[[int], int], started_ns: int) -> Call:
    ended_ns = max(started_ns, side.end.end_ns)
    if seen.outcome is Outcome.NOT_SENT and side.attempts:
        ended_ns = side.attempts[-1].ended_ns  # afterwards nothing was called
    return Call(
        target=seen.endpoint,
        dialect=seen.dialect,
        outcome=seen.outcome,
        start_ns=at(started_ns),
        end_ns=at(ended_ns),
        usage=seen.usage,
        timing=seen.timing,
        is_timed=why_untimed(seen) is None,
        reason=seen.reason,
        status=seen.status,
        requested_model=seen.requested_model,
        reported_model=seen.reported_model,
        streamed=seen.streamed,
        finish_reasons=_finish_reasons(seen),
        cost_usd=None if seen.cost is None else seen.cost.usd,
        tries=tuple(
            Try(reason=each.reason, status=each.status, start_ns=at(each.started_ns), end_ns=at(each.ended_ns))
            for each in side.attempts
        ),
    )


def _finish_reasons(seen: Observation) -> tuple[str, ...]:
    choices = () if seen.answer is None else seen.answer.choices
    return tuple(choice.finish_reason for choice in choices if choice.finish_reason)


def _header(exchange: Exchange, name: str) -> str | None:
    """All lines of it: tracestate may come in several."""
    return ",".join(value for key, value in exchange.request_headers if key.lower() == name) or None
