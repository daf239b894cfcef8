"""What every implementation of `Scores` keeps: each pair gets one score of each measure, whoever works on it."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from shadowbench.records import Exchange
from shadowbench.scores import Direction, PairRef, Score, Shape
from shadowbench.store.base import LogError, PairLog
from shadowbench.store.opening import open_score_log
from shadowbench.store.scoring import Backlog, ScoreLog
from shadowbench.store.testing import FIRST_SECOND, a_measure, an_exchange, an_observation, invented_traffic
from tests.contract.scorers import drain, everything, logs_in, scored, scores_for, take, url_in


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[PairLog, ScoreLog]]:
    with logs_in(tmp_path) as both:
        yield both


@pytest.fixture
def log(both: tuple[PairLog, ScoreLog]) -> PairLog:
    return both[0]


@pytest.fixture
def scores(both: tuple[PairLog, ScoreLog]) -> ScoreLog:
    return both[1]


def alone(number: int) -> Exchange:
    """An exchange without candidates."""
    return replace(an_exchange(number), candidates=())


def two(number: int) -> Exchange:
    return an_exchange(number, an_observation(endpoint="a"), an_observation(endpoint="b"))


# ── measures ──


def test_a_measure_keeps_its_number(scores: ScoreLog) -> None:
    first, second = a_measure("a"), a_measure("b", low=None, high=None, direction=Direction.LOWER, shape=Shape.SIDES)
    assert scores.register([first, second]) == [1, 2]
    assert scores.register([a_measure("c"), second, first]) == [3, 2, 1]
    known = scores.measures()
    assert [each.id for each in known] == [1, 2, 3]
    assert [each.measure for each in known] == [first, second, a_measure("c")]
    assert [each.done_upto for each in known] == [0, 0, 0]


@pytest.mark.parametrize("change", [{"version": "2"}, {"config_hash": "x"}, {"name": "other"}])
def test_another_version_or_configuration_is_another_measure(scores: ScoreLog, change: dict[str, str]) -> None:
    assert scores.register([a_measure()]) != scores.register([a_measure(**change)])


def test_a_measure_that_was_not_registered_is_a_mistake(log: PairLog, scores: ScoreLog) -> None:
    log.append([alone(1)])
    scores.register([a_measure()])
    for use in (lambda: take(scores, [1, 2]), lambda: scores.backlog([2])):
        with pytest.raises(ValueError, match=r"no measures of the numbers \[2\]; register them first"):
            use()


# ── claims ──


def test_a_claim_names_what_is_missing(log: PairLog, scores: ScoreLog) -> None:
    log.append([two(1), alone(2), an_exchange(3), an_exchange(4)])
    measures = scores.register([a_measure("a"), a_measure("b")])
    claim = take(scores, measures, size=3)
    assert claim is not None
    assert (claim.first, claim.last, claim.owner, claim.lane) == (1, 3, "w", "metrics")
    assert claim.missing == dict.fromkeys([PairRef(1, 1), PairRef(1, 2), PairRef(3, 1)], (1, 2))


def test_nothing_to_do_is_none(log: PairLog, scores: ScoreLog) -> None:
    measures = scores.register([a_measure()])
    assert take(scores, measures) is None
    log.append([alone(1), alone(2)])
    assert take(scores, measures) is None
    assert scores.measures()[0].done_upto == 2
    log.append([an_exchange(3)])
    assert take(scores, []) is None
    assert take(scores, measures) is not None
    assert take(scores, measures) is None


def test_live_leases_of_a_lane_do_not_overlap(log: PairLog, scores: ScoreLog) -> None:
    log.append([an_exchange(number) for number in range(1, 11)])
    measures = scores.register([a_measure("a"), a_measure("b")])
    claims = [take(scores, measures[:share], owner=f"w{share}", size=3) for share in (1, 2, 1, 2)]
    assert [(claim.first, claim.last) for claim in claims if claim] == [(1, 3), (4, 6), (7, 9), (10, 10)]
    other = take(scores, measures[1:], lane="judge", size=99)
    assert other is not None
    assert (other.first, other.last) == (1, 10)


def test_a_lease_runs_out_by_the_time_that_is_given_and_another_takes_it(log: PairLog, scores: ScoreLog) -> None:
    log.append([an_exchange(number) for number in range(1, 6)])
    measures = scores.register([a_measure()])
    lost = take(scores, measures, owner="lost", now=100.0, lease_s=10.0)
    assert lost is not None
    rest = take(scores, measures, owner="w", now=110.0, lease_s=10.0)
    assert rest is not None
    assert (rest.first, rest.last) == (5, 5)
    again = take(scores, measures, owner="w", now=110.5, size=2)
    assert again is not None
    assert (again.first, again.last) == (1, 2)
    assert not scores.renew(lost, now=110.6, lease_s=10.0)


def test_a_lease_that_is_renewed_is_kept(log: PairLog, scores: ScoreLog) -> None:
    log.append([an_exchange(number) for number in range(1, 3)])
    measures = scores.register([a_measure()])
    claim = take(scores, measures, now=0.0, lease_s=10.0)
    assert claim is not None
    assert scores.renew(claim, now=9.0, lease_s=10.0)
    assert take(scores, measures, owner="other", now=19.0) is None
    assert scores.renew(claim, now=25.0, lease_s=10.0)  # late, but nobody took it
    assert take(scores, measures, owner="other", now=30.0) is None


def test_who_leaves_gives_all_its_leases_back(log: PairLog, scores: ScoreLog) -> None:
    log.append([an_exchange(number) for number in range(1, 10)])
    measures = scores.register([a_measure()])
    for owner in ("a", "b", "a"):
        assert take(scores, measures, owner=owner, size=3) is not None
    scores.release("a")
    claims = [take(scores, measures, owner="c", size=9) for _ in range(3)]
    assert [(claim.first, claim.last) for claim in claims if claim] == [(1, 3), (7, 9)]


def test_of_those_who_want_to_do_what_only_one_is_to_do_one_is_elected(scores: ScoreLog) -> None:
    def elect(owner: str, now: float, lane: str = "comparison") -> bool:
        return scores.elect(owner=owner, lane=lane, now=now, lease_s=10.0)

    assert [elect("a", 0.0), elect("b", 1.0), elect("a", 9.0)] == [True, False, True]
    assert [elect("b", 15.0), elect("b", 15.0, "other")] == [False, True]  # the second one's lease began at 9
    assert [elect("b", 20.0), elect("a", 21.0)] == [True, False]  # it ran out
    scores.release("b")
    assert elect("a", 21.0)


def test_an_election_is_no_claim_of_exchanges(log: PairLog, scores: ScoreLog) -> None:
    log.append([an_exchange(1)])
    measures = scores.register([a_measure()])
    assert scores.elect(owner="w", lane="metrics", now=0.0, lease_s=60.0)
    claim = take(scores, measures, owner="v")
    assert claim is not None and (claim.first, claim.last) == (1, 1)


def test_a_number_of_a_lease_is_never_that_of_another(log: PairLog, scores: ScoreLog) -> None:
    log.append([an_exchange(1)])
    measures = scores.register([a_measure()])
    first = take(scores, measures)
    assert first is not None
    scores.release("w")
    second = take(scores, measures)
    assert second is not None
    assert not scores.renew(first, now=0.0, lease_s=60.0)
    scores.settle(first, [])  # does not give back what is the second's
    assert scores.renew(second, now=0.0, lease_s=60.0)


# ── settling ──


def test_all_pairs_are_scored_once_and_then_there_is_nothing_to_do(log: PairLog, scores: ScoreLog) -> None:
    log.append(list(invented_traffic(50)))
    measures = scores.register([a_measure("a"), a_measure("b"), a_measure("c")])
    assert drain(scores, measures) == 300
    assert scored(scores, measures) == everything(log, measures)
    assert [each.done_upto for each in scores.measures()] == [50, 50, 50]
    log.append(list(invented_traffic(60))[50:])
    assert drain(scores, measures) == 60
    assert scored(scores, measures) == everything(log, measures)


def test_a_score_comes_back_as_it_was(log: PairLog, scores: ScoreLog) -> None:
    log.append([two(1), an_exchange(2)])
    scores.register([a_measure("a"), a_measure("b")])
    put = [
        Score(1, 1, 1, 0.25, None, 0.5, None, 0.125, '{"why":"so"}'),
        Score(1, 2, 2, None, "fault_timed_out", None, "not_json"),
        Score(2, 1, 1, float("inf"), None),
    ]
    assert scores.put_scores(put[::-1]) == 3
    assert scores.scores_of([1, 2], after=0, upto=2) == put
    assert scores.scores_of([2], after=0, upto=2) == put[1:2]
    assert scores.scores_of([1, 2], after=1, upto=2) == put[2:]
    assert scores.scores_of([1, 2], after=0, upto=1) == put[:2]


def test_a_score_that_stands_is_left_as_it_is(log: PairLog, scores: ScoreLog) -> None:
    log.append([an_exchange(1), an_exchange(2)])
    measures = scores.register([a_measure()])
    claim = take(scores, measures)
    assert claim is not None
    assert scores.settle(claim, scores_for(claim, 0.5), last=False) == 2
    assert scores.settle(claim, scores_for(claim, 0.75)) == 0
    assert [score.value for score in scores.scores_of(measures, after=0, upto=9)] == [0.5, 0.5]


@pytest.mark.parametrize(
    "score",
    [
        Score(1, 1, 1, None, None),
        Score(1, 1, 1, float("nan"), None),
        Score(1, 1, 1, 0.5, "why"),
        Score(1, 1, 1, 0.5, None, 0.5, "why"),
    ],
)
def test_a_value_is_there_or_has_its_reason(log: PairLog, scores: ScoreLog, score: Score) -> None:
    log.append([an_exchange(1)])
    scores.register([a_measure()])
    with pytest.raises(LogError):
        scores.put_scores([score])
    assert scores.put_scores([Score(1, 1, 1, 0.5, None)]) == 1


def test_what_is_settled_in_part_is_claimed_again_for_the_rest(log: PairLog, scores: ScoreLog) -> None:
    log.append([an_exchange(1), an_exchange(2)])
    measures = scores.register([a_measure("a"), a_measure("b")])
    claim = take(scores, measures)
    assert claim is not None
    scores.settle(claim, [Score(1, 1, 1, 1.0, None), Score(2, 1, 1, 1.0, None), Score(1, 1, 2, 1.0, None)])
    assert [each.done_upto for each in scores.measures()] == [2, 0]
    again = take(scores, measures)
    assert again is not None
    assert again.missing == {PairRef(2, 1): (2,)}


def test_settling_after_the_lease_was_lost_is_harmless(log: PairLog, scores: ScoreLog) -> None:
    log.append([an_exchange(number) for number in range(1, 5)])
    measures = scores.register([a_measure()])
    lost = take(scores, measures, owner="slow", now=0.0, lease_s=1.0)
    taken = take(scores, measures, owner="fast", now=5.0)
    assert lost is not None
    assert taken is not None
    assert scores.settle(taken, scores_for(taken, 0.25)[:1], last=False) == 1
    assert scores.settle(lost, scores_for(lost, 0.75)) == 3
    assert scores.renew(taken, now=5.0, lease_s=60.0)  # it is still its owner's
    assert scores.settle(taken, scores_for(taken, 0.25)) == 0
    assert [score.value for score in scores.scores_of(measures, after=0, upto=9)] == [0.25, 0.75, 0.75, 0.75]
    assert scores.measures()[0].done_upto == 4


def test_workers_that_are_not_done_in_the_order_they_began_leave_no_hole(log: PairLog, scores: ScoreLog) -> None:
    log.append([an_exchange(number) for number in range(1, 13)])
    measures = scores.register([a_measure()])
    claims = [take(scores, measures, owner=str(number), size=3) for number in range(4)]
    for number, mark in ((2, 0), (1, 0), (3, 0), (0, 12)):
        claim = claims[number]
        assert claim is not None
        scores.settle(claim, scores_for(claim))
        assert scores.measures()[0].done_upto == mark
        assert take(scores, measures) is None  # the rest is leased or done


def test_a_measure_that_comes_later_is_measured_over_old_pairs_alone(log: PairLog, scores: ScoreLog) -> None:
    log.append(list(invented_traffic(20)))
    old = scores.register([a_measure("old")])
    drain(scores, old)
    both = [*old, *scores.register([a_measure("new")])]
    claim = take(scores, both, size=99)
    assert claim is not None
    assert set(claim.missing.values()) == {(2,)}
    scores.settle(claim, scores_for(claim))
    assert scored(scores, both) == everything(log, both)


# ── what is deleted ──


def test_scores_of_pairs_that_were_deleted_meanwhile_are_passed_over(log: PairLog, scores: ScoreLog) -> None:
    log.append([two(1), two(2), two(3)])
    measures = scores.register([a_measure()])
    claim = take(scores, measures)
    assert claim is not None
    log.upkeep.delete([2])
    ghosts = [Score(1, 3, 1, 1.0, None), Score(1, 0, 1, 1.0, None), Score(77, 1, 1, 1.0, None)]
    assert scores.settle(claim, [*scores_for(claim), *ghosts]) == 4
    assert scored(scores, measures) == everything(log, measures)
    assert scores.measures()[0].done_upto == 3


def test_an_exchange_takes_its_scores_along(log: PairLog, scores: ScoreLog) -> None:
    log.append([two(1), two(2)])
    measures = scores.register([a_measure()])
    drain(scores, measures)
    log.upkeep.delete([1])
    assert scored(scores, measures) == [(2, 1, 1), (2, 2, 1)]


def test_a_log_of_which_all_was_deleted_does_not_stall(log: PairLog, scores: ScoreLog) -> None:
    measures = scores.register([a_measure()])
    for start in range(1, 40, 10):
        log.append([an_exchange(number) for number in range(start, start + 10)])
        claim = take(scores, measures, size=3)
        assert claim is not None
        log.upkeep.delete(list(range(start, start + 10)))
        scores.settle(claim, scores_for(claim))
        assert take(scores, measures) is None
    log.append([an_exchange(99)])
    assert drain(scores, measures) == 1
    assert scores.measures()[0].done_upto == 41


# ── the backlog ──


def test_the_backlog_is_what_lacks_a_score(log: PairLog, scores: ScoreLog) -> None:
    measures = scores.register([a_measure("a"), a_measure("b")])
    assert scores.backlog(measures) == Backlog(pairs=0, oldest_at=None)
    log.append([alone(1), two(2), two(3), two(4)])
    assert scores.backlog(measures) == Backlog(pairs=6, oldest_at=FIRST_SECOND + 2)
    assert scores.backlog([]) == Backlog(pairs=0, oldest_at=None)
    claim = take(scores, measures, size=2)
    assert claim is not None
    assert scores.backlog(measures).pairs == 6
    scores.settle(claim, scores_for(claim))
    assert scores.backlog(measures) == Backlog(pairs=4, oldest_at=FIRST_SECOND + 3)
    drain(scores, measures[:1])
    assert scores.backlog(measures).pairs == 4
    assert scores.backlog(measures[:1]) == Backlog(pairs=0, oldest_at=None)


# ── side by side ──


def test_workers_beside_a_writer_miss_nothing_and_do_nothing_twice(tmp_path: Path, log: PairLog) -> None:
    """Numbers become visible in their order: a mark over numbers is sound."""
    traffic = list(invented_traffic(300))
    written = threading.Event()
    new: list[int] = []

    def write() -> None:
        for start in range(0, 300, 3):
            log.append(traffic[start : start + 3])
        written.set()

    def work(owner: str) -> None:
        with closing(open_score_log(url_in(tmp_path), "change")) as scores:
            measures = scores.register([a_measure("a"), a_measure("b")])
            at_end = False
            while not at_end:
                at_end = written.is_set()  # asked before looking: what is written after is looked for once more
                new.append(drain(scores, measures, owner=owner, size=5))

    threads = [threading.Thread(target=write), *(threading.Thread(target=work, args=(str(n),)) for n in range(3))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(open_score_log(url_in(tmp_path), "read")) as scores:
        assert scored(scores, [1, 2]) == everything(log, [1, 2])
        assert [each.done_upto for each in scores.measures()] == [300, 300]
    assert sum(new) == 300 * 2 * 2


def test_another_thread_may_use_it(log: PairLog, scores: ScoreLog) -> None:
    log.append([an_exchange(1)])
    thread = threading.Thread(target=lambda: drain(scores, scores.register([a_measure()])))
    thread.start()
    thread.join()
    assert scored(scores, [1]) == [(1, 1, 1)]


def test_closing_twice_does_nothing_and_a_closed_log_refuses(scores: ScoreLog) -> None:
    scores.close()
    scores.close()
    with pytest.raises(LogError):
        scores.measures()


def test_a_log_that_is_read_only_cannot_be_scored(tmp_path: Path, log: PairLog) -> None:
    with closing(open_score_log(url_in(tmp_path), "read")) as scores, pytest.raises(LogError) as refused:
        scores.register([a_measure()])
    assert refused.value.reason == "read_only"
