"""Puts lanes together: each judge with the way in which it judges, and those that it builds on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import SystemRandom
from typing import TYPE_CHECKING

from shadowbench.errors import ConfigurationError
from shadowbench.judges.base import Question, Reply
from shadowbench.judges.calls.desk import Desk
from shadowbench.judges.calls.embeddings import EmbeddingJudge
from shadowbench.judges.cascade import Cascade
from shadowbench.judges.panel import Panel
from shadowbench.scores import Measure, PairRef, Shape
from shadowbench.scoring.built import BuiltJudge
from shadowbench.scoring.judge_lane import JudgeLane
from shadowbench.scoring.judging import ByCascade, ByPanel, ByQuestions, ByVectors, Judging
from shadowbench.scoring.lane import Keeping
from shadowbench.scoring.ledger import Ledger
from shadowbench.scoring.metric_lane import LANE
from shadowbench.signals import Counters
from shadowbench.store.base import PairLog

if TYPE_CHECKING:
    from shadowbench.scoring.canary_lane import CanaryLane


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """All judges of a worker. `measures`: those of the metrics, by name; `numbers`: of metrics and judges in the log."""

    judges: Mapping[str, BuiltJudge]
    measures: Mapping[str, Measure]
    numbers: Mapping[str, int]
    desk: Desk
    ledger: Ledger
    keeping: Keeping
    counters: Counters

    def lane(self, judge: BuiltJudge, reading: PairLog) -> JudgeLane:
        """The lane of a judge. Raises ConfigurationError when its key is not there."""
        return JudgeLane(
            judge.options,
            judge.measure,
            self.numbers[judge.name],
            judging=self._judging(judge),
            ledger=self.ledger,
            reading=reading,
            keeping=self.keeping,
            counters=self.counters,
            needs=self._needs(judge),
        )

    def canaries(self, *, every_s: float, log_url: str) -> CanaryLane | None:
        """The lane of frozen sets; None where no judge asks a model."""
        asked = [
            (each.judge, self.desk.asker(each.name, each.options.endpoint))
            for each in self.judges.values()
            if each.options.endpoint is not None and not isinstance(each.judge, Panel | Cascade | EmbeddingJudge)
        ]
        if not asked or every_s <= 0:
            return None
        # Imported here: who keeps no canaries needs no statistics, and scipy takes 0.3 s and 20 MB.
        from shadowbench.scoring.canary_lane import CanaryLane

        return CanaryLane(
            asked,
            every_s=every_s,
            ledger=self.ledger,
            log_url=log_url,
            keeping=self.keeping,
            counters=self.counters,
        )

    def _judging(self, built: BuiltJudge) -> Judging:
        judge, options = built.judge, built.options
        if isinstance(judge, Panel):
            return ByPanel(judge, self.ledger, {name: self.numbers[name] for name in options.members})
        if isinstance(judge, Cascade):
            screen, strong = options.screen or "", self.judges[options.strong or ""]
            return ByCascade(
                judge,
                self.ledger,
                screen=self.numbers[screen],
                screen_shape=self._shape(screen),
                strong=self._by_questions(strong),
            )
        if isinstance(judge, EmbeddingJudge):
            return ByVectors(judge.scorer(self.desk))
        return self._by_questions(built)

    def _by_questions(self, built: BuiltJudge) -> ByQuestions:
        judge, options = built.judge, built.options
        assert not isinstance(judge, Panel | Cascade)
        asker = Nobody(built.name) if options.endpoint is None else self.desk.asker(built.name, options.endpoint)
        return ByQuestions(
            judge,
            asker,
            self.ledger,
            self.numbers[built.name],
            chance=SystemRandom(),  # nonces are not to be guessed
            now=self.keeping.now,
        )

    def _shape(self, name: str) -> Shape:
        return self.measures[name].shape if name in self.measures else self.judges[name].measure.shape

    def _needs(self, built: BuiltJudge) -> tuple[str, ...]:
        """Lanes; a screen that is a metric is the metrics' lane."""
        screen = built.options.screen
        if isinstance(built.judge, Cascade) and screen is not None:
            return (screen if screen in self.judges else LANE,)
        return built.options.members if isinstance(built.judge, Panel) else ()


class Nobody:
    """Whom a judge without an endpoint asks: some kinds of plugins have no questions."""

    def __init__(self, judge: str) -> None:
        self._judge = judge

    async def ask(self, question: Question, *, pair: PairRef | None, purpose: str) -> Reply:
        """Raises ConfigurationError."""
        raise ConfigurationError(f"judges.{self._judge}.endpoint: is missing; the judge has questions to a model")
