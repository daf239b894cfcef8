"""One candidate's chapter: every part of it that its own pairs tell, before anything is corrected or concluded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.asking import Asked, asked_of
from shadowbench.report.analysis.chances import chance_of
from shadowbench.report.analysis.changing import changes, marked
from shadowbench.report.analysis.comparisons import Comparing
from shadowbench.report.analysis.controlling import controlled
from shadowbench.report.analysis.correcting import HOPED_FOR, Sure, corrected
from shadowbench.report.analysis.correlating import correlations
from shadowbench.report.analysis.costing import costs
from shadowbench.report.analysis.counting import counts_of, faults_of, models_of
from shadowbench.report.analysis.examples import examples
from shadowbench.report.analysis.latencies import distribution, is_told
from shadowbench.report.analysis.measuring import Measured, measured, measures_of
from shadowbench.report.analysis.people import People
from shadowbench.report.analysis.radar import axes
from shadowbench.report.analysis.slicing import slice_tables, worth_slicing
from shadowbench.report.analysis.timeline import Courses, series
from shadowbench.report.analysis.values import OF_THE_LOG, Paired, is_preference
from shadowbench.report.analysis.watching import Looking
from shadowbench.report.document.comparisons import Comparison, Origin
from shadowbench.report.document.parts import Correlation
from shadowbench.report.document.root import Candidate
from shadowbench.report.document.times import Distribution
from shadowbench.report.document.verdicts import Decision, Verdict
from shadowbench.report.policy import Against, Policy, Statistic

_EFFORT = ("latency", "cost")
_SHOWN_ALONE = ("ttft", "gap_p95", "output_tokens")
"""Of these there are comparisons and distributions, and no more unless they were declared."""


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
    verdicts_only: bool = False  # what was declared, and nothing else


def chapter_of(work: Work, arm: Arm, lane: Arm | None, noise: Sequence[Comparison]) -> Chapter:
    """`lane`: the A/A lane, where it is another arm; `noise`: its comparisons."""
    measures = _measures(work, arm, lane, noise)
    courses = Courses(arm, work.policy)
    compared = replace(
        _compared(work, arm, measures.comparisons),
        changes=() if arm.again else changes(measures.primary, courses),
    )
    if work.verdicts_only:
        return Chapter(arm=arm, candidate=compared, scores=())
    return _told(work, compared, measures, courses)


def _compared(work: Work, arm: Arm, comparisons: tuple[Comparison, ...]) -> Candidate:
    """The candidate with what verdicts go by."""
    pairs = work.log.pairs
    return Candidate(
        name=arm.name,
        again=arm.again,
        requested_models=models_of(pairs, "candidate_requested_model", arm.rows),
        reported_models=models_of(pairs, "candidate_reported_model", arm.rows),
        counts=counts_of(arm),
        faults=faults_of(pairs, arm),
        verdict=Verdict(decision=Decision.UNDECLARED),
        comparisons=comparisons,
    )


def _told(work: Work, compared: Candidate, measures: _Measures, courses: Courses) -> Chapter:
    """With everything else that is told of it."""
    log, arm, policy, seed = work.log, courses.arm, work.policy, work.seed
    by_name = measures.kept
    pairs = list(by_name.values())
    scores = [paired for name, paired in by_name.items() if name not in OF_THE_LOG]
    candidate = replace(
        compared,
        distributions=measures.distributions,
        costs=costs(log, arm, policy, by_name.get(policy.correct or "")) if arm.n else None,
        slices=slice_tables(log, arm, pairs, policy),
        series=marked(series(_in_time(by_name, pairs, policy), courses), compared.changes),
        examples=examples(log, arm, pairs, policy, each=work.examples, seed=seed, redact=work.redact),
        radar=axes(measures.comparisons, policy),
        correlations=_correlations(arm, by_name, scores, policy, seed),
    )
    arm.keep(paired.places for paired in scores)
    return Chapter(arm=arm, candidate=candidate, scores=scores)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measures:
    """What is told measure by measure."""

    comparisons: tuple[Comparison, ...]
    distributions: tuple[Distribution, ...]
    kept: Mapping[str, Paired]  # what other parts are told from
    primary: Sequence[Paired]  # of these and of verdicts alone what primary claims are about


def _measures(work: Work, arm: Arm, lane: Arm | None, noise: Sequence[Comparison]) -> _Measures:
    """One measure after the other: what later parts do not need is let go before the next one comes."""
    names = _names(work) if arm.n else ()
    asked = _asked(work, arm, names)
    comparing = Comparing(log=work.log, arm=arm, lane=lane, policy=work.policy, seed=work.seed, noise=noise)
    found: dict[Asked, Comparison] = {}
    distributions: list[Distribution] = []
    kept: dict[str, Paired] = {}
    about = {claim.measure for claim in work.policy.primary}
    primary: list[Paired] = []
    for name in names:
        part = measured(work.log, arm, name)
        mine = comparing.of((each for each in asked if each.claim.measure == name), part)
        found |= {each: _with_judges(work, arm, comparison, part) for each, comparison in mine.items()}
        distributions += _distribution(work, arm, name, part)
        if _is_kept(work, name):
            kept[name] = part.for_means.paired
        if name in about and not arm.again:
            primary.append(part.for_means.paired)
        part.forget()
    arm.keep(paired.places for paired in (*kept.values(), *primary))
    return _Measures(
        comparisons=tuple(found[each] for each in asked), distributions=tuple(distributions), kept=kept, primary=primary
    )


def _is_kept(work: Work, name: str) -> bool:
    return not work.verdicts_only and (
        name not in _SHOWN_ALONE or name in {claim.measure for claim in work.policy.claims}
    )


def _names(work: Work) -> Sequence[str]:
    """Whatever was measured; for verdicts alone what was declared."""
    declared = {claim.measure for claim in work.policy.claims}
    return [name for name in measures_of(work.log) if name in declared or not work.verdicts_only]


def _asked(work: Work, arm: Arm, names: Sequence[str]) -> Sequence[Asked]:
    """For verdicts alone what was declared; of the lane how like production it is, too: the noise of claims against it."""
    found = asked_of(work.policy, names)
    if not work.verdicts_only:
        return found
    noise = {claim.measure for claim in work.policy.claims if arm.again and claim.against is Against.AGAIN}
    return [
        each
        for each in found
        if each.is_declared or (each.claim.measure in noise and each.claim.statistic is Statistic.MEAN)
    ]


def _distribution(work: Work, arm: Arm, name: str, part: Measured) -> Sequence[Distribution]:
    times = None if work.verdicts_only else part.times
    if times is None or not is_told(name, times.timed):
        return ()
    return (distribution(name, times, work.policy.level, chance_of(work.seed, arm.name, "distribution", name)),)


def _in_time(by_name: Mapping[str, Paired], pairs: Sequence[Paired], policy: Policy) -> Sequence[Paired]:
    """What is worth a slice is worth a line in time; so are latency and cost."""
    names = [paired.subject.name for paired in worth_slicing(pairs, policy)]
    return [by_name[name] for name in dict.fromkeys([*names, *_EFFORT]) if name in by_name]


def _correlations(
    arm: Arm, by_name: Mapping[str, Paired], scores: Sequence[Paired], policy: Policy, seed: int
) -> tuple[Correlation, ...]:
    effort = [by_name[name] for name in _EFFORT if name in by_name]
    return correlations(arm, effort, scores, level=policy.level, seed=seed)


def _with_judges(work: Work, arm: Arm, comparison: Comparison, part: Measured) -> Comparison:
    """A judge's effect as people would have it, and at equal length."""
    is_plain = comparison.statistic is Statistic.MEAN and comparison.against is Against.PRODUCTION
    is_judged = comparison.subject.origin is Origin.JUDGE and not comparison.relative and not comparison.reason
    if work.verdicts_only or not (is_judged and is_plain):
        return comparison
    paired, level = part.for_means.paired, work.policy.level
    looking = Looking(watching=work.policy.watching, clusters=arm.clusters.count)
    sure = Sure(level=level, looking=looking, hoped_for=work.policy.requires.labels or HOPED_FOR)
    effect, why = corrected(work.log, work.people, arm, paired, sure=sure)
    found = replace(comparison, corrected=effect, corrected_reason=why)
    if not is_preference(paired.subject):
        return found
    equal, why_not = controlled(work.log, arm, paired, level=level, seed=work.seed, looking=looking)
    return replace(found, controlled=equal, controlled_reason=why_not)
