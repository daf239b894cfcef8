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
    reversed: bool  # the whole points one way, and not one slice does (Simpson's paradox)


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
