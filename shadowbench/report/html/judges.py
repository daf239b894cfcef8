"""How far judges may be trusted, in short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.document.parts import JudgeCard
from shadowbench.stats.agreement import Coefficient


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One judge: lines of a title, a number and what it means."""

    name: str
    model: str
    calibrated: bool
    alarms: tuple[str, ...]
    lines: tuple[tuple[str, str, str], ...]


def card(judge: JudgeCard) -> Card:
    """All that is known of one."""
    of = ", ".join(each for each in (judge.model, judge.family, f"version {judge.version}") if each)
    return Card(
        name=judge.judge,
        model=of,
        calibrated=judge.calibrated,
        alarms=tuple(words.alarm(each) for each in judge.alarms),
        lines=(*_counted(judge), *_agreement(judge), *_habits(judge), *_spent(judge)),
    )


def _counted(judge: JudgeCard) -> Iterator[tuple[str, str, str]]:
    yield "Scored", f"{judge.scored:,}", f"and {judge.unscored:,} without a score"
    yield "Labels by people", f"{judge.labels:,}", "pairs with its verdict and a person's"


def _agreement(judge: JudgeCard) -> Iterator[tuple[str, str, str]]:
    base = f"always giving the most frequent answer: {words.share(judge.constant)}"
    yield "Agrees with people", words.share(judge.agreement), base
    yield "Cohen's κ", coefficient(judge.kappa), "agreement beyond chance"
    yield "Gwet's AC1", coefficient(judge.ac1), "the same, also where nearly all answers are alike"
    yield "People among themselves, κ", coefficient(judge.people_kappa), "the most that can be hoped for"


def _habits(judge: JudgeCard) -> Iterator[tuple[str, str, str]]:
    yield (
        "Survive swapping the order",
        coefficient(judge.consistency),
        f"favours a place: {words.p_value(judge.position_p)}",
    )
    yield "Goes by length", coefficient(judge.length), "0: it does not"
    yield "Favours its family", coefficient(judge.self_preference), "0: it does not"
    yield "Contradicts itself", coefficient(judge.flips), "share of repeats"


def _spent(judge: JudgeCard) -> Iterator[tuple[str, str, str]]:
    unpriced = f", the cost of {judge.unpriced:,} is not known" if judge.unpriced else ""
    yield "Calls", f"{judge.calls:,}", f"{words.number(judge.usd, 'USD')}{unpriced}"


def coefficient(found: Coefficient | None) -> str:
    """With its interval, or why there is none."""
    if found is None:
        return words.ABSENT
    if found.value is None:
        return f"not told: {words.reason(found.reason or 'unknown').replace('_', ' ')}"
    return words.between(found.value, found.low, found.high)
