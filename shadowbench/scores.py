"""The nouns of judgement: what is measured, a score or why there is none, a verdict, a call of a judge, a label.

All are frozen. A pair is named by its exchange's `number` in the log and the candidate's `side` there (1, 2, …; production
is 0). Times `*_at` are Unix seconds, money is USD. `None` always means "absent", never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Direction(StrEnum):
    """Which values of a measure are better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


class Shape(StrEnum):
    """What a measure measures.

    sides  each side by itself: a value of production and one of the candidate, to be compared
    pair   both sides together: one value, such as how alike they are or which of them won
    """

    SIDES = "sides"
    PAIR = "pair"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What was measured: a metric of one version under certain options, or a judge of one configuration."""

    name: str
    kind: str  # metric | judge
    version: str
    config_hash: str  # "" where there is nothing to configure
    shape: Shape
    direction: Direction
    low: float | None  # least possible value; None: no bound
    high: float | None
    unit: str = ""  # s, USD, tokens, …; "" for shares and plain numbers
    about: str = "{}"  # JSON object for people: options, models, hashes of prompts; no secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMeasure:
    """A measure with its number in a log."""

    id: int
    measure: Measure
    done_upto: int  # every pair of exchanges up to this number has its score


NO_TEXT = "no_text"
BLANK_PRODUCTION = "blank_production"
BLANK_CANDIDATE = "blank_candidate"
"""Reasons of absence: an answer has no text that is not blank. Of both answers together the last two tell whose it is, where it
is one alone."""


class PairRef(NamedTuple):
    """Which pair."""

    number: int
    side: int


class Score(NamedTuple):
    """One measure's result for one pair. Each value is there or has its reason; production's are of shape `sides` only."""

    number: int
    side: int
    measure: int
    value: float | None
    reason: str | None
    production_value: float | None = None
    production_reason: str | None = None
    probability: float = 1.0  # that a pair like this one is given to this measure at all
    detail: str | None = None  # JSON object


class Position(StrEnum):
    """What a judge was shown first, or alone."""

    PRODUCTION_FIRST = "production_first"
    CANDIDATE_FIRST = "candidate_first"
    ALONE = "alone"  # the candidate's answer
    PRODUCTION_ALONE = "production_alone"


class Preferred(StrEnum):
    """Whom a verdict prefers, whatever the order was."""

    PRODUCTION = "production"
    CANDIDATE = "candidate"
    TIE = "tie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one judge said in one call about one pair. Neither `preferred` nor `scores`: `reason` says why."""

    pair: PairRef
    measure: int  # the judge
    position: Position
    repetition: int = 0  # above 0: repeats that measure the judge's own noise
    preferred: Preferred | None = None
    strength: int | None = None  # 1 slightly, 2 clearly
    scores: tuple[tuple[str, float], ...] = ()  # criterion, number
    reason: str | None = None
    rung: str | None = None  # of the parse ladder: schema | json | fenced | repaired
    analysis: str | None = None
    flags: tuple[str, ...] = ()
    judged_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeCall:
    """An attempt that is about to be made, with what it may cost at most."""

    judge: str
    pair: PairRef | None
    purpose: str  # verdict | repeat | repair | canary | embedding
    attempt: int  # from 1
    model: str
    owner: str
    started_at: float
    reserved_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """How an attempt ended."""

    outcome: str  # ok, or why there was no answer
    status: int | None = None
    duration_s: float = 0.0
    reported_model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    cost_reason: str | None = None  # why cost_usd is None; at_most: it is not known, and cost_usd is the most it can be


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a judge cost so far."""

    calls: int  # settled attempts
    usd: float  # of settled attempts whose cost is known
    unpriced: int  # settled attempts whose cost is not
    open_calls: int  # reserved and not settled: under way, or lost with their worker
    open_usd: float

    @property
    def total_usd(self) -> float:
        """What budgets count: an attempt that was never settled may have cost all of its reservation."""
        return self.usd + self.open_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictSpending:
    """What a judge's verdicts cost so far: repeats and repairs are theirs, frozen sets and vectors are not."""

    asked: int  # verdicts that were asked for, each once, whatever attempts and repairs it took
    usd: float  # of settled attempts whose cost is known
    unpriced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a person says about a pair."""

    pair: PairRef
    question: str  # preference, or a rubric's name
    labeller: str
    labelled_at: float
    round: int = 1  # 2 when the same person is asked again
    preferred: Preferred | None = None
    value: float | None = None
    position: Position | None = None  # what was shown first, where that is known
    probability: float = 1.0  # that a pair like this one was put into the queue
    note: str | None = None
    source: str = "label"  # label | import
