"""A judge is asked about a frozen set for real: both orders, no repeats, nothing of it becomes a score."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from shadowbench.errors import UnavailableError
from shadowbench.judges import pairwise
from shadowbench.judges.base import EndpointDownError, Question, Reply
from shadowbench.judges.options import JudgeOptions
from shadowbench.records import Answer, Choice
from shadowbench.scores import PairRef, Position
from shadowbench.scoring.calibration.canary_run import SaidNothingError, check_and_keep, run_due
from shadowbench.scoring.ledger import Ledger
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import Canary, CanaryRun
from shadowbench.store.testing import an_exchange, an_observation

JUDGE = pairwise.build(JudgeOptions(name="strict", kind="pairwise", repeat_share=1.0))
SET = [Canary(pair=PairRef(n, 1), expected="candidate", source="human") for n in range(1, 13)]


class Asker:
    """Prefers the candidate, but for some; the first reply about each is unreadable, and of the first `mute` the second too."""

    def __init__(
        self, wrong: frozenset[int] = frozenset(), *, silent: bool = False, down: bool = False, mute: int = 0
    ) -> None:
        self.wrong, self.silent, self.down, self.mute = wrong, silent, down, mute
        self.asked: list[tuple[int, Position, str, int]] = []

    async def ask(self, question: Question, *, pair: PairRef | None, purpose: str) -> Reply:
        assert pair is not None
        if self.down:
            raise EndpointDownError("it is down", reason="unreachable", retry_in_s=1.0)
        self.asked.append((pair.number, question.position, purpose, question.repetition))
        if self.silent:
            return Reply(text=None, reason="http_500")
        if not question.repairs or pair.number <= self.mute:
            return Reply(text="Well …")
        candidate = "B" if question.position is Position.PRODUCTION_FIRST else "A"
        other = {"A": "B", "B": "A"}[candidate]
        return Reply(text=json.dumps({"analysis": "x", "verdict": other if pair.number in self.wrong else candidate}))


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/log.db"
    oslo = an_observation(endpoint="small", answer=Answer(choices=(Choice(text="Oslo."),)))
    with closing(open_log(url, "write")) as log, closing(open_score_log(url, "change")) as scores:
        log.append([an_exchange(n, oslo) for n in range(1, 13)])
        scores.put_canaries("gold", SET)
    return url


async def ran(url: str, asker: Asker, now: float = 1.0, judge: Any = JUDGE) -> CanaryRun:
    with closing(open_score_log(url, "change")) as scores:
        return await check_and_keep("gold", judge, asker, Ledger(scores), url, scores.canaries("gold"), now=lambda: now)


async def test_a_run_asks_both_orders_for_the_canarys_sake_and_is_kept(url: str) -> None:
    asker = Asker(frozenset({1, 2, 3}))
    run = await ran(url, asker)
    assert (run.items, run.answered, run.agreement, run.drifted) == (12, 12, 0.75, False)
    assert len(asker.asked) == 48 and {each[2:] for each in asker.asked} == {("canary", 0)}
    with closing(open_score_log(url, "read")) as scores:
        assert list(scores.canary_runs("gold")) == [run]
        assert not scores.verdicts(run.measure, after=0, upto=99)
        assert not scores.scores_of([run.measure], after=0, upto=99)


async def test_a_judge_that_turned_is_found_out(url: str) -> None:
    first = await ran(url, Asker(frozenset({1, 2, 3})))
    later = await ran(url, Asker(frozenset(range(1, 12))), now=2.0)
    assert not first.drifted and later.drifted and later.measure == first.measure


async def test_pairs_that_were_deleted_are_left_out(url: str) -> None:
    with closing(open_log(url, "change")) as log:
        log.upkeep.delete([4, 5])
    run = await ran(url, Asker())
    assert (run.items, run.answered) == (10, 10)


async def test_a_judge_that_says_nothing_makes_no_run(url: str) -> None:
    with pytest.raises(UnavailableError, match="strict said nothing about the set gold: http_500"):
        await ran(url, Asker(silent=True))
    with pytest.raises(EndpointDownError):
        await ran(url, Asker(down=True))
    with closing(open_score_log(url, "read")) as scores:
        assert list(scores.canary_runs("gold")) == []


@pytest.mark.parametrize(("mute", "answered"), [(10, 2), (12, 0)])
async def test_a_judge_whose_verdicts_cannot_be_read_any_more_has_drifted(url: str, mute: int, answered: int) -> None:
    await ran(url, Asker())
    run = await ran(url, Asker(mute=mute), now=2.0)
    assert (run.items, run.answered, run.drifted) == (12, answered, True)
    assert json.loads(run.detail)["reasons"] == {"reply_no_json": mute}
    with pytest.raises(UnavailableError, match="http_500"):
        await ran(url, Asker(silent=True), now=3.0)


class Raising:
    """The judge, but that its code raises, at one of its tasks, about the first so many pairs."""

    def __init__(self, task: str, upto: int) -> None:
        self._task, self._upto = task, upto

    def __getattr__(self, name: str) -> Any:
        if name != self._task:
            return getattr(JUDGE, name)

        def work(*given: Any) -> Any:
            numbers = [
                getattr(each, "number", None) or getattr(getattr(each, "ref", None), "number", 0) for each in given
            ]
            if max(numbers) <= self._upto:
                raise KeyError("a user's words")
            return getattr(JUDGE, name)(*given)

        return work


@pytest.mark.parametrize("task", ["objection", "questions", "read", "conclude"])
async def test_a_judge_whose_code_raises_has_said_nothing_about_that_pair(url: str, task: str) -> None:
    first = await ran(url, Asker())
    run = await ran(url, Asker(), now=2.0, judge=Raising(task, 2))
    assert (first.answered, run.answered) == (12, 10)
    assert json.loads(run.detail)["reasons"] == {"judge_raised": 2}


async def test_a_judge_whose_code_always_raises_is_told_and_has_drifted_when_it_did_not_before(url: str) -> None:
    with pytest.raises(SaidNothingError, match="strict said nothing about the set gold: judge_raised"):
        await ran(url, Asker(), judge=Raising("conclude", 99))
    await ran(url, Asker())
    run = await ran(url, Asker(), now=2.0, judge=Raising("conclude", 99))
    assert (run.answered, run.drifted) == (0, True)


async def test_nobody_is_asked_on_when_a_run_has_failed(url: str) -> None:
    class Ending(Asker):
        async def ask(self, question: Question, *, pair: PairRef | None, purpose: str) -> Reply:
            assert pair is not None
            if pair.number == 1:
                raise EndpointDownError("it is down", reason="unreachable", retry_in_s=1.0)
            await asyncio.sleep(0.01)
            return await super().ask(question, pair=pair, purpose=purpose)

    with pytest.raises(EndpointDownError):
        await ran(url, asker := Ending())
    so_far = len(asker.asked)
    await asyncio.sleep(0.05)
    assert len(asker.asked) == so_far


async def due_runs(
    url: str, asker: Asker, judge: pairwise.Pairwise = JUDGE, now: float = 1.0, **how: Any
) -> Sequence[Any]:
    with closing(open_score_log(url, "change")) as scores:
        due = run_due([(judge, asker)], Ledger(scores), url, every_s=60.0, now=lambda: now, **how)
        return [run async for run in due]


async def test_a_set_that_is_passed_over_is_not_asked_about(url: str) -> None:
    await ran(url, Asker(), now=100.0)
    assert await due_runs(url, asker := Asker(), now=200.0, passed_over=[("gold", "strict")]) == []
    assert asker.asked == []


async def test_a_judge_that_says_nothing_when_it_is_due_is_told(url: str) -> None:
    await ran(url, Asker(), now=100.0)
    [came] = await due_runs(url, Asker(silent=True), now=200.0)
    assert (came.name, came.judge, came.why) == ("gold", "strict", "http_500")


async def test_what_was_asked_once_is_asked_again_when_it_is_due(url: str) -> None:
    assert await due_runs(url, Asker()) == []  # nobody has asked this judge about the set
    await ran(url, Asker(), now=100.0)
    assert await due_runs(url, Asker(), now=159.0) == []
    [run] = await due_runs(url, Asker(frozenset(range(1, 13))), now=160.0)
    assert (run.ran_at, run.drifted) == (160.0, True)
    assert await due_runs(url, Asker(), now=161.0) == []


async def test_a_judge_configured_anew_has_a_first_run_of_its_own(url: str) -> None:
    await ran(url, Asker(), now=100.0)
    anew = pairwise.build(JudgeOptions(name="strict", kind="pairwise", strip_markdown=True))
    [run] = await due_runs(url, Asker(frozenset(range(1, 13))), anew, now=101.0)
    assert not run.drifted
    other = pairwise.build(JudgeOptions(name="other", kind="pairwise"))
    assert await due_runs(url, Asker(), other, now=999.0) == []


async def test_an_endpoint_that_is_down_is_asked_the_next_time(url: str) -> None:
    await ran(url, Asker(), now=100.0)
    assert await due_runs(url, Asker(down=True), now=200.0) == []
    assert len(await due_runs(url, Asker(), now=201.0)) == 1
