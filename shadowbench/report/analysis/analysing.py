"""A log and a policy in, a document out: every part in its turn.

The same log, policy and options give the same document, byte for byte: time and chance are options, and chance is drawn anew
for every part from the seed and the part's own name, so that one part more or less changes nothing of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.appendix import methods_of
from shadowbench.report.analysis.arms import Arm, arms_of
from shadowbench.report.analysis.candidates import Chapter, Work, chapter_of
from shadowbench.report.analysis.chances import chance_of
from shadowbench.report.analysis.changing import notes as changes_told
from shadowbench.report.analysis.concluding import concluded
from shadowbench.report.analysis.counting import models_of, source_of, totals_of, traffic_of
from shadowbench.report.analysis.deciding import FAILING, LANE, decide
from shadowbench.report.analysis.drifting import drifts
from shadowbench.report.analysis.families import corrected
from shadowbench.report.analysis.labelling import labelled_of, rows_of
from shadowbench.report.analysis.lanes import lane_of
from shadowbench.report.analysis.people import People
from shadowbench.report.analysis.ranking import rankings
from shadowbench.report.analysis.timeline import marks
from shadowbench.report.analysis.versions import of_versions
from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.document.parts import JudgeCard
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.times import Drift, SideSpend
from shadowbench.report.document.verdicts import Verdict
from shadowbench.report.policy import Policy
from shadowbench.stats.columns import IntArray

Progress = Callable[[str, float], None]
"""Told what is done next, and which share of all is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisOptions:
    """Whatever is not in the log and was not declared."""

    made_at: float  # Unix seconds
    software: str  # shadowbench's version
    again: frozenset[str] = frozenset()  # names of candidates that are production itself: A/A lanes
    seed: int = 0
    redact: bool = False  # leave prompts and answers out
    since: float | None = None  # as asked for, Unix seconds: the log is read so already
    until: float | None = None
    candidates: tuple[str, ...] = ()
    slice: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    earlier: tuple[Document, ...] = ()  # oldest first
    judges: tuple[JudgeCard, ...] = ()
    judge_spend: SideSpend | None = None  # None: nobody was asked
    examples: int = 10  # of each kind, for each candidate; 0: none
    verdicts_only: bool = (
        False  # the same verdicts, and nothing that they do not need: no other measure, no conclusions
    )


def analyse(log: ReadLog, policy: Policy, options: AnalysisOptions, progress: Progress | None = None) -> Document:
    """The report of a log. Reads it through `log`, and keeps no text but those of the examples."""
    tell = progress or _nobody
    tell("reading pairs", 0.0)
    arms = arms_of(log, options.again)
    tell("reading scores", 0.2)
    _load(log, policy, options)
    labels = log.labels
    work = Work(
        log=log,
        policy=policy,
        people=People(labels),
        seed=options.seed,
        examples=options.examples,
        redact=options.redact,
        verdicts_only=options.verdicts_only,
    )
    chapters = _chapters(work, arms, tell)
    tell("concluding", 0.95)
    document = _document(work, options, chapters)
    judged = replace(document, candidates=_judged(document, arms, rows_of(labels)))
    told = (*changes_told(judged.candidates), *of_versions(log, arms, _wanted(log, policy, options)))
    if options.verdicts_only:
        return replace(judged, warnings=told)
    finished = concluded(judged, options.earlier)
    return replace(finished, warnings=(*told, *finished.warnings), methods=methods_of(finished))


def _load(log: ReadLog, policy: Policy, options: AnalysisOptions) -> None:
    """Scores at once, which takes little more time than those of one measure."""
    wanted = _wanted(log, policy, options)
    if names := [name for name in log.scores if name in wanted]:
        log.scores.load(*names)


def _wanted(log: ReadLog, policy: Policy, options: AnalysisOptions) -> Collection[str]:
    """Names of measures that are told of; for verdicts alone those that were declared."""
    return {claim.measure for claim in policy.claims} if options.verdicts_only else set(log.scores)


def _nobody(what: str, share: float) -> None:
    """Progress that nobody looks at."""


def _chapters(work: Work, arms: Sequence[Arm], tell: Progress) -> Sequence[Chapter]:
    """One for each candidate, the A/A lane's first: its effects are the noise of the others'."""
    lane = lane_of(arms)
    noise: Sequence[Comparison] = ()
    chapters: list[Chapter] = []
    for place, arm in enumerate(arms):
        tell(arm.name, 0.6 + 0.35 * place / len(arms))
        chapters.append(chapter_of(work, arm, None if arm.again else lane, noise))
        if arm is lane:
            noise = chapters[-1].candidate.comparisons
    return chapters


def _document(work: Work, options: AnalysisOptions, chapters: Sequence[Chapter]) -> Document:
    """Everything but verdicts and what follows from them."""
    log, policy, scores = work.log, work.policy, [(each.arm, each.scores) for each in chapters]
    return Document(
        software=options.software,
        made_at=options.made_at,
        seed=options.seed,
        redacted=options.redact,
        source=source_of(
            log, since=options.since, until=options.until, candidates=options.candidates, chosen=options.slice
        ),
        policy=policy,
        totals=totals_of(log, options.judge_spend or SideSpend(calls=0, usd=None)),
        traffic=traffic_of(log.funnel),
        production_models=models_of(log.pairs, "production_reported_model"),
        candidates=tuple(corrected([each.candidate for each in chapters], policy)),
        judges=options.judges,
        marks=marks(log),
        drift=() if work.verdicts_only else _drift(work, chapters),
        rankings=() if work.verdicts_only else rankings(log, scores, level=policy.level, seed=options.seed),
    )


def _drift(work: Work, chapters: Sequence[Chapter]) -> tuple[Drift, ...]:
    arms, scores = [each.arm for each in chapters], [each.scores for each in chapters]
    return drifts(work.log, arms, scores, work.policy, chance_of(work.seed, "drift"))


def _with_verdict(candidate: Candidate, verdict: Verdict) -> Candidate:
    """Where most calls of a side fail, no comparison promises what more pairs would tell either."""
    if not any(blocker.code in FAILING for blocker in verdict.blockers):
        return replace(candidate, verdict=verdict)
    comparisons = tuple(replace(each, still_needed=None) for each in candidate.comparisons)
    return replace(candidate, verdict=verdict, comparisons=comparisons)


def _judged(document: Document, arms: Sequence[Arm], labels: IntArray) -> tuple[Candidate, ...]:
    """The candidates with their verdicts."""
    lane = lane_of(arms)
    of_lane = next((each.comparisons for each in document.candidates if lane and each.name == lane.name), None)
    return tuple(
        _with_verdict(
            candidate,
            LANE
            if candidate.again
            else decide(
                candidate.comparisons,
                candidate.counts,
                document.policy,
                lane=of_lane,
                judges=document.judges,
                labelled=labelled_of(labels, arm),
                chosen_by=document.source.slice,
                changed=candidate.changes,
            ),
        )
        for candidate, arm in zip(document.candidates, arms, strict=True)
    )
