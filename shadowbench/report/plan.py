"""How many pairs every declared claim takes, and how long they come in, from how much its effect varied so far. Pure.

Candidates are taken for equal to production, unless a difference is expected; against a bound they are taken to stay as they
are. Each claim has the design's power by itself; all of them together have less.

What it takes is what the gate goes by: clusters by what they are worth, an interval that allows for what has not come yet, p
corrected over all that must be better, and as many values as a far quantile's bounds need.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from shadowbench.report.analysis.conditions import comparison_of
from shadowbench.report.analysis.deciding import FAILING
from shadowbench.report.analysis.reaching import amount_for, distance_of, variation_of
from shadowbench.report.document.comparisons import Comparison, Role, Scale
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.verdicts import Condition, Met
from shadowbench.report.policy import Claim, Needs, Policy
from shadowbench.report.sizing import Amount, Design, detectable

_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One claim about one candidate. Without `amount` there is a reason; with one there may be, why more pairs alone do not
    help."""

    candidate: str
    claim: Claim
    role: Role
    met: Met
    pairs: int  # that there are
    clusters: int
    pairs_per_day: float | None
    discordant: float | None = None  # share of pairs that are not alike
    distance: float | None = None  # that has to be told from nothing, on the effect's scale; of ratios a logarithm
    amount: Amount | None = None
    more: int | None = None  # pairs beyond those that there are; 0 where it is decided already
    days: float | None = None  # until then, at the traffic of now
    detectable: float | None = None  # the distance that so many clusters as there are would show
    scale: Scale | None = None
    # not_measured | no_interval | no_margin | no_difference | beyond_the_bound | no_direction | no_value_of_production |
    # not_as_expected | out_of_reach | calls_failed | a condition's
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All claims."""

    design: Design
    rows: tuple[Planned, ...]

    @property
    def days(self) -> float | None:
        """Until the last that is open; None where one of them cannot be told, or nothing was declared."""
        days = [row.days for row in self.rows if row.met is Met.OPEN]
        return None if not self.rows or None in days else max((day for day in days if day is not None), default=0.0)


def planned(document: Document, design: Design, differences: Mapping[str, float] = MappingProxyType({})) -> Plan:
    """Every declared claim about every candidate. `differences`: by how much candidates are expected to be better, by measure,
    on the effect's scale (of ratios a share); else they are taken for equal."""
    days = _days(document)
    design = replace(design, is_declared=True)
    strict = replace(design, alpha=design.alpha / _family(document))
    rows = [
        _planned(
            candidate,
            condition,
            document.policy,
            strict if condition.claim.needs is Needs.BETTER else design,
            differences.get(condition.claim.measure),
            days,
        )
        for candidate in document.candidates
        if not candidate.again
        for condition in candidate.verdict.conditions
    ]
    return Plan(design=design, rows=tuple(rows))


def _family(document: Document) -> int:
    """Over how many claims Holm corrects what must be better: its first step, for nobody knows which of them are true."""
    policy = document.policy
    claims = len(policy.primary) + sum(claim.needs is Needs.BETTER for claim in policy.guardrails)
    return max(1, claims * sum(not candidate.again for candidate in document.candidates))


def _days(document: Document) -> float | None:
    first, last = document.source.first_at, document.source.last_at
    return None if first is None or last is None or last <= first else (last - first) / _DAY


def _planned(
    candidate: Candidate,
    condition: Condition,
    policy: Policy,
    design: Design,
    difference: float | None,
    days: float | None,
) -> Planned:
    claim = condition.claim
    comparison = comparison_of(claim, condition.role, candidate.comparisons)
    blank = Planned(
        candidate=candidate.name,
        claim=claim,
        role=condition.role,
        met=condition.met,
        pairs=0 if comparison is None else comparison.n,
        clusters=0 if comparison is None else comparison.clusters,
        pairs_per_day=None if comparison is None else _daily(comparison, days),
        discordant=None if comparison is None else _discordant(comparison),
        scale=None if comparison is None else comparison.effect.scale,
    )
    variation = None if comparison is None else variation_of(comparison)
    if comparison is None or variation is None:
        return replace(blank, reason="not_measured" if comparison is None else "no_interval")
    blank = replace(blank, detectable=detectable(variation, comparison.clusters, design))
    if any(blocker.code in FAILING for blocker in candidate.verdict.blockers):
        return replace(blank, reason="calls_failed")
    distance = distance_of(claim, comparison, difference)
    if isinstance(distance, str):
        return replace(blank, reason=distance)
    found = amount_for(claim, comparison, variation, distance, design, policy)
    if isinstance(found, str):
        return replace(blank, distance=distance, reason=found)
    return _timed(replace(blank, distance=distance, amount=found), found, condition.reason)


def _daily(comparison: Comparison, days: float | None) -> float | None:
    """Pairs in a day: by the period of the candidate's own pairs, where the report has days by it, else by that of the log."""
    still = comparison.still_needed
    if still is not None and still.more and still.days:
        return still.more / still.days
    return None if days is None else comparison.n / days


def _timed(row: Planned, found: Amount, why_open: str | None) -> Planned:
    """What is shown or refuted already waits for nothing. What is open although there are enough waits for something else, or
    the candidate is not as it is expected to be."""
    if row.met is not Met.OPEN:
        return replace(row, more=0, days=0.0)
    more = max(0, found.pairs - row.pairs)
    if not more:
        reason = "not_as_expected" if why_open in (None, "wide_interval", "too_few") else why_open
        return replace(row, more=0, reason=reason)
    return replace(row, more=more, days=more / row.pairs_per_day if row.pairs_per_day else None)


def _discordant(comparison: Comparison) -> float | None:
    outcomes = comparison.outcomes
    total = 0 if outcomes is None else outcomes.wins + outcomes.ties + outcomes.losses
    return (outcomes.wins + outcomes.losses) / total if outcomes is not None and total else None
