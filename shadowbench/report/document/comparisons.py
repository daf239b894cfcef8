"""One measure of one candidate against production."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shadowbench.report.policy import Against, Statistic
from shadowbench.scores import Direction, Shape
from shadowbench.stats.estimates import Estimate, Evidence
from shadowbench.stats.margins import Standing
from shadowbench.stats.power import StillNeeded


class Role(StrEnum):
    """What a comparison is for."""

    PRIMARY = "primary"
    GUARDRAIL = "guardrail"
    SECONDARY = "secondary"  # nobody declared it: corrected for being one of many, and it decides nothing


class Scale(StrEnum):
    """What an effect's numbers mean, and where no difference lies."""

    DIFFERENCE = "difference"  # candidate − production, in the measure's unit; no difference is 0
    RATIO = "ratio"  # candidate / production; no difference is 1
    PREFERENCE = "preference"  # how often the candidate is preferred, ties half; no difference is 0.5
    LEVEL = "level"  # of the pair or of the candidate alone; there is nothing to differ from

    @property
    def null(self) -> float | None:
        """Where no difference lies."""
        return {Scale.DIFFERENCE: 0.0, Scale.RATIO: 1.0, Scale.PREFERENCE: 0.5}.get(self)


class Origin(StrEnum):
    """Where a measure's numbers come from."""

    LOG = "log"  # what mirror and recorder saw: faults, times, tokens, costs
    METRIC = "metric"
    JUDGE = "judge"


class Correction(StrEnum):
    """How a p-value allows for the others."""

    HOLM = "holm"
    BENJAMINI_HOCHBERG = "benjamini_hochberg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What was measured."""

    name: str
    origin: Origin
    direction: Direction
    shape: Shape
    unit: str = ""
    low: float | None = None
    high: float | None = None
    version: str = ""
    config_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How much the candidate differs, with its intervals."""

    scale: Scale
    once: Estimate  # the interval for whoever looks once
    deciding: Estimate  # the interval that holds at the policy's looks: verdicts go by it
    strict: Estimate | None = None  # as `deciding`, corrected for all conditions of the candidate: failing goes by it
    evidence: Evidence | None = None  # of no difference; p is valid at the policy's looks
    p_adjusted: float | None = None
    correction: Correction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSided:
    """Pairs that both sides answered and only one has a value of, though the request is one that the measure is for and nothing
    of ours was in the way."""

    production: int  # only production lacks it
    candidate: int  # only the candidate does
    differs: Evidence | None = None  # whether these differ; None: by less than one pair in a hundred


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Pairs without a value, by side and reason; `pair`: of shape pair, where there is no side to blame."""

    production: Mapping[str, int] = field(default_factory=dict)
    candidate: Mapping[str, int] = field(default_factory=dict)
    pair: Mapping[str, int] = field(default_factory=dict)
    differs: Evidence | None = None  # whether one side lacks more values than the other (McNemar)
    one_sided: OneSided | None = None  # None: of pairs that both answered, no side alone lacks a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A judge's effect as people would have it."""

    effect: Estimate  # with the interval that holds at the policy's looks
    labels: int  # pairs with a human label
    saved: float | None = None  # how many more labels the same interval would have taken without the judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Controlled:
    """A win rate at equal length and style."""

    rate: Estimate  # with the interval that holds at the policy's looks
    length_coefficient: Estimate | None
    overlap: float  # share of pairs that are alike in length and style
    length_ratio: float  # candidate's to production's, median


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Pairs by who is better; of independent pairs, so the exact sign test goes with it."""

    wins: int
    ties: int
    losses: int
    sign_p: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One measure by one statistic. `effect` is by intention to treat: a failure counts as the worst score there is."""

    subject: Subject
    statistic: Statistic
    against: Against
    role: Role
    n: int  # pairs that count
    clusters: int
    imputed: int  # of these: pairs where a failure counted as the worst score
    missing: Missing
    production: Estimate | None  # None: of shape pair
    candidate: Estimate
    effect: Effect
    answered_only: Effect | None = None  # pairs where both sides answered: the sensitivity line
    noise: Effect | None = None  # the A/A lane's effect of the same measure: the noise floor
    outcomes: Outcomes | None = None
    corrected: Corrected | None = None  # by human labels
    corrected_reason: str | None = None  # why not, of a judge
    controlled: Controlled | None = None
    controlled_reason: str | None = None  # why not, of a judge's preference
    margin: float | None = None  # as declared
    relative: bool = False
    bound: float | None = None
    in_percent: bool = False  # the margin, or the bound, was declared in percent
    standing: Standing | None = None  # None: nothing was declared about it
    detectable: float | None = None  # least effect that so many clusters would show in four of five cases
    still_needed: StillNeeded | None = None  # until the margin can be told from no difference
    reason: str | None = None  # why there is no effect
    measured: bool = True  # some pair has a value, if only of one side: more than what failures count as
