"""How many pairs every declared claim takes, and how long they come in, from how much its effect varied so far. Pure.

Candidates are taken for equal to production, unless a difference is expected; against a bound they are taken to stay as they
are. Each claim has the design's power by itself; all of them together have less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from shadowbench.report.analysis.conditions import comparison_of, gain, within
from shadowbench.report.document.comparisons import Comparison, Role, Scale
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.verdicts import Condition, Met
from shadowbench.report.policy import Against, Claim, Needs, Policy
from shadowbench.report.sizing import Amount, Design, Variation, amount, detectable
from shadowbench.stats.distributions import t_quantile

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
    # not_measured | no_interval | no_margin | no_difference | beyond_the_bound | no_direction | not_as_expected | a condition's
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
    rows = [
        _planned(candidate, condition, document.policy, design, differences.get(condition.claim.measure), days)
        for candidate in document.candidates
        if not candidate.again
        for condition in candidate.verdict.conditions
    ]
    return Plan(design=design, rows=tuple(rows))


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
        pairs_per_day=None if comparison is None or days is None else comparison.n / days,
        discordant=None if comparison is None else _discordant(comparison),
        scale=None if comparison is None else comparison.effect.scale,
    )
    variation = None if comparison is None else _variation(comparison)
    if comparison is None or variation is None:
        return replace(blank, reason="not_measured" if comparison is None else "no_interval")
    blank = replace(blank, detectable=detectable(variation, comparison.clusters, design))
    distance = _distance(claim, comparison, difference)
    if isinstance(distance, str):
        return replace(blank, reason=distance)
    found = _at_least(amount(variation, distance, design), variation, policy)
    return _timed(replace(blank, distance=distance, amount=found), found, condition.reason)


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


def _at_least(found: Amount, variation: Variation, policy: Policy) -> Amount:
    """As many as the policy wants before anything is decided."""
    pairs = max(found.pairs, policy.requires.pairs, math.ceil(policy.requires.clusters * variation.pairs_per_cluster))
    clusters = max(found.clusters, policy.requires.clusters, math.ceil(pairs / variation.pairs_per_cluster))
    return replace(found, clusters=clusters, pairs=pairs)


def _variation(comparison: Comparison) -> Variation | None:
    """From the interval of whoever looks once, which every method has, whatever it calls its standard error."""
    once = comparison.effect.once
    if once.low is None or once.high is None or comparison.clusters < 2:
        return None
    low, high = once.low, once.high
    if comparison.effect.scale is Scale.RATIO:
        if low <= 0:
            return None
        low, high = math.log(low), math.log(high)
    se = (high - low) / 2 / t_quantile((1 + once.level) / 2, comparison.clusters - 1)
    if not (math.isfinite(se) and se > 0):
        return None
    return Variation(
        deviation=se * math.sqrt(comparison.clusters), pairs_per_cluster=comparison.n / comparison.clusters
    )


def _distance(claim: Claim, comparison: Comparison, difference: float | None) -> float | str:
    """From where the truth is expected to be to what must not be; or why there is none."""
    scale = comparison.effect.scale
    if claim.against is Against.BOUND:
        return _to_the_bound(claim, comparison)
    if gain(comparison.effect.once, scale, comparison.subject.direction) is None:
        return "no_direction"
    better = 0.0 if difference is None else _on_scale(difference, scale)
    if claim.needs is Needs.BETTER:
        return better if better > 0 else "no_difference"
    distance = _on_scale(claim.margin, scale) + better
    return distance if distance > 0 else "no_margin"


def _to_the_bound(claim: Claim, comparison: Comparison) -> float | str:
    """The candidate is taken to stay as it is."""
    once = comparison.effect.once
    point = within(replace(once, low=once.value, high=once.value), claim.bound or 0.0, comparison.subject.direction)
    if point is None:
        return "no_direction"
    return point.low if point.low > 0 else "beyond_the_bound"


def _on_scale(share: float, scale: Scale) -> float:
    return math.log1p(share) if scale is Scale.RATIO else share


def _discordant(comparison: Comparison) -> float | None:
    outcomes = comparison.outcomes
    total = 0 if outcomes is None else outcomes.wins + outcomes.ties + outcomes.losses
    return (outcomes.wins + outcomes.losses) / total if outcomes is not None and total else None
