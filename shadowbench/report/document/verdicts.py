"""What is concluded: verdicts with their conditions, findings, recommendations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shadowbench.report.document.comparisons import Role
from shadowbench.report.policy import Claim
from shadowbench.stats.power import StillNeeded


class Decision(StrEnum):
    """May this traffic move to the candidate?"""

    MAY = "may"
    MAY_NOT = "may_not"
    INCONCLUSIVE = "inconclusive"
    UNDECLARED = "undeclared"  # no primary claim was declared: there is nothing to decide by


class Met(StrEnum):
    """Whether what must be shown is shown."""

    SHOWN = "shown"
    REFUTED = "refuted"  # the contrary is shown
    OPEN = "open"
    SKIPPED = "skipped"  # nothing was measured, and the claim says `where_absent: skip`: it does not count, and is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One claim, and how it stands. The numbers are in the comparison of the same measure, statistic and role."""

    claim: Claim
    role: Role
    met: Met
    reason: str | None = None  # wide_interval, not_measured, too_few, uncalibrated_judge, too_many_unscored …
    still_needed: StillNeeded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """A requirement that is not met: nobody may move while it stands (`analysis.deciding` has the table)."""

    # production_fails | candidate_fails | too_few_pairs | too_few_clusters | too_many_lost | too_few_labels |
    # too_few_labelled_twice | no_a_a_lane | a_a_lane_differs | uncalibrated_judge | margin_allows_everything |
    # chosen_by_outcome
    code: str
    needed: float
    found: float
    measure: str | None = None
    counted: float | None = None  # of clusters: how many there are, where they are worth less than that
    columns: tuple[str, ...] = ()  # of pairs that were chosen by what came of the calls: by which columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Of one candidate."""

    decision: Decision
    conditions: tuple[Condition, ...] = ()
    blockers: tuple[Blocker, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that a reader must know, by its code; `report.words` has the sentence. Values fill its gaps."""

    code: str
    values: Mapping[str, str | float | int] = field(default_factory=dict)
    candidate: str | None = None
    measure: str | None = None


OF_VERDICTS = frozenset({"changed_over_time", "other_version"})
"""Codes of warnings about what verdicts rest on: gates tell them, too."""


class Goal(StrEnum):
    """What matters most to whoever decides."""

    QUALITY = "quality"
    LATENCY = "latency"
    COST = "cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """Whom to take for a goal: production, or a candidate that may take over; and what would change that."""

    goal: Goal
    choose: str  # "production", or a candidate's name
    because: tuple[Note, ...]
    would_change: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """Where one endpoint stands, for the Pareto front; None where not known. More quality is better: of a measure where less is
    better it is what is left to its bound."""

    name: str
    quality: float | None
    latency_s: float | None
    cost_usd: float | None
    dominated_by: tuple[str, ...] = ()
    quality_of: str | None = None  # the measure that quality is
    latency_of: str | None = None  # the statistic that latency is: p50, mean …
