"""Judges' cards in a report: in short, of several logs, and told from some pairs where there are many."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import shadowbench
from shadowbench.cli.judged import evenly, judges_in, ranges
from shadowbench.scores import (
    CallResult,
    Direction,
    JudgeCall,
    Label,
    Measure,
    PairRef,
    Position,
    Preferred,
    Score,
    Shape,
    Verdict,
)
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.testing import an_exchange, invented_traffic

JUDGE = Measure(
    name="helpful",
    kind="judge",
    version="1",
    config_hash="abc",
    shape=Shape.PAIR,
    direction=Direction.HIGHER,
    low=0.0,
    high=1.0,
    about='{"endpoint": {"model": "judge-large"}, "family": "judge"}',
)
LENGTH = replace(JUDGE, name="length", kind="metric", about="{}")


def judged(file: Path, count: int, *, labels: int = 0, first: int = 0) -> Path:
    """A log whose pairs a judge compared; what it says alternates, and people say the same."""
    log, scores = open_log(f"sqlite:///{file}", "write"), open_score_log(f"sqlite:///{file}", "write")
    log.append(list(invented_traffic(first + count))[first:])
    (judge, length) = scores.register([JUDGE, LENGTH])
    pairs = [PairRef(number, 1) for number in range(1, log.newest() + 1)]
    words = {pair: (Preferred.CANDIDATE, Preferred.PRODUCTION)[pair.number % 2] for pair in pairs}
    shares = {Preferred.CANDIDATE: 1.0, Preferred.PRODUCTION: 0.0}
    scores.put_scores([Score(pair.number, 1, judge, shares[word], None) for pair, word in words.items()])
    scores.put_scores([Score(pair.number, 1, length, 1.0, None) for pair in pairs])
    scores.put_verdicts(
        [
            Verdict(pair=pair, measure=judge, position=position, preferred=word)
            for pair, word in words.items()
            for position in (Position.PRODUCTION_FIRST, Position.CANDIDATE_FIRST)
        ]
    )
    scores.put_labels(
        [
            Label(pair=pair, question="preference", labeller="ann", labelled_at=1.0, preferred=words[pair])
            for pair in pairs[:labels]
        ]
    )
    spend(scores, pairs[0])
    log.close()
    scores.close()
    return file


def spend(scores: object, pair: PairRef) -> None:
    call = JudgeCall(
        judge="helpful", pair=pair, purpose="verdict", attempt=1, model="m", owner="o", started_at=1.0, reserved_usd=0.5
    )
    number = scores.reserve(call, limit_usd=None)  # type: ignore[attr-defined]
    scores.settle_call(number, CallResult(outcome="ok", cost_usd=0.25), now=2.0)  # type: ignore[attr-defined]


def test_a_card_has_what_the_log_knows(tmp_path: Path) -> None:
    with shadowbench.read(judged(tmp_path / "a.db", 60, labels=55)) as log:
        found = judges_in(log, seed=0)
    (card,) = found.cards
    assert (card.judge, card.model, card.family, card.version, card.config_hash) == (
        "helpful", "judge-large", "judge", "1", "abc",
    )  # fmt: skip
    assert (card.labels, card.agreement, card.calibrated) == (55, 1.0, True)
    assert card.scored == 60
    assert card.consistency is not None
    assert card.consistency.value == 1.0
    assert found.spend is not None
    assert (found.spend.calls, found.spend.usd) == (1, 0.25)


def test_few_labels_calibrate_nothing(tmp_path: Path) -> None:
    with shadowbench.read(judged(tmp_path / "a.db", 20, labels=3)) as log:
        (card,) = judges_in(log, seed=0).cards
    assert not card.calibrated
    assert "not_calibrated" in card.alarms


def test_a_judge_that_is_no_better_than_a_constant_is_not_calibrated(tmp_path: Path) -> None:
    file = judged(tmp_path / "a.db", 60)
    scores = open_score_log(f"sqlite:///{file}", "change")
    told = [Preferred.CANDIDATE, Preferred.CANDIDATE, Preferred.PRODUCTION, Preferred.PRODUCTION]
    scores.put_labels(
        [
            Label(
                pair=PairRef(n, 1),
                question="preference",
                labeller="ann",
                labelled_at=1.0,
                preferred=told[n % len(told)],
            )
            for n in range(1, 61)
        ]
    )
    scores.close()
    with shadowbench.read(file) as log:
        (card,) = judges_in(log, seed=0).cards
    assert (card.labels, card.agreement) == (60, 0.5)
    assert "worse_than_constant" in card.alarms and "not_calibrated" not in card.alarms
    assert not card.calibrated


def test_several_logs_are_one(tmp_path: Path) -> None:
    files = [judged(tmp_path / "a.db", 30, labels=30), judged(tmp_path / "b.db", 30, labels=30, first=30)]
    with shadowbench.read(files) as log:
        found = judges_in(log, seed=0)
    assert (found.cards[0].scored, found.cards[0].labels, found.cards[0].calibrated) == (60, 60, True)
    assert found.spend is not None
    assert found.spend.usd == 0.5


def test_only_the_pairs_that_are_meant_count(tmp_path: Path) -> None:
    file = judged(tmp_path / "a.db", 40, labels=40)
    with shadowbench.read(file) as log:
        started = np.sort(log.pairs["started_at"])
        half = float(started[len(started) // 2])
    with shadowbench.read(file, since=half) as log:
        (card,) = judges_in(log, seed=0).cards
    assert 15 <= card.labels <= 25
    assert card.scored == card.labels


def test_without_a_judge_there_is_no_card(tmp_path: Path) -> None:
    log = open_log(f"sqlite:///{tmp_path}/a.db", "write")
    log.append([an_exchange(1)])
    log.close()
    with shadowbench.read(tmp_path / "a.db") as read:
        found = judges_in(read, seed=0)
    assert (found.cards, found.spend) == ((), None)


@pytest.mark.parametrize("count", [0, 1, 4000, 4001, 100_000])
def test_at_most_so_many_lie_evenly(count: int) -> None:
    numbers = np.arange(count) * 3
    found = evenly(numbers)
    assert len(found) == min(count, 4000)
    assert len(np.unique(found)) == len(found)
    if count > 4000:
        assert found[0] == numbers[0]
        assert found[-1] == numbers[-1]
        assert np.abs(np.mean(found) / np.mean(numbers) - 1) < 0.01


def test_neighbours_are_read_at_once() -> None:
    assert ranges(np.array([1, 2, 3, 7, 9, 10])) == [(0, 3), (6, 7), (8, 10)]
    assert ranges(np.array([5])) == [(4, 5)]
    assert ranges(np.array([], np.int64)) == []
