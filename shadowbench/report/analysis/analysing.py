"""A log and a policy in, a document out: every part in its turn.

The same log, policy and options give the same document, byte for byte: time and chance are options, and chance is drawn anew
for every part from the seed and the part's own name, so that one part more or less changes nothing of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm, arms_of
from shadowbench.report.analysis.counting import (
    counts_of,
    faults_of,
    marks_of,
    models_of,
    source_of,
    totals_of,
    traffic_of,
)
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
    tell("pairs", 0.0)
    arms = arms_of(log, options.again)
    candidates = [_candidate(log, arm, policy, options) for arm in arms]
    tell("done", 1.0)
    return _document(log, policy, options, arms, candidates)


def _nobody(what: str, share: float) -> None:
    """Progress that nobody looks at."""


def _document(
    log: ReadLog, policy: Policy, options: AnalysisOptions, arms: Sequence[Arm], candidates: Sequence[Candidate]
) -> Document:
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


def _candidate(log: ReadLog, arm: Arm, policy: Policy, options: AnalysisOptions) -> Candidate:
    return Candidate(
        name=arm.name,
        again=arm.again,
        requested_models=models_of(log.pairs, "candidate_requested_model", arm.rows),
        reported_models=models_of(log.pairs, "candidate_reported_model", arm.rows),
        counts=counts_of(arm),
        faults=faults_of(log.pairs, arm),
        verdict=Verdict(decision=Decision.UNDECLARED),
        comparisons=(),
    )
