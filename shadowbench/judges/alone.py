"""Judges that see one answer at a time: production's and the candidate's get a value each, by the same prompt. Pure.

Rubrics, checklists, factuality and custom prompts of one answer differ in their prompt, the form of their verdict and what a
verdict is worth: that is their `Grading`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from shadowbench.judges.base import Judgement, Question, Reply
from shadowbench.judges.conduct import Conduct
from shadowbench.judges.forms import Form, Stated
from shadowbench.judges.ladder import Unreadable
from shadowbench.judges.marks import Marks, nonce
from shadowbench.judges.reading import read, repair, scored, unscored
from shadowbench.judges.suspicion import echo_of
from shadowbench.metrics.view import PairView, Side
from shadowbench.scores import Measure, PairRef, Position, Verdict

Grades = tuple[tuple[str, float], ...]
POSITIONS = (Position.ALONE, Position.PRODUCTION_ALONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """What a kind of judge of single answers adds."""

    form: Form
    system: str
    user: Callable[[PairView, Side, Marks], str]
    grades: Callable[[Stated], Grades]  # as they stand in the log
    value: Callable[[Mapping[str, float]], float]  # out of all grades


class Alone:
    """A judge of each side by itself."""

    def __init__(self, measure: Measure, conduct: Conduct, grading: Grading) -> None:
        self._measure = measure
        self._conduct = conduct
        self._grading = grading

    @property
    def measure(self) -> Measure:
        """Of shape `sides`."""
        return self._measure

    def objection(self, pair: PairView) -> str | None:
        """What lies in the request goes before what a side is like. One side has to be there; the other's value is absent
        then."""
        reasons = [self._conduct.objection_to(side) for side in (pair.candidate, pair.production)]
        return self._conduct.objection(pair) or (reasons[0] if all(reasons) else None)

    def questions(self, pair: PairView, chance: Random) -> Sequence[Question]:
        """One for each side that has an answer; for some pairs twice."""
        return [
            self._question(pair, position, repetition, Marks(nonce(chance)))
            for repetition in self._conduct.repetitions(pair)
            for position in POSITIONS
            if self._conduct.objection_to(_side(pair, position)) is None
        ]

    def read(self, question: Question, reply: Reply, pair: PairRef, measure: int, now: float) -> Verdict:
        """What the reply grades."""
        found = read(question, reply, self._grading.form)
        if isinstance(found, Unreadable):
            return unscored(question, pair, measure, now, found.reason)
        return scored(question, pair, measure, now, found, scores=self._grading.grades(found.stated))

    def repair(self, question: Question, reply: Reply) -> Question | None:
        """Once more, for a reply that could not be read."""
        return repair(question, reply, self._grading.form)

    def conclude(self, pair: PairView, verdicts: Sequence[Verdict]) -> Judgement:
        """A value for each side, or why it has none; repeats do not enter."""
        counting = {verdict.position: verdict for verdict in verdicts if verdict.repetition == 0}
        reasons = [self._reason(pair, position, counting.get(position)) for position in POSITIONS]
        values = [
            self._grading.value(dict(counting[position].scores)) if reason is None else None
            for position, reason in zip(POSITIONS, reasons, strict=True)
        ]
        return Judgement(
            value=values[0],
            reason=reasons[0],
            production_value=values[1],
            production_reason=reasons[1],
            detail=_detail(counting),
        )

    def _question(self, pair: PairView, position: Position, repetition: int, marks: Marks) -> Question:
        side = _side(pair, position)
        return Question(
            system=self._grading.system,
            user=self._grading.user(pair, side, marks),
            schema=self._grading.form.schema,
            position=position,
            repetition=repetition,
            nonce=marks.code,
            flags=self._conduct.flags(pair, side),
        )

    def _reason(self, pair: PairView, position: Position, verdict: Verdict | None) -> str | None:
        if (objection := self._conduct.objection_to(_side(pair, position))) is not None:
            return objection
        if verdict is None:
            return "not_asked"
        return None if verdict.scores else echo_of(verdict.reason or "no_reply", verdict.flags)


def ask(conduct: Conduct, closing: str) -> Callable[[PairView, Side, Marks], str]:
    """The usual question: conversation, reference where there is one, the response, and `closing`."""

    def user(pair: PairView, side: Side, marks: Marks) -> str:
        return "\n\n".join([conduct.setting(pair, marks), marks.around("response", conduct.show(side).text), closing])

    return user


def _side(pair: PairView, position: Position) -> Side:
    return pair.candidate if position is Position.ALONE else pair.production


def _detail(verdicts: Mapping[Position, Verdict]) -> Mapping[str, Any]:
    names = {Position.ALONE: "candidate", Position.PRODUCTION_ALONE: "production"}
    detail: dict[str, Any] = {names[position]: dict(verdict.scores) for position, verdict in verdicts.items()}
    return {**detail, "flags": sorted({flag for verdict in verdicts.values() for flag in verdict.flags})}
