"""What an operator sees of a lane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shadowbench.limits.breaker import BreakerState
from shadowbench.limits.budget import NANO, WINDOWS
from shadowbench.mirror import names
from shadowbench.mirror.gates import Gates
from shadowbench.mirror.options import CandidateOptions
from shadowbench.mirror.purse import Short
from shadowbench.signals import Counters


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState:
    """One budget window. Left is None where there is no limit, spent money where nothing was ever priced."""

    window: str  # hour, day, total
    spent_usd: float | None
    reserved_usd: float
    left_usd: float | None
    spent_tokens: int
    reserved_tokens: int
    left_tokens: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneState:
    """One lane as of now."""

    name: str
    queued: int
    running: int
    paused: bool
    breaker: BreakerState
    breaker_until: float | None  # Unix seconds, when it tries again; None while closed
    rate_per_s: float | None
    held_until: float | None  # Unix seconds, until when the pace allows no call; None when it does now
    budget: tuple[WindowState, ...]  # hour, day, total
    price_unknown: bool
    usage_unknown: bool
    short: Short | None  # the last call, where a limit had no room for it
    unknown_costs: int  # calls whose cost nobody could tell: as what was reserved, or as nothing where that is allowed
    last_fault: str | None


def state_of(
    gates: Gates,
    *,
    options: CandidateOptions,
    queued: int,
    running: int,
    last_fault: str | None,
    now_ns: int,
    unix_at: Callable[[int], float],
) -> LaneState:
    """The state of a lane with these gates. `unix_at` turns CLOCK_MONOTONIC into Unix seconds."""
    until_ns = gates.breaker.until_ns if gates.breaker is not None else None
    not_before_ns = gates.rate.not_before_ns(now_ns)
    ledger = gates.purse.ledger
    return LaneState(
        name=options.name,
        queued=queued,
        running=running,
        paused=gates.paused,
        breaker=gates.breaker_state(now_ns),
        breaker_until=unix_at(until_ns) if until_ns is not None else None,
        rate_per_s=options.rate_per_s,
        held_until=unix_at(not_before_ns) if not_before_ns > now_ns else None,
        budget=_windows(gates, unix_at(now_ns)),
        price_unknown=ledger.price_unknown,
        usage_unknown=ledger.usage_unknown,
        short=gates.purse.short,
        unknown_costs=ledger.unknown_costs,
        last_fault=last_fault,
    )


def _windows(gates: Gates, unix_s: float) -> tuple[WindowState, ...]:
    ledger = gates.purse.ledger
    left = ledger.left(unix_s)
    return tuple(
        WindowState(
            window=name,
            spent_usd=window.spent.nano_usd / NANO if ledger.knows_money else None,
            reserved_usd=window.reserved.nano_usd / NANO,
            left_usd=left[f"usd_{name}"] / NANO if f"usd_{name}" in left else None,
            spent_tokens=window.spent.tokens,
            reserved_tokens=window.reserved.tokens,
            left_tokens=left.get(f"tokens_{name}"),
        )
        for name, window in zip(WINDOWS, ledger.spending.windows, strict=True)
    )


def set_gauges(state: LaneState, counters: Counters) -> None:
    """The lane's gauges."""
    label = (("candidate", state.name),)
    counters.gauge(names.QUEUE_DEPTH, state.queued, label)
    counters.gauge(names.RUNNING, state.running, label)
    counters.gauge(names.BREAKER_OPEN, state.breaker is not BreakerState.CLOSED, label)
    for window in state.budget:
        if window.left_usd is not None:
            counters.gauge(names.BUDGET_LEFT, window.left_usd, (*label, ("window", window.window)))
