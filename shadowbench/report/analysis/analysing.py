"""A log and a policy in, a document out: every part in its turn.

The same log, policy and options give the same document, byte for byte: time and chance are options, and chance is drawn anew
for every part from the seed and the part's own name, so that one part more or less changes nothing of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.appendix import methods_of
from shadowbench.report.analysis.arms import Arm, arms_of
from shadowbench.report.analysis.comparisons import comparisons_of
from shadowbench.report.analysis.counting import (
    counts_of,
    faults_of,
    marks_of,
    models_of,
    source_of,
    totals_of,
    traffic_of,
)
from shadowbench.report.analysis.families import corrected
from shadowbench.report.analysis.lanes import lane_of
from shadowbench.report.document.parts import JudgeCard
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.times import SideSpend
from shadowbench.report.document.verdicts import Decision, Verdict
from shadowbench.report.policy import Policy

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


def analyse(log: ReadLog, policy: Policy, options: AnalysisOptions, progress: Progress | None = None) -> Document:
    """The report of a log. Reads it through `log`, and keeps no text but those of the examples."""
    tell = progress or _nobody
    tell("reading pairs", 0.0)
    arms = arms_of(log, options.again)
    tell("reading scores", 0.2)
    log.scores.load()
    lane = lane_of(arms)
    candidates: list[Candidate] = []
    for place, arm in enumerate(arms):
        tell(f"comparing {arm.name}", 0.5 + 0.4 * place / len(arms))
        candidates.append(_candidate(log, arm, lane, policy, options, candidates))
    document = _document(log, policy, options, corrected(candidates, policy))
    tell("done", 1.0)
    return replace(document, methods=methods_of(document))


def _nobody(what: str, share: float) -> None:
    """Progress that nobody looks at."""


def _document(log: ReadLog, policy: Policy, options: AnalysisOptions, candidates: Sequence[Candidate]) -> Document:
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
        candidates=tuple(candidates),
        judges=options.judges,
        marks=marks_of(log),
    )


def _candidate(
    log: ReadLog,
    arm: Arm,
    lane: Arm | None,
    policy: Policy,
    options: AnalysisOptions,
    before: Sequence[Candidate],
) -> Candidate:
    noise = next((each.comparisons for each in before if lane is not None and each.name == lane.name), ())
    return Candidate(
        name=arm.name,
        again=arm.again,
        requested_models=models_of(log.pairs, "candidate_requested_model", arm.rows),
        reported_models=models_of(log.pairs, "candidate_reported_model", arm.rows),
        counts=counts_of(arm),
        faults=faults_of(log.pairs, arm),
        verdict=Verdict(decision=Decision.UNDECLARED),
        comparisons=comparisons_of(log, arm, None if arm.again else lane, policy, seed=options.seed, noise=noise),
    )
