"""One candidate's chapter: every part of it that its own pairs tell, before anything is corrected or concluded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.chances import chance_of
from shadowbench.report.analysis.comparisons import comparisons_of
from shadowbench.report.analysis.controlling import controlled
from shadowbench.report.analysis.correcting import corrected
from shadowbench.report.analysis.correlating import correlations
from shadowbench.report.analysis.costing import costs
from shadowbench.report.analysis.counting import counts_of, faults_of, models_of
from shadowbench.report.analysis.examples import examples
from shadowbench.report.analysis.latencies import distributions
from shadowbench.report.analysis.measuring import Measured, measured, measures_of
from shadowbench.report.analysis.people import People
from shadowbench.report.analysis.radar import axes
from shadowbench.report.analysis.slicing import slice_tables, worth_slicing
from shadowbench.report.analysis.timeline import series
from shadowbench.report.analysis.values import OF_THE_LOG, Paired, is_preference
from shadowbench.report.document.comparisons import Comparison, Origin
from shadowbench.report.document.parts import Correlation
from shadowbench.report.document.root import Candidate
from shadowbench.report.document.verdicts import Decision, Verdict
from shadowbench.report.policy import Against, Policy, Statistic

_EFFORT = ("latency", "cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A candidate, and what later parts need of its pairs."""

    arm: Arm
    candidate: Candidate
    scores: Sequence[Paired]  # of metrics and judges


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What all chapters have in common."""

    log: ReadLog
    policy: Policy
    people: People
    seed: int
    examples: int
    redact: bool


def chapter_of(work: Work, arm: Arm, lane: Arm | None, noise: Sequence[Comparison]) -> Chapter:
    """`lane`: the A/A lane, where it is another arm; `noise`: its comparisons."""
    log, policy, seed = work.log, work.policy, work.seed
    parts = {name: measured(log, arm, name) for name in measures_of(log)} if arm.n else {}
    pairs = [each.for_means for each in parts.values()]
    by_name = {name: each.for_means for name, each in parts.items()}
    scores = [each.for_means for name, each in parts.items() if name not in OF_THE_LOG]
    found = comparisons_of(log, arm, parts, lane, policy, seed=seed, noise=noise)
    candidate = Candidate(
        name=arm.name,
        again=arm.again,
        requested_models=models_of(log.pairs, "candidate_requested_model", arm.rows),
        reported_models=models_of(log.pairs, "candidate_reported_model", arm.rows),
        counts=counts_of(arm),
        faults=faults_of(log.pairs, arm),
        verdict=Verdict(decision=Decision.UNDECLARED),
        comparisons=tuple(_with_judges(work, arm, each, parts) for each in found),
        distributions=distributions(log, arm, policy, chance_of(seed, arm.name, "distributions")),
        costs=costs(log, arm, policy, by_name.get(policy.correct or "")) if arm.n else None,
        slices=slice_tables(log, arm, pairs, policy),
        series=series(_in_time(by_name, pairs, policy), arm, policy),
        examples=examples(log, arm, pairs, policy, each=work.examples, seed=seed, redact=work.redact),
        radar=axes(found, policy),
        correlations=_correlations(arm, by_name, scores, policy, seed),
    )
    return Chapter(arm=arm, candidate=candidate, scores=scores)


def _in_time(by_name: Mapping[str, Paired], pairs: Sequence[Paired], policy: Policy) -> Sequence[Paired]:
    """What is worth a slice is worth a line in time; so are latency and cost."""
    names = [paired.subject.name for paired in worth_slicing(pairs, policy)]
    return [by_name[name] for name in dict.fromkeys([*names, *_EFFORT]) if name in by_name]


def _correlations(
    arm: Arm, by_name: Mapping[str, Paired], scores: Sequence[Paired], policy: Policy, seed: int
) -> tuple[Correlation, ...]:
    effort = [by_name[name] for name in _EFFORT if name in by_name]
    return correlations(arm, effort, scores, level=policy.level, seed=seed)


def _with_judges(work: Work, arm: Arm, comparison: Comparison, parts: Mapping[str, Measured]) -> Comparison:
    """A judge's effect as people would have it, and at equal length."""
    is_plain = comparison.statistic is Statistic.MEAN and comparison.against is Against.PRODUCTION
    if comparison.subject.origin is not Origin.JUDGE or not is_plain or comparison.relative or comparison.reason:
        return comparison
    paired, level = parts[comparison.subject.name].for_means, work.policy.level
    effect, why = corrected(work.log, work.people, arm, paired, level=level)
    found = replace(comparison, corrected=effect, corrected_reason=why)
    if not is_preference(paired.subject):
        return found
    equal, why_not = controlled(work.log, arm, paired, level=level, seed=work.seed)
    return replace(found, controlled=equal, controlled_reason=why_not)
