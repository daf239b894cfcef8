"""A kind of judge: whoever writes less wins, without asking anybody."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from shadowbench.judges.base import Judgement, Question, Reply
from shadowbench.judges.identity import Scale, measure_of
from shadowbench.judges.kinds import JudgeKind
from shadowbench.judges.options import JudgeOptions
from shadowbench.metrics.view import PairView
from shadowbench.scores import Measure, PairRef, Shape, Verdict


class Quiet:
    """A judge that has no questions."""

    def __init__(self, options: JudgeOptions) -> None:
        self._measure = measure_of(
            options, version="1", scale=Scale(shape=Shape.PAIR, low=0, high=1), rubric={"name": "quiet"}
        )

    @property
    def measure(self) -> Measure:
        """1: the candidate writes less."""
        return self._measure

    def objection(self, pair: PairView) -> str | None:
        """Both have to write."""
        return None if pair.candidate.text and pair.production.text else "no_text"

    def questions(self, pair: PairView, chance: Random) -> Sequence[Question]:
        """None."""
        return ()

    def read(self, question: Question, reply: Reply, pair: PairRef, measure: int, now: float) -> Verdict:
        """Never called."""
        raise NotImplementedError

    def repair(self, question: Question, reply: Reply) -> Question | None:
        """Never called."""
        return None

    def conclude(self, pair: PairView, verdicts: Sequence[Verdict]) -> Judgement:
        """By their length."""
        mine, theirs = len(pair.candidate.text or ""), len(pair.production.text or "")
        return Judgement(value=(mine < theirs) + (mine == theirs) / 2, reason=None)


KIND = JudgeKind(name="quiet", version="1", build=Quiet)
