"""How pairs get their judgements, over a real log, with askers that do as they are told."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from shadowbench.judges.base import EndpointDownError, Judgement, Question, Reply
from shadowbench.judges.cascade import Cascade
from shadowbench.judges.options import EndpointOptions, JudgeOptions
from shadowbench.judges.pairwise import build
from shadowbench.judges.panel import Member, Panel
from shadowbench.metrics.view import PairView
from shadowbench.scores import Measure, PairRef, Position, Score, Shape, Verdict
from shadowbench.scoring.judge_lane import JudgeLane
from shadowbench.scoring.judging import ByCascade, ByPanel, ByQuestions, LaterError
from shadowbench.scoring.lane import IDLE, Keeping, Rest
from shadowbench.scoring.ledger import Ledger
from shadowbench.signals import Counters
from shadowbench.store.base import LogError
from shadowbench.store.opening import open_log, open_score_log
from tests.scorers import append

FIRST = '{"analysis": "x", "verdict": "A", "strength": 1}'
NOW = 1000.0


class Asker:
    """Answers with the same text, or with what `told` says; remembers purposes."""

    def __init__(self, told: Callable[[Question], Reply] | None = None) -> None:
        self._told = told or (lambda question: Reply(text=FIRST))
        self.asked: list[tuple[int, str]] = []

    async def ask(self, question: Question, *, pair: PairRef | None, purpose: str) -> Reply:
        assert pair is not None
        self.asked.append((pair.number, purpose))
        return self._told(question)


def judge_options(name: str = "quality", **changes: Any) -> JudgeOptions:
    endpoint = EndpointOptions(url="http://j", model="judge-1")
    told = {"kind": "pairwise", "endpoint": endpoint, "repeat_share": 0.0} | changes
    return JudgeOptions(name=name, **told)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/pairs.db"
    append(url, 1, 4)
    return url


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    ledger = Ledger(open_score_log(url, "change"))
    yield ledger
    ledger.close()


class Scene:
    """One judge's lane, step by step."""

    def __init__(self, url: str, ledger: Ledger, asker: Asker, options: JudgeOptions) -> None:
        self.judge, self.ledger, self.counters = build(options), ledger, Counters()
        self.reading = open_log(url, "read")
        self._options, self._asker = options, asker

    async def lane(self) -> JudgeLane:
        (self.number,) = await self.ledger.do(lambda log: log.register([self.judge.measure]))
        self.by = ByQuestions(self.judge, self._asker, self.ledger, self.number, chance=Random(1), now=lambda: NOW)
        keeping = Keeping(owner="me", lease_s=60.0, now=lambda: NOW)
        return JudgeLane(
            self._options, self.judge.measure, self.number, judging=self.by, ledger=self.ledger,
            reading=self.reading, keeping=keeping, counters=self.counters,
        )  # fmt: skip

    async def scores(self) -> Sequence[Score]:
        return await self.ledger.do(lambda log: log.scores_of([self.number], after=0, upto=99))


@pytest.fixture
def scene(url: str, ledger: Ledger) -> Iterator[Callable[..., Scene]]:
    scenes: list[Scene] = []

    def make(asker: Asker, **changes: Any) -> Scene:
        scenes.append(Scene(url, ledger, asker, judge_options(**changes)))
        return scenes[-1]

    yield make
    for each in scenes:
        each.reading.close()


async def test_every_pair_is_asked_about_in_both_orders_and_gets_one_score(scene: Callable[..., Scene]) -> None:
    here = scene(asker := Asker())
    lane = await here.lane()
    assert [await lane.step(), await lane.step()] == [None, IDLE]
    assert [(score.number, score.value) for score in await here.scores()] == [(n, 0.5) for n in (1, 2, 3, 4)]
    assert sorted(asker.asked) == [(n, "verdict") for n in (1, 2, 3, 4) for _ in (1, 2)]
    assert here.counters.get("scores_total", (("metric", "quality"), ("outcome", "scored"))) == 4
    whose = (("candidate", "small"), ("judge", "quality"))
    assert here.counters.series("verdicts_total") == [((*whose, ("verdict", "tie")), 4)]
    assert [value for _, value in here.counters.series("score_count")] == [4]


async def test_a_verdict_that_stands_is_not_asked_for_again(scene: Callable[..., Scene]) -> None:
    def once_each(question: Question) -> Reply:
        if len(asker.asked) > 1:
            raise EndpointDownError("out of order", reason="unreachable", retry_in_s=7.0)
        return Reply(text=FIRST)

    here = scene(asker := Asker(once_each))
    lane = await here.lane()
    assert await lane.step() == Rest(why="unreachable", for_s=7.0)
    asker._told = lambda question: Reply(text=FIRST)
    asker.asked.clear()
    assert await lane.step() is None
    assert len(asker.asked) == 7
    assert len(await here.scores()) == 4


async def test_who_found_an_endpoint_out_of_order_says_why_it_rests(scene: Callable[..., Scene]) -> None:
    def down(question: Question) -> Reply:
        if len(asker.asked) == 3:
            raise EndpointDownError("401 (No such key.)", reason="not_allowed", retry_in_s=300.0)
        raise EndpointDownError("is left alone for 299 s", reason="not_allowed", retry_in_s=299.0)

    here = scene(asker := Asker(down))
    lane = await here.lane()
    assert await lane.step() == Rest(why="not_allowed", for_s=300.0)


@pytest.mark.parametrize("reason", ["budget", "unpriced"])
async def test_without_money_pairs_stay_unscored_and_their_lease_is_given_back(
    scene: Callable[..., Scene], reason: str
) -> None:
    def poor(question: Question) -> Reply:
        return Reply(text=FIRST) if len(asker.asked) <= 3 else Reply(text=None, reason=reason)

    here = scene(asker := Asker(poor))
    lane = await here.lane()
    rest = await lane.step()
    assert rest is not None and (rest.why, rest.is_over) == (reason, True)
    assert all(score.reason is None for score in await here.scores())
    asker._told = lambda question: Reply(text=FIRST)
    assert await lane.step() is None
    assert len(await here.scores()) == 4


async def test_a_reply_that_cannot_be_read_is_repaired_once(scene: Callable[..., Scene]) -> None:
    here = scene(asker := Asker(lambda question: Reply(text=FIRST if question.repairs else "I like the first.")))
    await (await here.lane()).step()
    assert {purpose for _, purpose in asker.asked} == {"verdict", "repair"}
    verdicts = await here.ledger.do(lambda log: log.verdicts(here.number, after=0, upto=99))
    assert {verdict.rung for verdict in verdicts} == {"repaired"}


async def test_one_that_cannot_be_read_at_all_is_an_absence_never_a_zero(scene: Callable[..., Scene]) -> None:
    here = scene(Asker(lambda question: Reply(text="I like the first.")))
    await (await here.lane()).step()
    assert {(score.value, score.reason is None) for score in await here.scores()} == {(None, False)}


async def test_pairs_that_are_not_drawn_say_so_with_the_probability(scene: Callable[..., Scene], url: str) -> None:
    append(url, 5, 60)
    here = scene(asker := Asker(), sample_rate=0.5)
    lane = await here.lane()
    while await lane.step() is None:
        pass
    scores = await here.ledger.do(lambda log: log.scores_of([here.number], after=0, upto=99))
    assert {score.probability for score in scores} == {0.5}
    drawn = [score.number for score in scores if score.reason is None]
    assert {score.reason for score in scores} == {None, "not_drawn"}
    assert 16 < len(drawn) < 48
    assert {number for number, _ in asker.asked} == set(drawn)


async def test_a_judge_of_some_candidates_passes_over_the_others(scene: Callable[..., Scene]) -> None:
    here = scene(asker := Asker(), candidates=("large",))
    await (await here.lane()).step()
    assert {score.reason for score in await here.scores()} == {"other_candidate"}
    assert asker.asked == []


@pytest.mark.parametrize("method", ["objection", "questions", "repair", "read", "conclude"])
async def test_a_judge_that_raises_leaves_one_pair_without_a_score_and_the_others_with_theirs(
    scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    here = scene(Asker())
    lane = await here.lane()
    its_own = getattr(here.judge, method)

    def raising(*told: Any) -> Any:
        if any(
            getattr(each, "ref", each) == PairRef(2, 1) or "What is 2 +" in getattr(each, "user", "") for each in told
        ):
            raise OverflowError("what the material says")
        return its_own(*told)

    monkeypatch.setattr(here.judge, method, raising)
    assert [await lane.step(), await lane.step()] == [None, IDLE]
    found = {score.number: (score.value, score.reason) for score in await here.scores()}
    assert found == {1: (0.5, None), 2: (None, "judge_raised"), 3: (0.5, None), 4: (0.5, None)}
    (raised,) = [score for score in await here.scores() if score.reason]
    assert raised.detail == '{"exception":"OverflowError"}'


async def test_a_judge_that_raises_does_not_hide_that_the_log_refused(
    scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = scene(Asker())
    lane = await here.lane()
    its_own = here.judge.read

    def raising(question: Question, *told: Any) -> Verdict:
        if question.position is Position.PRODUCTION_FIRST:
            raise ValueError
        return its_own(question, *told)

    async def refusing(work: Callable[..., Any]) -> Any:
        if "put_verdicts" in work.__code__.co_names:
            raise LogError("other", "full")
        return await its_ledger(work)

    its_ledger = here.ledger.do
    monkeypatch.setattr(here.judge, "read", raising)
    monkeypatch.setattr(here.ledger, "do", refusing)
    with pytest.raises(LogError):
        await lane.step()


# ── judges made of others ──


def a_view(number: int) -> PairView:
    from shadowbench.scoring.views import views
    from tests.scorers import unlike

    (exchange,) = unlike(number, 1)
    (pair,) = views(exchange, number)
    return pair


async def collected(judging: ByPanel | ByCascade, pairs: Sequence[PairView]) -> tuple[dict[int, Judgement], str | None]:
    found: dict[int, Judgement] = {}

    async def put(pair: PairView, judgement: Judgement) -> None:
        found[pair.ref.number] = judgement

    try:
        await judging.judge(pairs, put)
    except LaterError as later:
        return found, later.why
    return found, None


def measure(name: str) -> Measure:
    return build(judge_options(name, family=name)).measure


async def test_a_panel_concludes_where_all_its_members_have_scored(ledger: Ledger) -> None:
    names = ("a", "b", "c")
    numbers = await ledger.do(lambda log: log.register([measure(name) for name in names]))
    told = {1: (1.0, 1.0, 0.0), 2: (1.0, 0.0, None), 3: (1.0, 1.0)}
    scores = [
        Score(pair, 1, number, value, None if value is not None else "no_reply")
        for pair, values in told.items()
        for number, value in zip(numbers, values, strict=False)
    ]
    await ledger.do(lambda log: log.put_scores(scores))
    members = {n: Member(options=judge_options(n, family=n), measure=measure(n)) for n in names}
    panel = Panel(judge_options("all", kind="panel", endpoint=None, members=names), members)
    by = ByPanel(panel, ledger, dict(zip(names, numbers, strict=True)))
    found, why = await collected(by, [a_view(number) for number in (1, 2, 3)])
    assert {number: (one.value, one.reason) for number, one in found.items()} == {
        1: (1.0, None),
        2: (None, "no_majority"),
    }
    assert why == "waiting"


async def test_a_cascade_asks_the_strong_judge_in_doubt_and_waits_for_its_screen(ledger: Ledger) -> None:
    strong = build(judge_options("strong"))
    screen, number = await ledger.do(lambda log: log.register([measure("screen"), strong.measure]))
    screened = [Score(1, 1, screen, 0.5, None), Score(2, 1, screen, 1.0, None)]
    not_screened = Score(4, 1, screen, None, "not_drawn", probability=0.5)
    await ledger.do(lambda log: log.put_scores([*screened, not_screened]))
    options = judge_options("c", kind="cascade", endpoint=None, screen_low=0.25, screen_high=0.75, audit_share=1e-9)
    cascade = Cascade(options, screen=measure("screen"), strong=strong.measure)
    asker = Asker()
    by = ByCascade(
        cascade,
        ledger,
        screen=screen,
        screen_shape=Shape.PAIR,
        strong=ByQuestions(strong, asker, ledger, number, chance=Random(1), now=lambda: NOW),
    )
    found, why = await collected(by, [a_view(number) for number in (1, 2, 3, 4)])
    assert {number: (one.value, one.reason) for number, one in found.items()} == {
        1: (0.5, None),
        2: (None, "settled_by_screen"),
        4: (None, "not_drawn"),
    }
    assert (found[2].probability, found[4].probability) == (1e-9, 0.5)
    assert {number for number, _ in asker.asked} == {1}
    assert why == "waiting"


async def test_a_panel_and_its_members_share_one_lot_and_the_rarest_ones_probability(url: str, ledger: Ledger) -> None:
    append(url, 5, 200)
    names = ("a", "b")
    rates = {"a": 0.5, "b": 0.7, "all": 0.6}
    members = {n: Member(options=judge_options(n, family=n), measure=measure(n)) for n in names}
    options = judge_options("all", kind="panel", endpoint=None, members=names, sample_rate=rates["all"])
    panel = Panel(options, members)
    numbers = dict(zip((*names, "all"), await ledger.do(
        lambda log: log.register([*(measure(name) for name in names), panel.measure])), strict=True))  # fmt: skip
    reading, keeping = open_log(url, "read"), Keeping(owner="me", lease_s=60.0, now=lambda: NOW)
    for name in (*names, "all"):
        made = judge_options(name, family=name, sample_rate=rates[name]) if name != "all" else options
        by: ByQuestions | ByPanel = ByPanel(panel, ledger, {each: numbers[each] for each in names})
        if name != "all":
            by = ByQuestions(build(made), Asker(), ledger, numbers[name], chance=Random(1), now=lambda: NOW)
        lane = JudgeLane(
            made, panel.measure if name == "all" else measure(name), numbers[name], judging=by, ledger=ledger,
            reading=reading, keeping=keeping, counters=Counters(),
        )  # fmt: skip
        while await lane.step() is None:
            pass
    reading.close()
    scores = await ledger.do(lambda log: log.scores_of([numbers["all"]], after=0, upto=999))
    weights = [1 / score.probability for score in scores if score.reason is None]
    assert set(weights) == {2.0}
    assert sum(weights) == pytest.approx(204, abs=4 * 14.3)
