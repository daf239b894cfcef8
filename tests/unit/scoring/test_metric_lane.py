"""The lane of metrics, over a real log, with a runner that does as it is told."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shadowbench.errors import UnavailableError
from shadowbench.metrics.binding import MetricOptions, bind_all
from shadowbench.scores import Measure, PairRef, Score
from shadowbench.scoring import metric_lane
from shadowbench.scoring.beat import At
from shadowbench.scoring.lane import IDLE, SUSPENDED, TAKEN, Keeping
from shadowbench.scoring.ledger import Ledger
from shadowbench.scoring.messages import Done, Task
from shadowbench.scoring.metric_lane import LANE, MetricLane
from shadowbench.scoring.running import RunnerDiedError
from shadowbench.signals import Counters
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import an_exchange

MEASURES = [each.measure for each in bind_all([MetricOptions(metric="exact_match"), MetricOptions(metric="length")])]
NOW = 1000.0
Turn = Callable[[Task], Done]


def all_done(task: Task) -> Done:
    scores = [Score(*ref, place, 1.0, None) for ref, places in task.pairs.items() for place in places]
    return Done(scores=scores, complete=True, resident_bytes=5, names=dict.fromkeys(task.pairs, "small"))


def dies_at(number: int, metric: int, *, is_overdue: bool) -> Turn:
    def die(task: Task) -> Done:
        raise RunnerDiedError(At(1, number, 1, metric, 0.0), is_overdue=is_overdue)

    return die


class Runner:
    """Takes its turns, and does everything as asked after them."""

    def __init__(self, *turns: Turn) -> None:
        self._turns = iter(turns)
        self.tasks: list[dict[PairRef, list[int]]] = []
        self.resident_bytes = 0

    async def start(self) -> Sequence[Measure]:
        return MEASURES

    async def run(self, task: Task) -> Done:
        self.tasks.append({ref: list(places) for ref, places in task.pairs.items()})
        return next(self._turns, all_done)(task)

    async def stop(self) -> None:
        pass


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/pairs.db"
    log = open_log(url, "write")
    log.append([an_exchange(number) for number in (1, 2, 3)])
    log.close()
    return url


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    ledger = Ledger(open_score_log(url, "change"))
    yield ledger
    ledger.close()


async def lane_of(ledger: Ledger, runner: Runner, owner: str = "me") -> tuple[MetricLane, Counters]:
    counters = Counters()
    keeping = Keeping(owner=owner, lease_s=60.0, now=lambda: NOW)
    lane = MetricLane(ledger, runner, keeping, counters)  # type: ignore[arg-type]
    await lane.start()
    return lane, counters


async def stored(ledger: Ledger) -> list[tuple[Any, ...]]:
    return [score[:5] for score in await ledger.do(lambda log: log.scores_of([1, 2], after=0, upto=99))]


def counted(counters: Counters) -> dict[tuple[str, str], float]:
    return {(labels[0][1], labels[1][1]): value for labels, value in counters.series("scores_total")}


async def test_everything_is_scored_once_and_then_there_is_nothing_to_do(ledger: Ledger) -> None:
    lane, counters = await lane_of(ledger, runner := Runner())
    assert [await lane.step(), await lane.step()] == [None, IDLE]
    assert await stored(ledger) == [(number, 1, measure, 1.0, None) for number in (1, 2, 3) for measure in (1, 2)]
    assert counted(counters) == {("exact_match", "scored"): 3, ("length", "scored"): 3}
    assert len(runner.tasks) == 1
    both = (("candidate", "small"), ("metric", "exact_match"), ("side", "both"))
    assert counters.series("score_count") == [(both, 3)]  # a length has no bounds


async def test_a_worker_whose_pairs_others_have_waits(ledger: Ledger) -> None:
    lane, _ = await lane_of(ledger, Runner())
    claim = await ledger.do(
        lambda log: log.claim(owner="other", lane=LANE, measures=[1, 2], size=9, now=NOW, lease_s=60.0)
    )
    assert claim is not None
    assert await lane.step() == TAKEN


@pytest.mark.parametrize(("is_overdue", "reason", "deaths"), [(True, "timed_out", 1), (False, "crashed", 2)])
async def test_the_score_a_runner_died_of_is_absent_and_the_others_are_there(
    ledger: Ledger, is_overdue: bool, reason: str, deaths: int
) -> None:
    runner = Runner(*[dies_at(2, 1, is_overdue=is_overdue)] * deaths)
    lane, counters = await lane_of(ledger, runner)
    await lane.step()
    rows = await stored(ledger)
    assert [row for row in rows if row[4] is not None] == [(2, 1, 2, None, reason)]
    assert len(rows) == 6
    assert runner.tasks[-1] == {PairRef(1, 1): [0, 1], PairRef(2, 1): [0], PairRef(3, 1): [0, 1]}
    assert counted(counters)["length", "failed"] == 1


async def test_a_runner_that_somebody_killed_costs_no_score(ledger: Ledger) -> None:
    runner = Runner(*(dies_at(number, 0, is_overdue=False) for number in (1, 2, 3)))
    lane, counters = await lane_of(ledger, runner)
    await lane.step()
    assert [row[4] for row in await stored(ledger)] == [None] * 6
    assert ("length", "failed") not in counted(counters)


async def test_what_is_done_is_in_the_log_before_the_rest_is(ledger: Ledger) -> None:
    seen: list[int] = []

    def first(task: Task) -> Done:
        return Done(scores=[Score(1, 1, place, 1.0, None) for place in (0, 1)], complete=False, resident_bytes=5)

    class Looking(Runner):
        async def run(self, task: Task) -> Done:
            seen.append(len(await stored(ledger)))
            return await super().run(task)

    lane, _ = await lane_of(ledger, Looking(first))
    await lane.step()
    assert seen == [0, 2] and len(await stored(ledger)) == 6


async def test_one_sides_value_counts_as_a_score_and_one_sides_fault_as_a_failure(ledger: Ledger) -> None:
    def answer(task: Task) -> Done:
        scores = [
            Score(1, 1, 0, 1.0, None, None, "never_retried"),
            Score(1, 1, 1, None, "fault_truncated", None, "crashed"),
        ]
        return Done(scores=[*scores, *all_done(task).scores[2:]], complete=True, resident_bytes=5)

    lane, counters = await lane_of(ledger, Runner(answer))
    await lane.step()
    assert counted(counters) == {
        ("exact_match", "scored"): 3,
        ("length", "failed"): 1,
        ("length", "scored"): 2,
    }


async def test_what_a_runner_left_undone_is_asked_for_again(ledger: Ledger) -> None:
    def half(task: Task) -> Done:
        late = Score(1, 1, 0, None, "timed_out")
        return Done(scores=[late, Score(1, 1, 1, 4.0, None)], complete=False, resident_bytes=5)

    lane, _ = await lane_of(ledger, runner := Runner(half))
    await lane.step()
    assert list(runner.tasks[1]) == [PairRef(2, 1), PairRef(3, 1)]
    assert (await stored(ledger))[:2] == [(1, 1, 1, None, "timed_out"), (1, 1, 2, 4.0, None)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The lane's steady clock: stands until a test moves it."""
    at = [5000.0]
    monkeypatch.setattr(metric_lane.time, "monotonic", lambda: at[0])
    return at


def more(url: str, numbers: range) -> None:
    with closing(open_log(url, "write")) as log:
        log.append([an_exchange(number) for number in numbers])


async def test_a_metric_that_hangs_again_and_again_holds_up_nobody(
    url: str, ledger: Ledger, clock: list[float]
) -> None:
    more(url, range(4, 20))
    lane, counters = await lane_of(ledger, runner := Runner(*(dies_at(n, 0, is_overdue=True) for n in (1, 2, 3))))
    await lane.step()
    assert [row[4] for row in await stored(ledger) if row[2] == 1] == ["timed_out"] * 3
    assert [row[3] for row in await stored(ledger) if row[2] == 2] == [1.0] * 19
    assert len(runner.tasks) == 4
    assert await lane.step() == SUSPENDED
    await lane.report()
    told = {sample.name: sample.value for sample in counters.snapshot()}
    assert (told["scoring_suspended_metrics"], told["scoring_suspended_pairs"]) == (1, 19)
    assert (told["scoring_backlog_pairs"], told["scoring_backlog_age_seconds"]) == (0, 0)
    more(url, range(20, 23))
    await lane.report()
    told = {sample.name: sample.value for sample in counters.snapshot()}
    assert (told["scoring_suspended_pairs"], told["scoring_backlog_pairs"]) == (19, 3)


async def test_a_suspended_metric_that_left_nothing_out_holds_up_no_end(ledger: Ledger, clock: list[float]) -> None:
    lane, counters = await lane_of(ledger, Runner(*(dies_at(n, 0, is_overdue=True) for n in (1, 2, 3))))
    assert [await lane.step(), await lane.step()] == [None, IDLE]
    await lane.report()
    told = {sample.name: sample.value for sample in counters.snapshot()}
    assert (told["scoring_suspended_metrics"], told["scoring_suspended_pairs"]) == (1, 0)


async def test_what_a_suspended_metric_left_out_is_scored_when_that_is_over(
    url: str, ledger: Ledger, clock: list[float]
) -> None:
    lane, _ = await lane_of(ledger, runner := Runner(*(dies_at(n, 0, is_overdue=True) for n in (1, 2, 3))))
    await lane.step()
    more(url, range(4, 8))
    assert [await lane.step(), await lane.step()] == [None, SUSPENDED]
    assert runner.tasks[-1] == {PairRef(number, 1): [1] for number in range(4, 8)}
    clock[0] += 61
    assert [await lane.step(), await lane.step()] == [None, IDLE]
    assert [row[4] for row in await stored(ledger) if row[2] == 1] == ["timed_out"] * 3 + [None] * 4
    assert len(await stored(ledger)) == 14


async def test_when_all_metrics_are_suspended_nothing_is_claimed_and_nothing_is_lost(
    url: str, ledger: Ledger, clock: list[float]
) -> None:
    more(url, range(4, 8))
    hangs = [dies_at(number, metric, is_overdue=True) for number in (1, 2, 3) for metric in (0, 1)]
    lane, _ = await lane_of(ledger, Runner(*hangs))
    assert [await lane.step(), await lane.step()] == [None, SUSPENDED]
    clock[0] += 61
    assert [await lane.step(), await lane.step()] == [None, IDLE]
    assert len(await stored(ledger)) == 14


async def test_a_pair_is_fresh_once_also_when_a_metric_is_suspended(
    url: str, ledger: Ledger, clock: list[float]
) -> None:
    def counting(task: Task) -> Done:
        fresh = sum(len(places) == task.whole for places in task.pairs.values())
        return replace(all_done(task), fresh={"small": fresh})

    more(url, range(4, 8))
    hangs = [dies_at(number, 0, is_overdue=True) for number in (1, 2, 3)]
    lane, _ = await lane_of(ledger, Runner(*hangs, counting, counting))
    await lane.step()
    clock[0] += 61
    await lane.step()
    assert lane.fresh == {"small": 7}


async def test_a_runner_that_dies_of_nothing_in_particular_ends_the_worker(ledger: Ledger) -> None:
    def die(task: Task) -> Done:
        raise RunnerDiedError(None, is_overdue=False)

    lane, _ = await lane_of(ledger, Runner(die, die, die))
    with pytest.raises(UnavailableError, match="again and again"):
        await lane.step()


async def test_pairs_that_were_deleted_meanwhile_are_nobodys(url: str, ledger: Ledger) -> None:
    def without_the_second(task: Task) -> Done:
        log = open_log(url, "change")
        log.upkeep.delete([2])
        log.close()
        kept = [score for score in all_done(task).scores if score.number != 2]
        return Done(scores=kept, complete=True, resident_bytes=5)

    lane, _ = await lane_of(ledger, Runner(without_the_second))
    assert [await lane.step(), await lane.step()] == [None, IDLE]
    assert {row[0] for row in await stored(ledger)} == {1, 3}


async def test_the_backlog_is_told_with_its_age(ledger: Ledger) -> None:
    lane, counters = await lane_of(ledger, Runner())
    await lane.report()
    told = {sample.name: sample.value for sample in counters.snapshot()}
    assert told["scoring_backlog_pairs"] == 3
    await lane.step()
    await lane.report()
    told = {sample.name: sample.value for sample in counters.snapshot()}
    assert (told["scoring_backlog_pairs"], told["scoring_backlog_age_seconds"]) == (0, 0)
    assert told["scoring_runner_resident_bytes"] == 0
