"""Asks a judge about a frozen set once more, past every cache."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import closing
from functools import partial
from random import Random, SystemRandom
from typing import Any, TypeVar, cast

from shadowbench.errors import UnavailableError
from shadowbench.judges.base import Asker, Judge, Judgement, Question
from shadowbench.metrics.view import PairView
from shadowbench.scores import Measure, PairRef, Score, Verdict
from shadowbench.scoring.calibration.canary import asks_for_number, due, measure_of, outcome, word_of
from shadowbench.scoring.judging import JUDGE_RAISED, JudgeRaisedError, its_own_code
from shadowbench.scoring.ledger import Ledger
from shadowbench.scoring.views import views
from shadowbench.store.base import PairLog
from shadowbench.store.opening import open_log
from shadowbench.store.scoring import Canary, CanaryRun, ScoreLog

T = TypeVar("T")

_PURPOSE = "canary"
_UNREADABLE = "reply_"  # so begin the reasons of verdicts whose reply came, and could not be read


class SaidNothingError(UnavailableError):
    """A judge had not one word about a set, as far as it was asked. `why`: the reasons."""

    def __init__(self, judge: str, name: str, why: str) -> None:
        super().__init__(f"{judge} said nothing about the set {name}: {why}")
        self.judge = judge
        self.name = name
        self.why = why


def views_of(log: PairLog, scores: ScoreLog, canaries: Sequence[Canary]) -> Sequence[PairView]:
    """The pairs of a set as a judge sees them; those that were deleted are left out."""
    found: list[PairView] = []
    for number in sorted({canary.pair.number for canary in canaries}):
        sides = [canary.pair.side for canary in canaries if canary.pair.number == number]
        reference = scores.references(after=number - 1, upto=number).get(number)
        page = log.page(after=number - 1, upto=number)
        found += [each for e in page.exchanges for each in views(e, number, sides, reference=reference)]
    return found


async def ask_again(
    judge: Judge, asker: Asker, pairs: Sequence[PairView], *, chance: Random, now: Callable[[], float]
) -> Mapping[PairRef, Judgement]:
    """What the judge concludes about each pair now. Nothing of it becomes a verdict or a score of the log.

    Raises EndpointDownError when the endpoint is out of order: such a run would tell of the network, not of the judge. Where
    the judge's own code raises, the pair's is an absence.
    """

    async def one(pair: PairView) -> tuple[PairRef, Judgement]:
        try:
            return pair.ref, await judgement(pair)
        except JudgeRaisedError:
            return pair.ref, Judgement(value=None, reason=JUDGE_RAISED)

    async def judgement(pair: PairView) -> Judgement:
        with its_own_code():
            if (objection := judge.objection(pair)) is not None:
                return Judgement(value=None, reason=objection)
            questions = [question for question in judge.questions(pair, chance) if question.repetition == 0]
        verdicts = await _all([_verdict(judge, asker, question, pair.ref, now) for question in questions])
        with its_own_code():
            return judge.conclude(pair, verdicts)

    return dict(await _all([one(pair) for pair in pairs]))


async def _all(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """What all came to, when each has come to its end. Raises the first error: then nobody calls on behind it."""
    ended = await asyncio.gather(*work, return_exceptions=True)
    for each in ended:
        if isinstance(each, BaseException):
            raise each
    return cast(list[T], ended)


async def check(
    name: str,
    judge: Judge,
    number: int,
    asker: Asker,
    canaries: Sequence[Canary],
    pairs: Sequence[PairView],
    before: Sequence[CanaryRun],
    *,
    chance: Random,
    now: Callable[[], float],
) -> CanaryRun:
    """One run of the set `name` with the judge that is measure `number`; `before`: its earlier ones. Whoever calls keeps it.

    Raises SaidNothingError when the judge answered nothing; of one that used to answer, and whose replies cannot be read any
    more (or that raises itself), that is a run, and a drift.
    """
    concluded = await ask_again(judge, asker, pairs, chance=chance, now=now)
    said: dict[PairRef, str] = {}
    for canary in canaries:
        judgement = concluded.get(canary.pair)
        if judgement is None:
            continue
        score = Score(*canary.pair, number, judgement.value, judgement.reason, judgement.production_value)
        word = word_of(judge.measure, score, as_number=asks_for_number(canary))
        if word is not None:
            said[canary.pair] = word
    reasons = [judgement.reason or "no_value" for pair, judgement in concluded.items() if pair not in said]
    is_its_own = any(each.startswith(_UNREADABLE) or each == JUDGE_RAISED for each in reasons)
    if not said and not (is_its_own and measure_of(before) is not None):
        why = ", ".join(sorted(set(reasons))) or "all its pairs were deleted"
        raise SaidNothingError(judge.measure.name, name, why)
    return outcome(name, judge.measure, number, canaries, said, before, now=now(), reasons=reasons)


async def check_and_keep(
    name: str,
    judge: Judge,
    asker: Asker,
    ledger: Ledger,
    log_url: str,
    canaries: Sequence[Canary],
    *,
    now: Callable[[], float],
) -> CanaryRun:
    """One run, entered in the log at `log_url`. Raises EndpointDownError, SaidNothingError: then nothing is entered."""
    [number] = await ledger.do(lambda log: log.register([judge.measure]))
    before = await ledger.do(lambda log: log.canary_runs(name, number))
    with closing(open_log(log_url, "read")) as log:
        pairs = await ledger.do(lambda scores: views_of(log, scores, canaries))
    run = await check(name, judge, number, asker, canaries, pairs, before, chance=SystemRandom(), now=now)
    await ledger.do(lambda log: log.put_canary_run(run))
    return run


async def run_due(
    judges: Sequence[tuple[Judge, Asker]],
    ledger: Ledger,
    log_url: str,
    *,
    every_s: float,
    now: Callable[[], float],
    passed_over: Collection[tuple[str, str]] = (),
) -> AsyncIterator[CanaryRun | SaidNothingError]:
    """Run the sets that are due, each with the judges that were asked about it once (`judges check`); what came of it.

    A judge that was configured anew is asked about the sets of its name: that is its own first run. One whose endpoint is out
    of order is left out, and due the next time. `passed_over`: sets and judges that are not to be asked now.
    """
    for name in await ledger.do(lambda log: log.canary_names()):
        before = await ledger.do(partial(_runs, name=name))
        canaries = await ledger.do(partial(_canaries, name=name))
        for judge, asker in judges:
            numbers = await ledger.do(partial(_numbers_of, judge=judge.measure))
            known = [run for run in before if run.measure in numbers]
            own = [run for run in known if run.measure == numbers[-1]]
            if known and due(now(), own, every_s) and (name, judge.measure.name) not in passed_over:
                try:
                    yield await check_and_keep(name, judge, asker, ledger, log_url, canaries, now=now)
                except SaidNothingError as error:
                    yield error
                except UnavailableError:
                    continue


def _runs(log: ScoreLog, *, name: str) -> Sequence[CanaryRun]:
    return log.canary_runs(name)


def _canaries(log: ScoreLog, *, name: str) -> Sequence[Canary]:
    return log.canaries(name)


def _numbers_of(log: ScoreLog, *, judge: Measure) -> Sequence[int]:
    """The numbers of all configurations of a judge's name, this one's last."""
    [number] = log.register([judge])
    others = [
        known.id for known in log.measures() if known.measure.name == judge.name and known.measure.kind == "judge"
    ]
    return [*(each for each in others if each != number), number]


async def _verdict(judge: Judge, asker: Asker, question: Question, pair: PairRef, now: Callable[[], float]) -> Verdict:
    reply = await asker.ask(question, pair=pair, purpose=_PURPOSE)
    with its_own_code():
        again = judge.repair(question, reply)
    if again is not None:
        question, reply = again, await asker.ask(again, pair=pair, purpose=_PURPOSE)
    with its_own_code():
        return judge.read(question, reply, pair, 0, now())
