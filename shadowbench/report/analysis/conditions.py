"""One claim against its comparison: shown, refuted or open. Pure.

What counts is the gain: how much better the candidate is than what it is compared with, 0 for no difference and above 0 for
better, whatever the measure's direction. Of ratios it is the logarithm's; against a bound, how far on its good side one is.

    refuted                                         shown
    not worse:   strict interval below −margin      deciding interval above −margin
    better:      strict interval below 0            deciding interval above 0, and p below α by Holm
    a bound:     strict interval beyond it          deciding interval within it (better: within, and not at it)

Between them it is open. `Effect.strict` is corrected over all conditions of the candidate, so that many guardrails make no
false alarm likelier; to show something takes no correction, since all must be shown. A comparison that cannot be trusted
neither shows nor refutes: its condition is open, and says why. Nor is anything shown by what is left of values that one side
lacks (`omissions`); such a lack refutes nothing less. Where there is not one value of either side, but for what failures count
as, a claim that says `where_absent: skip` is skipped, and does not count.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from shadowbench.reading.versions import OTHER_VERSION
from shadowbench.report.analysis.allowances import allows_everything
from shadowbench.report.analysis.omissions import Slack, omission, unscored
from shadowbench.report.document.comparisons import Comparison, Effect, Origin, Role, Scale, Subject
from shadowbench.report.document.parts import JudgeCard
from shadowbench.report.document.verdicts import Condition, Met
from shadowbench.report.policy import Against, Claim, Needs, Policy, Statistic, WhereAbsent
from shadowbench.scores import Direction
from shadowbench.stats.estimates import Estimate
from shadowbench.store.columns import NOT_SCORED


@dataclass(frozen=True, slots=True)
class Gain:
    """Where the gain lies; may be infinite."""

    low: float
    high: float


def conditions(
    comparisons: Sequence[Comparison], policy: Policy, *, calibrated: Collection[Subject], pairs: int = 0
) -> tuple[Condition, ...]:
    """All claims of the policy, primary ones first, against one candidate's comparisons. `calibrated`: the judges that may
    decide. `pairs`: how many of the candidate's count; what is compared with the A/A lane has fewer."""
    declared = [(claim, Role.PRIMARY) for claim in policy.primary]
    declared += [(claim, Role.GUARDRAIL) for claim in policy.guardrails]
    return tuple(
        condition(claim, role, comparison_of(claim, role, comparisons), policy, calibrated=calibrated, pairs=pairs)
        for claim, role in declared
    )


def trusted(comparisons: Sequence[Comparison], policy: Policy, judges: Sequence[JudgeCard]) -> Collection[Subject]:
    """The judges that may decide: one configuration's calibration is not another's."""
    calibrated = {(card.judge, card.version, card.config_hash) for card in judges if card.calibrated}
    return {
        subject
        for subject in (each.subject for each in comparisons if each.subject.origin is Origin.JUDGE)
        if policy.requires.uncalibrated_judges or (subject.name, subject.version, subject.config_hash) in calibrated
    }


def comparison_of(claim: Claim, role: Role, comparisons: Iterable[Comparison]) -> Comparison | None:
    """The comparison that has the claim's numbers. One that was declared twice, as primary and as guardrail, may be there
    once; a claim without a margin is indifferent to whether the effect is a ratio, and totals have no other."""
    is_ratio = claim.relative or claim.statistic is Statistic.TOTAL
    found = [
        each
        for each in comparisons
        if (each.subject.name, each.statistic, each.against) == (claim.measure, claim.statistic, claim.against)
        and (each.relative is is_ratio or not claim.margin or claim.against is Against.BOUND)
    ]
    return min(found, key=lambda each: (each.role is not role, each.relative is not is_ratio), default=None)


def condition(
    claim: Claim,
    role: Role,
    comparison: Comparison | None,
    policy: Policy,
    *,
    calibrated: Collection[Subject],
    pairs: int = 0,
) -> Condition:
    """How one claim stands."""
    if _is_skipped(claim, comparison):
        return Condition(claim=claim, role=role, met=Met.SKIPPED, reason="not_measured")
    distrust = objection(claim, comparison, policy, calibrated, pairs)
    if distrust is not None or comparison is None:
        still = None if comparison is None else comparison.still_needed
        return Condition(claim=claim, role=role, met=Met.OPEN, reason=distrust, still_needed=still)
    met, reason = _weighed(claim, comparison, policy)
    still = comparison.still_needed if met is Met.OPEN else None
    return Condition(claim=claim, role=role, met=met, reason=reason, still_needed=still)


def share_unscored(comparison: Comparison, pairs: int) -> float:
    """The share that `unscored` is. A value is lacking whether or not the A/A lane was given the same request, so beside a lane
    it is a share of all the candidate's pairs."""
    lacking = unscored(comparison.missing)
    of = comparison.n + lacking
    return lacking / (max(of, pairs) if comparison.against is Against.AGAIN else of) if lacking else 0.0


def gain(estimate: Estimate, scale: Scale, direction: Direction) -> Gain | None:
    """The interval's gain over no difference; None without an interval, or where there is nothing to differ from, or no
    better side."""
    null = scale.null
    if null is None or estimate.low is None or estimate.high is None:
        return None
    if scale is Scale.PREFERENCE:
        direction = Direction.HIGHER  # of being preferred, more is better, whatever the judge looks at
    low, high = (_place(bound, scale) - _place(null, scale) for bound in (estimate.low, estimate.high))
    return _towards(low, high, direction)


def within(estimate: Estimate, bound: float, direction: Direction) -> Gain | None:
    """How far on the good side of a bound the interval lies; None without an interval or a better side."""
    if estimate.low is None or estimate.high is None:
        return None
    return _towards(estimate.low - bound, estimate.high - bound, direction)


def breaks(claim: Claim, comparison: Comparison, estimate: Estimate) -> bool:
    """Whether an estimate on the comparison's scale lies wholly beyond what the claim allows."""
    found = _gain_of(claim, comparison, estimate)
    return found is not None and found.high < -_allowed(claim, comparison.effect.scale)


def _is_skipped(claim: Claim, comparison: Comparison | None) -> bool:
    """Whether nothing was measured, nor waits for a scorer, and the claim lets that be."""
    if claim.where_absent is not WhereAbsent.SKIP or comparison is None:
        return claim.where_absent is WhereAbsent.SKIP
    missing = comparison.missing
    waits = not {NOT_SCORED, OTHER_VERSION}.isdisjoint({*missing.pair, *missing.production, *missing.candidate})
    return not comparison.measured and not waits


def objection(
    claim: Claim, comparison: Comparison | None, policy: Policy, calibrated: Collection[Subject], pairs: int
) -> str | None:
    """Why a comparison neither shows nor refutes anything, whatever its interval."""
    if comparison is None:
        return "not_measured"
    if comparison.reason == OTHER_VERSION:  # of a judge that has no say here nobody asks how far people bear it out
        return comparison.reason
    if comparison.subject.origin is Origin.JUDGE and comparison.subject not in calibrated:
        return "uncalibrated_judge"
    if comparison.reason is not None:
        return comparison.reason
    if (misfit := _misfit(claim, comparison.effect.scale)) is not None:
        return misfit
    if allows_everything(claim, comparison):
        return "margin_allows_everything"
    if comparison.subject.direction is Direction.NEITHER and comparison.effect.scale is not Scale.PREFERENCE:
        return "no_direction"
    requires = policy.requires
    worth = min(comparison.clusters, comparison.effect.deciding.worth)  # a few that weigh nearly all are few
    if comparison.n < requires.pairs or worth < requires.clusters:
        return "too_few"
    return "too_many_unscored" if share_unscored(comparison, pairs) > requires.most_unscored else None


def _misfit(claim: Claim, scale: Scale) -> str | None:
    """Why the effect does not answer the claim: a bound is for levels, everything else has no difference somewhere."""
    if claim.against is not Against.BOUND:
        if scale.null is not None:
            return None
        return "no_again_lane" if claim.against is Against.AGAIN else "no_value_of_production"
    if claim.bound is None:
        return "no_bound"
    return None if scale in (Scale.LEVEL, Scale.PREFERENCE) else "not_measured"


def _weighed(claim: Claim, comparison: Comparison, policy: Policy) -> tuple[Met, str | None]:
    deciding = _gain_of(claim, comparison, comparison.effect.deciding)
    strict = _strict(comparison.effect, policy)
    if strict is not None and breaks(claim, comparison, strict):
        return Met.REFUTED, None
    if deciding is None:
        refused = comparison.effect.deciding.reason
        return Met.OPEN, "wide_interval" if refused is None else refused.value
    if not _is_shown(claim, deciding, comparison.effect.scale):
        return Met.OPEN, "wide_interval"
    allowed = _allowed(claim, comparison.effect.scale)
    if (reason := omission(comparison, Slack(above=deciding.low + allowed, alpha=policy.alpha))) is not None:
        return Met.OPEN, reason
    return _beyond_chance(claim, comparison.effect, policy)


def _is_shown(claim: Claim, deciding: Gain, scale: Scale) -> bool:
    if claim.against is Against.BOUND and claim.needs is Needs.NOT_WORSE:
        return deciding.low >= 0  # the bound itself may be reached
    return deciding.low > -_allowed(claim, scale)


def _beyond_chance(claim: Claim, effect: Effect, policy: Policy) -> tuple[Met, str | None]:
    """Whether an interval that shows it is enough. Better than production must be better by Holm, too: the more candidates
    and claims there are, the likelier one of them is ahead by chance."""
    if claim.needs is Needs.NOT_WORSE or claim.against is Against.BOUND:
        return Met.SHOWN, None
    if effect.p_adjusted is None:
        return Met.OPEN, "no_p"
    return (Met.SHOWN, None) if effect.p_adjusted < policy.alpha else (Met.OPEN, "wide_interval")


def _strict(effect: Effect, policy: Policy) -> Estimate | None:
    """Of a single claim there is nothing to correct for."""
    return effect.deciding if effect.strict is None and len(policy.claims) == 1 else effect.strict


def _gain_of(claim: Claim, comparison: Comparison, estimate: Estimate | None) -> Gain | None:
    if estimate is None:
        return None
    direction = comparison.subject.direction
    if claim.against is Against.BOUND and claim.bound is not None:
        return within(estimate, claim.bound, direction)
    return gain(estimate, comparison.effect.scale, direction)


def _allowed(claim: Claim, scale: Scale) -> float:
    """How much below no difference would still do, on the scale of gains. A ratio's margin of 0.1 allows 1.1, or 1/1.1."""
    if claim.needs is Needs.BETTER or claim.against is Against.BOUND:
        return 0.0
    return math.log1p(claim.margin) if scale is Scale.RATIO else claim.margin


def _place(value: float, scale: Scale) -> float:
    if scale is not Scale.RATIO:
        return value
    return math.log(value) if value > 0 else -math.inf


def _towards(low: float, high: float, direction: Direction) -> Gain | None:
    if direction is Direction.NEITHER:
        return None
    return Gain(low, high) if direction is Direction.HIGHER else Gain(-high, -low)
