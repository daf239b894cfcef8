"""The whole document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.document.parts import Axis, Correlation, Example, JudgeCard, Ranking, SliceTable
from shadowbench.report.document.times import Change, Costs, Distribution, Drift, MarkShown, Series, SideSpend, Trend
from shadowbench.report.document.verdicts import Note, Recommendation, Standpoint, Verdict
from shadowbench.report.policy import Policy
from shadowbench.stats.methods import Method

SCHEMA, VERSION = "shadowbench.report", 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Which pairs the report is of."""

    logs: tuple[str, ...]  # names of files, or URLs without passwords
    first_at: float | None  # Unix seconds
    last_at: float | None
    since: float | None = None  # as asked for
    until: float | None = None
    candidates: tuple[str, ...] = ()
    slice: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What became of all requests, from the log's funnel. See `shadowbench.funnel` for the stages."""

    seen: int
    not_handed_off: Mapping[str, int]  # by the proxy's reason
    lost: int
    ineligible: Mapping[str, int]
    unsampled: Mapping[str, int]
    sampled: int
    recorded: int
    discarded: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How much there is."""

    exchanges: int
    pairs: int
    clusters: int
    production: SideSpend
    candidates: SideSpend
    judges: SideSpend


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How often one side ended in one way other than an answer."""

    outcome: str
    reason: str | None
    production: int
    candidate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """`pairs` = `not_sent` + `sent`. Of sent pairs `answered` have an answer on both sides."""

    pairs: int
    sent: int
    not_sent: Mapping[str, int]  # by reason
    answered: int
    production_ok: int
    candidate_ok: int
    clusters: int  # of sent pairs
    effective_n: float | None  # Kish: what unequal sampling leaves of the sent pairs
    withdrawn: int = 0  # sent, and no part of any comparison: the client left
    worth: float | None = None  # as how many of equal weight the clusters count; None: as many as there are


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One candidate against production."""

    name: str
    again: bool  # the A/A lane: production once more, whose differences are noise
    requested_models: tuple[str, ...]
    reported_models: tuple[str, ...]
    counts: Counts
    faults: tuple[Fault, ...]
    verdict: Verdict
    comparisons: tuple[Comparison, ...]  # primary, guardrails, then the others by name
    distributions: tuple[Distribution, ...] = ()
    costs: Costs | None = None
    slices: tuple[SliceTable, ...] = ()
    series: tuple[Series, ...] = ()
    examples: tuple[Example, ...] = ()
    radar: tuple[Axis, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    changes: tuple[Change, ...] = ()  # of primary claims' measures, over the period


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodUsed:
    """A method of `stats.methods`, with the values it was used on."""

    method: Method
    times: int
    least_n: int
    most_n: int
    refused: Mapping[str, int] = field(default_factory=dict)  # by reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report before anybody renders it. A pure function of logs and policy, but for `made_at` and `software`."""

    schema: str = SCHEMA
    version: int = VERSION
    software: str  # shadowbench's version
    made_at: float  # Unix seconds
    seed: int
    redacted: bool  # prompts and answers were left out
    source: Source
    policy: Policy
    totals: Totals
    traffic: Traffic | None
    production_models: tuple[str, ...]
    candidates: tuple[Candidate, ...]  # A/A lanes first, then by name
    judges: tuple[JudgeCard, ...] = ()
    findings: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    standpoints: tuple[Standpoint, ...] = ()
    marks: tuple[MarkShown, ...] = ()
    drift: tuple[Drift, ...] = ()
    trend: tuple[Trend, ...] = ()
    methods: tuple[MethodUsed, ...] = ()
    rankings: tuple[Ranking, ...] = ()  # of each judge that compares, where there are several candidates
