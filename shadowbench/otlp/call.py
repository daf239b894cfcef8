"""Calls to endpoints as spans and metrics tell of them: numbers, names and codes, no text of the traffic."""

from __future__ import annotations

from dataclasses import dataclass

from shadowbench.records import Dialect, Outcome, Timing, Usage
from shadowbench.wire.trace_context import TraceContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """An attempt that was followed by another. Times are Unix nanoseconds."""

    reason: str
    status: int | None
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call with all of its attempts. Times are Unix nanoseconds; see `records.Observation` for the rest."""

    target: str
    dialect: Dialect
    outcome: Outcome
    start_ns: int
    end_ns: int
    usage: Usage
    timing: Timing
    is_timed: bool = True  # we did not disturb its times
    reason: str | None = None
    status: int | None = None
    requested_model: str | None = None
    reported_model: str | None = None
    streamed: bool | None = None
    finish_reasons: tuple[str, ...] = ()
    cost_usd: float | None = None
    tries: tuple[Try, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """All calls of one exchange that were made: production's, then those of candidates."""

    exchange_id: str
    context: TraceContext | None  # the client's
    trace_state: str | None
    calls: tuple[Call, ...]
