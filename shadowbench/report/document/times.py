"""Latencies, costs and what changes with time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shadowbench.report.document.comparisons import Scale
from shadowbench.stats.estimates import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileRow:
    """One quantile of both sides. A quantile among failures is censored: beyond what was waited for."""

    level: float  # such as 0.95
    production: Estimate
    candidate: Estimate
    difference: Estimate  # candidate − production, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One side's quantiles, for drawing: `seconds[i]` at `levels[i]`; None where it is censored."""

    levels: tuple[float, ...]
    seconds: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Latency, time to first token or gaps of both sides, seconds, over the same pairs."""

    measure: str  # latency | ttft | gap_p95
    n: int
    clusters: int
    censored_production: int  # failures: they took longer than anybody waited for
    censored_candidate: int
    left_out: Mapping[str, int]  # pairs whose times are not the endpoints' own, by reason
    rows: tuple[QuantileRow, ...]
    ratio: Estimate  # geometric mean of candidate / production, of pairs where both sides answered
    production: Curve
    candidate: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCurve:
    """One side's quantiles of what a request costs, for drawing: `usd[i]` at `levels[i]`."""

    n: int  # pairs that it is drawn from: of very many an even part
    levels: tuple[float, ...]
    usd: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a request costs on both sides, and what all of the traffic would."""

    n: int  # pairs where both costs are known
    clusters: int
    unknown_production: Mapping[str, int]  # pairs without a known cost, by reason
    unknown_candidate: Mapping[str, int]
    production_usd: Estimate  # mean of a request
    candidate_usd: Estimate
    difference_usd: Estimate  # of a request
    ratio: Estimate  # of totals, candidate / production
    correct: str | None = None  # the measure that says which answers are right
    production_per_correct: Estimate | None = None  # USD
    candidate_per_correct: Estimate | None = None
    requests: float | None = None  # Σ1/π of all the candidate's pairs: traffic that could be drawn for it in the period
    requests_drawn: Estimate | None = None  # the same with its interval: it varies with the luck of the draw
    period_s: float | None = None  # from the candidate's first pair to its last
    production_total: Estimate | None = None  # USD, all traffic of the period
    candidate_total: Estimate | None = None
    saving_total: Estimate | None = None  # production's − candidate's
    saving_month: Estimate | None = None  # of 30 days at this traffic
    why_no_total: str | None = None  # no_costs | no_funnel | costs_unknown | short_period | more_than_seen
    production_curve: CostCurve | None = None
    candidate_curve: CostCurve | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One stretch of time, and all of the time up to its end."""

    from_at: float  # Unix seconds
    to_at: float
    n: int
    clusters: int
    window: Estimate  # of this stretch alone
    running: Estimate  # of everything so far: the band that holds at all points at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """How an effect went on."""

    measure: str
    scale: Scale
    points: tuple[Point, ...]
    changed: bool = False  # the stretches differ by more than chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A primary claim's measure that changed over the period by more than chance. On the scale of its series."""

    measure: str
    scale: Scale
    stretches: int
    first: Point
    last: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkShown:
    """Something that changed while pairs were gathered: a line across the series."""

    at: float
    kind: str
    endpoint: str | None
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Whether the last part of the period is unlike the first."""

    of: str  # what drifted: prompt_length, production_length, candidate_length, a measure's name …
    side: str  # requests | production | a candidate's name
    method: str
    statistic: float | None
    p: float | None
    p_adjusted: float | None
    drifted: bool
    n_before: int
    n_after: int
    subsampled: bool = False
    reason: str | None = None
    explanation: tuple[tuple[str, float], ...] = ()  # features that tell the parts apart, heaviest first


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One earlier report's word."""

    made_at: float
    last_at: float | None
    effect: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A comparison over earlier reports and this one. `arrow`: up, down, or none where the change may be chance."""

    candidate: str
    measure: str
    statistic: str
    points: tuple[TrendPoint, ...]
    change: Estimate | None  # this report's effect less the one before
    arrow: str = "none"  # up | down | none
    better: bool | None = None  # which way the arrow points, for the one who hopes for the candidate
    now: Estimate | None = None  # this report's effect
    reason: str | None = None  # overlapping_periods; or why there is no change: changed_measure, no_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class SideSpend:
    """What one side's calls cost. `unknown`: calls without a known cost, by reason."""

    calls: int
    usd: float | None
    unknown: Mapping[str, int] = field(default_factory=dict)
