"""How a pair gets its judgement: questions put, replies read, verdicts kept, one conclusion. One class per way of judging."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Protocol

from shadowbench.judges.base import Asker, EndpointDownError, Judge, Judgement, Question, Reply
from shadowbench.judges.calls.attempts import BUDGET, UNPRICED
from shadowbench.judges.calls.embeddings import EmbeddingScorer
from shadowbench.judges.cascade import Cascade, Escalate, screened
from shadowbench.judges.panel import Panel
from shadowbench.metrics.view import PairView
from shadowbench.scores import PairRef, Position, Score, Shape, Verdict
from shadowbench.scoring.ledger import Ledger

WAITING = "waiting"
JUDGE_RAISED = "judge_raised"
_NOT_NOW = (BUDGET, UNPRICED)
_RETRY_MONEY_S = 60.0  # a day may begin, another may settle for less than was reserved


class LaterError(Exception):
    """There is no judgement now, and there may be one later: nothing is entered for the pair."""

    def __init__(self, why: str, for_s: float | None = None, message: str = "") -> None:
        super().__init__(message or why)
        self.why = why
        self.for_s = for_s


class JudgeRaisedError(Exception):
    """A judge's own code raised: no judgement of this pair will come of it, and none of that harms other pairs.

    `kind`: the exception's class. Its message is not kept: it may quote the material.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


Put = Callable[[PairView, Judgement], Awaitable[None]]


class Judging(Protocol):
    """A way of judging pairs."""

    async def judge(self, pairs: Sequence[PairView], put: Put) -> None:
        """Have them judged, and put each judgement as it comes. Raises LaterError when some have to wait."""


class ByQuestions:
    """By a judge that asks a model. Verdicts that stand in the log are not asked for again."""

    def __init__(
        self, judge: Judge, asker: Asker, ledger: Ledger, measure: int, *, chance: Random, now: Callable[[], float]
    ) -> None:
        self._judge = judge
        self._asker = asker
        self._ledger = ledger
        self._measure = measure
        self._chance = chance
        self._now = now

    async def judge(self, pairs: Sequence[PairView], put: Put) -> None:
        """All at once: how many calls are under way at a time is the asker's business."""
        standing = await self.standing(pairs)

        async def one(pair: PairView) -> None:
            await put(pair, await self.judgement(pair, standing.get(pair.ref, {})))

        await _all([one(pair) for pair in pairs])

    async def standing(self, pairs: Sequence[PairView]) -> Mapping[PairRef, Mapping[tuple[Position, int], Verdict]]:
        """The verdicts on these pairs that are in the log."""
        first, last = min(pair.ref.number for pair in pairs), max(pair.ref.number for pair in pairs)
        found: dict[PairRef, dict[tuple[Position, int], Verdict]] = {}
        for verdict in await self._ledger.do(lambda log: log.verdicts(self._measure, after=first - 1, upto=last)):
            found.setdefault(verdict.pair, {})[verdict.position, verdict.repetition] = verdict
        return found

    async def judgement(self, pair: PairView, standing: Mapping[tuple[Position, int], Verdict]) -> Judgement:
        """One pair's. What was said is kept even if something else has to wait. Raises LaterError.

        Where the judge raises, the pair's is an absence.
        """
        try:
            return await self._judgement(pair, standing)
        except JudgeRaisedError as error:
            detail = {"exception": error.kind}
            return Judgement(value=None, reason=JUDGE_RAISED, production_reason=JUDGE_RAISED, detail=detail)

    async def _judgement(self, pair: PairView, standing: Mapping[tuple[Position, int], Verdict]) -> Judgement:
        with its_own_code():
            if (objection := self._judge.objection(pair)) is not None:
                return Judgement(value=None, reason=objection, production_reason=objection)
            questions = self._judge.questions(pair, self._chance)
        said = {place: verdict for place, verdict in standing.items() if place in {_place(each) for each in questions}}

        async def verdict(question: Question) -> None:
            fresh = await self._verdict(question, pair.ref)
            await self._ledger.do(lambda log: log.put_verdicts([fresh]))
            said[_place(question)] = fresh

        await _all([verdict(question) for question in questions if _place(question) not in said])
        with its_own_code():
            return self._judge.conclude(pair, [said[_place(question)] for question in questions])

    async def _verdict(self, question: Question, pair: PairRef) -> Verdict:
        reply = await self._reply(question, pair, "repeat" if question.repetition else "verdict")
        with its_own_code():
            again = self._judge.repair(question, reply)
        if again is not None:
            question, reply = again, await self._reply(again, pair, "repair")
        with its_own_code():
            return self._judge.read(question, reply, pair, self._measure, self._now())

    async def _reply(self, question: Question, pair: PairRef, purpose: str) -> Reply:
        try:
            reply = await self._asker.ask(question, pair=pair, purpose=purpose)
        except EndpointDownError as error:
            raise LaterError(error.reason, error.retry_in_s, str(error)) from error
        if reply.text is None and reply.reason in _NOT_NOW:
            raise LaterError(reply.reason or BUDGET, _RETRY_MONEY_S)
        return reply


class ByVectors:
    """By an embeddings endpoint, many pairs in a call."""

    def __init__(self, scorer: EmbeddingScorer) -> None:
        self._scorer = scorer

    async def judge(self, pairs: Sequence[PairView], put: Put) -> None:
        """See `Judging.judge`."""
        try:
            judgements = await self._scorer.score_pairs(pairs)
        except EndpointDownError as error:
            raise LaterError(error.reason, error.retry_in_s, str(error)) from error
        unpaid = [each.reason for each in judgements if each.reason in _NOT_NOW]
        for pair, judgement in zip(pairs, judgements, strict=True):
            if judgement.reason not in _NOT_NOW:
                await put(pair, judgement)
        if unpaid:
            raise LaterError(unpaid[0] or BUDGET, _RETRY_MONEY_S)


class ByPanel:
    """By what several judges have scored. `members`: their measures by name."""

    def __init__(self, panel: Panel, ledger: Ledger, members: Mapping[str, int]) -> None:
        self._panel = panel
        self._ledger = ledger
        self._members = members

    async def judge(self, pairs: Sequence[PairView], put: Put) -> None:
        """See `Judging.judge`."""
        scores = await _scores(self._ledger, list(self._members.values()), pairs)
        missing = False
        for pair in pairs:
            told = {name: scores.get((*pair.ref, measure)) for name, measure in self._members.items()}
            known = {name: _judgement(score) for name, score in told.items() if score is not None}
            if len(known) < len(told):
                missing = True
            else:
                await put(pair, self._panel.conclude(known))
        if missing:
            raise LaterError(WAITING)


class ByCascade:
    """By a score that is there, and a judge that is asked where it leaves doubt."""

    def __init__(
        self, cascade: Cascade, ledger: Ledger, *, screen: int, screen_shape: Shape, strong: ByQuestions
    ) -> None:
        self._cascade = cascade
        self._ledger = ledger
        self._screen = screen
        self._screen_shape = screen_shape
        self._strong = strong

    async def judge(self, pairs: Sequence[PairView], put: Put) -> None:
        """See `Judging.judge`."""
        scores = await _scores(self._ledger, [self._screen], pairs)
        standing = await self._strong.standing(pairs)

        async def one(pair: PairView) -> None:
            score = scores.get((*pair.ref, self._screen))
            if score is None:
                raise LaterError(WAITING)
            decision = self._cascade.decide(pair, screened(score, self._screen_shape))
            escalates = isinstance(decision, Escalate)
            strong = await self._strong.judgement(pair, standing.get(pair.ref, {})) if escalates else None
            await put(pair, self._cascade.conclude(decision, strong))

        await _all([one(pair) for pair in pairs])


async def _all(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Let all come to their end; then raise what went wrong, the worst first: the log's refusal, a judge's, a LaterError, and
    of these the one with the longest pause: who found out tells what it was, and the others that somebody did."""
    ended = await asyncio.gather(*work, return_exceptions=True)
    errors = [each for each in ended if isinstance(each, BaseException)]
    if errors:
        raise min(errors, key=_mildness)


def _mildness(error: BaseException) -> tuple[int, float]:
    if isinstance(error, LaterError):
        return 2, -(error.for_s or 0.0)
    return int(isinstance(error, JudgeRaisedError)), 0.0


@contextlib.contextmanager
def its_own_code() -> Iterator[None]:
    """Calls of a judge, which may be anybody's code. Raises JudgeRaisedError."""
    try:
        yield
    except Exception as error:
        raise JudgeRaisedError(type(error).__name__) from error


async def _scores(
    ledger: Ledger, measures: Sequence[int], pairs: Sequence[PairView]
) -> Mapping[tuple[int, int, int], Score]:
    first, last = min(pair.ref.number for pair in pairs), max(pair.ref.number for pair in pairs)
    found = await ledger.do(lambda log: log.scores_of(measures, after=first - 1, upto=last))
    return {(score.number, score.side, score.measure): score for score in found}


def _judgement(score: Score) -> Judgement:
    return Judgement(
        value=score.value,
        reason=score.reason,
        production_value=score.production_value,
        production_reason=score.production_reason,
        probability=score.probability,
    )


def _place(question: Question) -> tuple[Position, int]:
    return question.position, question.repetition
