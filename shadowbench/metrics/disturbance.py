"""Which times are not the endpoint's alone, because we were in its way. Pure."""

from __future__ import annotations

from shadowbench.records import Observation

LAG_SHARE = 0.05
LAG_FLOOR_S = 0.010
"""Times are left out when the event loop was late by more than 10 ms and 5 % of the shortest time measured: then the lateness
would show in the numbers."""


def why_untimed(seen: Observation) -> str | None:
    """Why an observation's times are not its endpoint's alone: `paused` (we read slowly), `late` (our loop was)."""
    timing = seen.timing
    if timing.paused_s > 0:
        return "paused"
    shortest = min((t for t in (timing.first_content_s, timing.last_byte_s) if t is not None), default=0.0)
    return "late" if timing.loop_lag_s > max(LAG_FLOOR_S, LAG_SHARE * shortest) else None
