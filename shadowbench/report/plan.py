"""How many pairs every declared claim takes, and how long they come in, from how much its effect varied so far. Pure.

Candidates are taken for equal to production, unless a difference is expected; against a bound they are taken to stay as they
are. Each claim has the design's power by itself; all of them together have less.

What it takes is what the gate goes by: clusters by what they are worth, an interval that allows for what has not come yet, p
corrected over all that must be better, and as many values as a far quantile's bounds need.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from shadowbench.report.analysis.conditions import comparison_of, gain, within
from shadowbench.report.analysis.unseen import AHEAD
from shadowbench.report.analysis.watching import FEW_LOOKS
from shadowbench.report.document.comparisons import Comparison, Role, Scale
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.verdicts import Condition, Met
from shadowbench.report.policy import Against, Claim, Needs, Policy, Statistic
from shadowbench.report.sizing import Amount, Design, Unseen, Variation, amount, detectable, multiplier
from shadowbench.stats.distributions import normal_cdf, t_quantile
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.methods import Method
from shadowbench.stats.quantiles import least_n
from shadowbench.stats.sequences import LEAST, PSEUDO

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
    found = _at_least(
        amount(variation, distance, design), variation, policy, _values(claim, comparison.clusters, design)
    )
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


def _at_least(found: Amount, variation: Variation, policy: Policy, values: int) -> Amount:
    """As many as the policy wants before anything is decided, and as many values as a far quantile takes."""
    worth = math.ceil(policy.requires.clusters / variation.worth - 1e-6)
    pairs = max(found.pairs, values, policy.requires.pairs, math.ceil(worth * variation.pairs_per_cluster - 1e-6))
    clusters = max(found.clusters, worth, math.ceil(pairs / variation.pairs_per_cluster - 1e-6))
    return replace(found, clusters=clusters, pairs=pairs)


def _values(claim: Claim, clusters: int, design: Design) -> int:
    """Below which a quantile has no bounds, were all values independent: q ± m·√(q(1 − q)/n) must lie within 0 and 1."""
    q = claim.statistic.level
    if q is None:
        return 0
    m = multiplier(clusters, design)
    tail = min(q, 1 - q)
    # One more value beyond the quantile than its share counts as one less: 1/tail values.
    return math.ceil(max(m * m * (1 - tail) / tail, least_n(q, level=1 - 2 * normal_cdf(-m))) + 1 / tail)


def _variation(comparison: Comparison) -> Variation | None:
    """From the interval of whoever looks once, which every method has, whatever it calls its standard error."""
    once, deciding = comparison.effect.once, comparison.effect.deciding
    if once.low is None or once.high is None or comparison.clusters < 2:
        return None
    low, high = once.low, once.high
    if comparison.effect.scale is Scale.RATIO:
        if low <= 0:
            return None
        low, high = math.log(low), math.log(high)
    if min(once.worth, deciding.worth) < LEAST:
        return None
    se = (high - low) / 2 / t_quantile((1 + once.level) / 2, once.worth - 1)
    if not (math.isfinite(se) and se > 0):
        return None
    return Variation(
        deviation=se * math.sqrt(comparison.clusters),
        pairs_per_cluster=comparison.n / comparison.clusters,
        worth=min(1.0, deciding.worth / comparison.clusters),
        unseen=_unseen(comparison),
    )


def _unseen(comparison: Comparison) -> Unseen | None:
    """How far what has not come yet moves the effect, on the working scale: between bounds it is known, else what the deciding
    interval's standard error has more than that of whoever looks once tells it. Quantiles have no such part."""
    effect, subject, clusters = comparison.effect, comparison.subject, comparison.clusters
    if comparison.statistic.level is not None:
        return None
    if subject.low is not None and subject.high is not None and effect.scale is not Scale.RATIO:
        reach = math.sqrt(PSEUDO) * (subject.high - subject.low) * clusters / effect.deciding.worth
        exact = effect.once.method in (Method.TANGO, Method.WILSON)  # of independent pairs, at a single look
        return Unseen(any_time=reach, planned=reach, once=0.0 if exact else reach, clusters=clusters)
    if effect.once.se is None or effect.deciding.se is None:
        return None
    beyond = math.sqrt(max(0.0, effect.deciding.se**2 - effect.once.se**2)) * clusters
    if effect.once.method is Method.GEOMETRIC_RATIO:  # on its logarithms already
        return Unseen(any_time=beyond, planned=beyond, once=beyond, clusters=clusters)
    if effect.scale is Scale.RATIO:
        beyond /= effect.deciding.value or math.inf
    return _endless(comparison, beyond) if beyond > 0 else None


def _endless(comparison: Comparison, beyond: float) -> Unseen:
    """Without an upper bound: the dearest of more clusters is dearer."""
    effect = comparison.effect
    is_total, seldom = comparison.statistic is Statistic.TOTAL, effect.deciding.method is not Method.ASYMPTOTIC_SEQUENCE
    times = FEW_LOOKS if is_total or comparison.subject.low is not None else 1.0
    reach = beyond / times if seldom else beyond
    average = 1.0 if effect.scale is Scale.RATIO else max(_size(comparison.candidate), _size(comparison.production))
    dearest = reach / math.sqrt(PSEUDO) / AHEAD / average if average else None
    return Unseen(
        any_time=reach, planned=times * reach, once=times * reach, clusters=comparison.clusters, dearest=dearest
    )


def _size(estimate: Estimate | None) -> float:
    return 0.0 if estimate is None or estimate.value is None else abs(estimate.value)


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
