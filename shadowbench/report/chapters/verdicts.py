"""First of all: may this traffic move? Of each candidate, with its conditions and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.chapters import cells
from shadowbench.report.chapters.nouns import Chapter, Column, Line, Row, Table, Tone
from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.verdicts import Condition, Decision, Met
from shadowbench.report.words import remarks

_TONES = {Decision.MAY: Tone.GOOD, Decision.MAY_NOT: Tone.BAD, Decision.INCONCLUSIVE: Tone.OPEN}
_STANDS = {Met.SHOWN: Tone.GOOD, Met.REFUTED: Tone.BAD, Met.OPEN: Tone.OPEN, Met.SKIPPED: Tone.FAINT}
_COLUMNS = (
    Column(title="stands"),
    Column(title="what must be shown"),
    Column(title="found"),
    Column(title="pairs", numbers=True),
)


def verdicts(document: Document) -> Chapter:
    """One line for each candidate, and the table of its conditions."""
    others = [candidate for candidate in document.candidates if not candidate.again]
    about = (Line(text=document.policy.about),) if document.policy.about else ()
    found = tuple(block for candidate in others for block in _of(candidate))
    return Chapter(title="Verdict", blocks=(*about, *(found or (Line(text=remarks.ONLY_AGAIN, tone=Tone.OPEN),))))


def comparison_of(candidate: Candidate, condition: Condition) -> Comparison | None:
    """The numbers of a condition; None where it was not measured."""
    claim = condition.claim
    return next(
        (
            each
            for each in candidate.comparisons
            if (each.subject.name, each.statistic, each.against, each.role)
            == (claim.measure, claim.statistic, claim.against, condition.role)
        ),
        None,
    )


def _of(candidate: Candidate) -> Iterator[Table | Line]:
    verdict = candidate.verdict
    yield Line(text=words.decision(verdict.decision, candidate.name), tone=_TONES.get(verdict.decision))
    if told := words.because(verdict):
        yield Line(text=told, tone=_TONES.get(verdict.decision))
    yield from (Line(text=words.blocker(found), tone=Tone.OPEN, item=True) for found in verdict.blockers)
    if verdict.conditions:
        yield Table(columns=_COLUMNS, rows=tuple(_row(candidate, condition) for condition in verdict.conditions))


def _row(candidate: Candidate, condition: Condition) -> Row:
    comparison = comparison_of(candidate, condition)
    unit, scale = ("", None) if comparison is None else (comparison.subject.unit, comparison.effect.scale)
    n = f"{comparison.n:,}" if comparison is not None else words.ABSENT
    claim = words.claim(condition.claim, unit, scale)
    return Row((words.met(condition.met), claim, _found(condition, comparison), n), tone=_STANDS[condition.met])


def _found(condition: Condition, comparison: Comparison | None) -> str:
    """The effect, why it does not tell, and what would."""
    why = condition.reason
    parts = [_effect(comparison)] if comparison is not None and _is_there(comparison) else []
    parts += [words.reason(why)] if why is not None and not _is_told(why, comparison) else []
    ahead = words.outlook(condition)
    parts += [f"{ahead[:1].lower()}{ahead[1:]}"] if ahead else []
    return "; ".join(parts) or words.ABSENT


def _effect(comparison: Comparison) -> str:
    """With what belongs beside it."""
    told, more = cells.effect(comparison.effect, comparison.subject.unit), words.beside(comparison)
    return f"{told}: {more}" if more else told


def _is_told(why: str, comparison: Comparison | None) -> bool:
    """Whether the effect's own cell says it."""
    return comparison is not None and _is_there(comparison) and comparison.effect.deciding.reason == why


def _is_there(comparison: Comparison | None) -> bool:
    return comparison is not None and comparison.reason is None and comparison.effect.deciding.value is not None


def in_short(document: Document) -> Chapter:
    """The verdicts alone: of a long report, a terminal shows the end."""
    lines = (
        Line(text=words.decision(each.verdict.decision, each.name), tone=_TONES.get(each.verdict.decision), item=True)
        for each in document.candidates
        if not each.again
    )
    return Chapter(title="In short", blocks=tuple(lines))
