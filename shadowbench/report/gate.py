"""What CI obeys: a report, and an earlier one where there is one, in; pass, fail or inconclusive out. Pure.

    a candidate          its verdict         beside a baseline, no conditions are   result
                         may                 refuted, nor open                      pass
                         may                 open                                   inconclusive
                         may not             whatever                               fail
                         inconclusive        refuted, and the evidence is sound     fail
                         inconclusive        whatever else                          inconclusive

    all of them          one fails: fail; else one is inconclusive, or there is nobody: inconclusive; else pass

The A/A lane is not gated: it is what candidates are measured against.

A baseline adds one condition to each claim: that the candidate has not become worse than it was by more than the claim's margin
(`baseline_margin` goes first). Both reports' effects are estimates of their own, so the interval of their difference is put
together from both (Zou & Donner 2008): low = d − √((now − now.low)² + (then.high − then)²). Where both are in part of the same
pairs it is wider than it need be, never too short. What either report does not trust itself (too few pairs, too many without a
score, a baseline in doubt as a whole) leaves the change open: it neither passes nor fails anybody.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from shadowbench.errors import ConfigurationError
from shadowbench.report.analysis.conditions import Gain, comparison_of, gain, objection, within
from shadowbench.report.analysis.deciding import DOUBTS
from shadowbench.report.baseline import Baseline, baseline_of
from shadowbench.report.document.comparisons import Comparison, Role, Scale
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.verdicts import Decision, Met, Verdict
from shadowbench.report.naming import not_there
from shadowbench.report.policy import Against, Claim, Needs, Policy
from shadowbench.stats.estimates import Estimate


class Result(StrEnum):
    """What the gate says."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """One claim beside the baseline. Gains are on the claim's scale, above 0 for better; of ratios they are logarithms."""

    claim: Claim
    role: Role
    met: Met
    reason: str | None = None  # of OPEN and SKIPPED
    scale: Scale | None = None
    then: Estimate | None = None
    now: Estimate | None = None
    change: Gain | None = None  # the gain of now less that of then
    margin: float | None = None  # as declared: how much less would still do


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateResult:
    """Of one candidate."""

    name: str
    result: Result
    verdict: Verdict
    since: tuple[Since, ...] = ()  # empty without a baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """Of all candidates that were gated."""

    result: Result
    policy: str
    candidates: tuple[CandidateResult, ...]
    baseline_made_at: float | None = None  # None: there is no baseline
    baseline: Baseline | None = None


def gate(document: Document, *, only: Collection[str] = (), baseline: Document | None = None) -> GateResult:
    """Gate the candidates of a report; `only`: those of these names. Raises ConfigurationError for a policy without a primary
    claim, for names that the report does not have, and for a baseline that is none (`baseline_of`)."""
    if not document.policy.primary:
        raise ConfigurationError(
            f"the policy {document.policy.name or 'of this report'} has no primary claim: there is nothing to decide by; "
            "declare one (docs/gate.md)"
        )
    beside = None if baseline is None else baseline_of(document, baseline)
    found = [_gated(each, document.policy, baseline) for each in _chosen(document, only)]
    return GateResult(
        result=_of_all([each.result for each in found]),
        policy=document.policy.name,
        candidates=tuple(found),
        baseline_made_at=None if beside is None else beside.made_at,
        baseline=beside,
    )


def _chosen(document: Document, only: Collection[str]) -> Iterator[Candidate]:
    gated = [each for each in document.candidates if not each.again]
    names = [each.name for each in gated]
    if unknown := sorted(set(only) - set(names)):
        lanes = {each.name for each in document.candidates if each.again}
        why = "it is production itself (A/A)" if unknown[0] in lanes else "it has no pairs here"
        raise ConfigurationError(not_there(f"--candidate {unknown[0]}", why, names))
    return (each for each in gated if not only or each.name in only)


def _of_all(results: Sequence[Result]) -> Result:
    if Result.FAIL in results:
        return Result.FAIL
    return Result.PASS if results and set(results) == {Result.PASS} else Result.INCONCLUSIVE


def _gated(candidate: Candidate, policy: Policy, baseline: Document | None) -> CandidateResult:
    since = () if baseline is None else tuple(_since(candidate, _same(candidate, baseline), policy, baseline.policy))
    return CandidateResult(
        name=candidate.name, result=_result(candidate.verdict, since), verdict=candidate.verdict, since=since
    )


def _same(candidate: Candidate, baseline: Document) -> Candidate | None:
    return next((each for each in baseline.candidates if each.name == candidate.name and not each.again), None)


def _result(verdict: Verdict, since: Sequence[Since]) -> Result:
    """The module's table. Whatever leaves the evidence in doubt speaks against the candidate no better than for it."""
    refuted = any(each.met is Met.REFUTED for each in since)
    doubted = any(blocker.code in DOUBTS for blocker in verdict.blockers)
    if verdict.decision is Decision.MAY_NOT or (refuted and not doubted):
        return Result.FAIL
    if verdict.decision is not Decision.MAY or any(each.met is Met.OPEN for each in since):
        return Result.INCONCLUSIVE
    return Result.PASS


# ── beside a baseline ──


def _since(now: Candidate, then: Candidate | None, policy: Policy, before: Policy) -> Iterator[Since]:
    for condition in now.verdict.conditions:
        claim, role = condition.claim, condition.role
        blank = Since(claim=claim, role=role, met=Met.OPEN, margin=_margin(claim))
        after = comparison_of(claim, role, now.comparisons)
        if condition.met is Met.SKIPPED or blank.margin is None:
            yield replace(
                blank, met=Met.SKIPPED, reason="not_measured" if condition.met is Met.SKIPPED else "no_margin"
            )
        elif condition.reason == "uncalibrated_judge":
            yield replace(blank, reason=condition.reason)
        elif then is None:
            yield replace(blank, reason="candidate_not_in_baseline")
        elif after is None or (distrust := _distrust(claim, after, now, policy)) is not None:
            yield replace(blank, reason="not_measured" if after is None else distrust)
        elif policy.watching.looks is not before.watching.looks:
            yield replace(blank, reason="changed_looks")
        else:
            yield _beside(blank, after, then, policy)


def _distrust(claim: Claim, comparison: Comparison, of: Candidate, policy: Policy) -> str | None:
    """Why a comparison says nothing, whatever its interval. Whether a judge may decide is the condition's to say."""
    return objection(claim, comparison, policy, {comparison.subject}, of.counts.sent - of.counts.withdrawn)


def _beside(blank: Since, after: Comparison, then: Candidate, policy: Policy) -> Since:
    earlier = comparison_of(blank.claim, blank.role, then.comparisons)
    if earlier is None or earlier.reason is not None:
        return replace(blank, reason="not_in_baseline")
    if not _is_same_measure(after, earlier):
        return replace(blank, reason="changed_measure")
    doubted = any(blocker.code in DOUBTS for blocker in then.verdict.blockers)
    if doubted or _distrust(blank.claim, earlier, then, policy) is not None:
        return replace(blank, reason="baseline_in_doubt")
    return _compared(blank, after, earlier)


def _margin(claim: Claim) -> float | None:
    """How much worse it may have become. Claims to be better, and bounds, have no margin but the one declared for this."""
    if claim.baseline_margin is not None:
        return claim.baseline_margin
    return claim.margin if claim.needs is Needs.NOT_WORSE and claim.against is not Against.BOUND else None


def _compared(blank: Since, now: Comparison, then: Comparison) -> Since:
    scale = now.effect.scale
    found = replace(blank, scale=scale, then=then.effect.deciding, now=now.effect.deciding)
    change = _change(blank.claim, now, now.effect.deciding, then.effect.deciding)
    if change is None:
        return replace(found, reason="wide_interval")
    strict = _change(
        blank.claim, now, now.effect.strict or now.effect.deciding, then.effect.strict or then.effect.deciding
    )
    allowed = _allowed(blank.margin or 0.0, scale)
    if strict is not None and strict.high < -allowed:
        return replace(found, met=Met.REFUTED, change=change)
    if change.low > -allowed:
        return replace(found, met=Met.SHOWN, change=change)
    return replace(found, reason="wide_interval", change=change)


def _is_same_measure(one: Comparison, other: Comparison) -> bool:
    """Measured alike, and at the same level."""
    told = [
        (each.subject.version, each.subject.config_hash, each.effect.scale, each.effect.deciding.level)
        for each in (one, other)
    ]
    return told[0] == told[1]


def _change(claim: Claim, comparison: Comparison, now: Estimate, then: Estimate) -> Gain | None:
    """Where the gain's change lies; None where one of the two has no interval."""
    points = [_gain(claim, comparison, replace(each, low=each.value, high=each.value)) for each in (now, then)]
    spans = [_gain(claim, comparison, each) for each in (now, then)]
    if None in points or None in spans:
        return None
    (at_now, at_then), (of_now, of_then) = ([each for each in pair if each is not None] for pair in (points, spans))
    middle = at_now.low - at_then.low
    return Gain(
        low=middle - math.hypot(at_now.low - of_now.low, of_then.high - at_then.low),
        high=middle + math.hypot(of_now.high - at_now.low, at_then.low - of_then.low),
    )


def _gain(claim: Claim, comparison: Comparison, estimate: Estimate) -> Gain | None:
    direction = comparison.subject.direction
    if claim.against is Against.BOUND and claim.bound is not None:
        return within(estimate, claim.bound, direction)
    return gain(estimate, comparison.effect.scale, direction)


def _allowed(margin: float, scale: Scale) -> float:
    return math.log1p(margin) if scale is Scale.RATIO else margin
