"""Slices, examples, judges and the axes of the radar."""

from __future__ import annotations

from dataclasses import dataclass

from shadowbench.report.document.comparisons import Scale
from shadowbench.stats.agreement import Coefficient
from shadowbench.stats.estimates import Estimate, Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRow:
    """One part of the traffic."""

    value: str
    n: int
    clusters: int
    share: float  # of the traffic, by weight
    effect: Estimate
    p_adjusted: float | None
    against_the_whole: bool  # certainly points the other way than the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceTable:
    """One measure by one property of the traffic."""

    by: str
    measure: str
    scale: Scale
    rows: tuple[SliceRow, ...]  # largest first
    others: int  # pairs in slices that are too small to be shown
    differ: Evidence  # whether slices differ at all
    reversed: bool  # the whole points one way, and no slice shown does: what is not shown outweighs them
    reason: str | None = (
        None  # why there are no rows: one_value, not_recorded, too_few; of all measures: `measure` is ""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One pair, side by side. Texts are None where they are hidden, or where there are none."""

    why: str  # worst | most_different
    measure: str
    value: float | None  # the score's difference, or the likeness
    exchange: int  # its number in its log
    log: str
    started_at: float
    outcome_production: str
    outcome_candidate: str
    prompt: str | None
    production: str | None
    candidate: str | None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis of the radar: 0 where the policy says that it begins, 1 at the target."""

    measure: str
    begin: float
    target: float
    unit: str
    production: Estimate | None  # in the measure's unit
    candidate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeCard:
    """How far a judge may be trusted, in short; `shadowbench judges` has all of it."""

    judge: str
    model: str | None
    family: str | None
    version: str
    config_hash: str
    scored: int
    unscored: int
    labels: int  # pairs with its verdict and a human's
    agreement: float | None  # raw share
    constant: float | None  # what always giving the most frequent answer would reach
    kappa: Coefficient | None
    ac1: Coefficient | None
    consistency: Coefficient | None  # verdicts that survive swapping the order
    position_p: float | None
    length: Coefficient | None
    self_preference: Coefficient | None
    flips: Coefficient | None
    people_kappa: Coefficient | None  # the ceiling: how far people agree with each other
    calls: int
    usd: float | None
    unpriced: int
    calibrated: bool
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One endpoint's place in a ranking."""

    name: str  # "production", or a candidate's
    strength: Estimate  # log odds of being preferred to production; production's own is 0 and has no interval
    again: bool = False  # the A/A lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """All candidates in the order in which one judge prefers them. Intervals hold together."""

    measure: str
    n: int  # comparisons
    clusters: int
    star: bool  # all comparisons are with production: the order is that of the win rates, and nothing more
    places: tuple[Place, ...]  # strongest first
    reason: str | None = None  # why strengths have no intervals
    subsampled: bool = False  # of more clusters a seeded part


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """Whether the candidate scores better on those requests where it takes longer, or costs more, than production."""

    of: str  # latency | cost
    measure: str
    rho: Estimate  # Spearman's, of both differences, candidate − production, over requests
    subsampled: bool = False
