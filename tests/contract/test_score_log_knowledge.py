"""What every implementation of `Knowledge` keeps: people's words, right answers, frozen sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.scores import Label, PairRef, Position, Preferred
from shadowbench.store.base import PairLog
from shadowbench.store.scoring import Canary, CanaryRun, ScoreLog
from shadowbench.store.testing import a_measure, an_exchange
from tests.contract.scorers import logs_in


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[PairLog, ScoreLog]]:
    with logs_in(tmp_path) as both:
        both[0].append([an_exchange(number) for number in range(1, 6)])
        yield both


@pytest.fixture
def log(both: tuple[PairLog, ScoreLog]) -> PairLog:
    return both[0]


@pytest.fixture
def scores(both: tuple[PairLog, ScoreLog]) -> ScoreLog:
    return both[1]


# ── labels ──


def a_label(number: int = 1, **changes: Any) -> Label:
    label = Label(
        pair=PairRef(number, 1),
        question="preference",
        labeller="ada",
        labelled_at=100.0 + number,
        preferred=Preferred.CANDIDATE,
        position=Position.PRODUCTION_FIRST,
        probability=0.25,
        note="shorter",
    )
    return replace(label, **changes)


def test_labels_come_back_as_they_were_in_the_order_of_their_time(scores: ScoreLog) -> None:
    rated = a_label(2, question="clarity", preferred=None, value=4.5, position=None, note=None, source="import")
    put = [a_label(3, labelled_at=1.0), a_label(1), rated]
    assert scores.put_labels(put[::-1]) == 3
    assert scores.labels() == put
    assert scores.labels("clarity") == [rated]
    assert scores.labels("nothing") == []


def test_the_newest_word_of_a_person_stands(scores: ScoreLog) -> None:
    assert scores.put_labels([a_label(1), a_label(2)]) == 2
    changed = a_label(1, preferred=Preferred.TIE, labelled_at=500.0, note=None)
    others = [
        a_label(1, round=2),
        a_label(1, labeller="bob"),
        a_label(1, question="clarity", preferred=None, value=1.0),
    ]
    assert scores.put_labels([changed, *others]) == 3
    assert sorted(scores.labels(), key=repr) == sorted([changed, a_label(2), *others], key=repr)


def test_labels_of_what_is_not_there_are_passed_over(log: PairLog, scores: ScoreLog) -> None:
    log.upkeep.delete([2])
    assert scores.put_labels([a_label(2), a_label(1), a_label(1, pair=PairRef(1, 5))]) == 1
    log.upkeep.delete([1])
    assert scores.labels() == []


# ── right answers ──


def test_a_right_answer_is_replaced(scores: ScoreLog) -> None:
    assert scores.put_references({1: "Riga", 3: "97", 77: "?"}, source="dataset") == 2
    assert scores.put_references({3: "101"}, source="import") == 1
    assert scores.references(after=0, upto=99) == {1: "Riga", 3: "101"}
    assert scores.references(after=1, upto=3) == {3: "101"}
    assert scores.references(after=1, upto=2) == {}


def test_a_right_answer_goes_with_its_exchange(log: PairLog, scores: ScoreLog) -> None:
    scores.put_references({1: "Riga"}, source="dataset")
    log.upkeep.delete([1])
    assert scores.references(after=0, upto=99) == {}


def test_exchanges_are_found_by_either_id(log: PairLog, scores: ScoreLog) -> None:
    log.append([an_exchange(9, request_id="client-2")])
    ids = [an_exchange(number).id for number in (3, 8, 1)]
    assert scores.find_exchanges(ids=ids) == {ids[0]: 3, ids[2]: 1}
    assert scores.find_exchanges(request_ids=["client-1", "client-2", "client-8"]) == {"client-1": 1, "client-2": 6}
    assert scores.find_exchanges(ids=ids[:1], request_ids=["client-1"]) == {ids[0]: 3, "client-1": 1}
    assert scores.find_exchanges() == {}


# ── frozen sets ──


CANARIES = [
    Canary(pair=PairRef(1, 1), expected="tie", source="human"),
    Canary(pair=PairRef(3, 1), expected="4.5", source="judge"),
]


def test_a_set_is_frozen(scores: ScoreLog) -> None:
    assert (scores.canaries("may"), scores.canary_names()) == ([], [])
    scores.put_canaries("may", CANARIES[::-1])
    scores.put_canaries("april", CANARIES[:1])
    assert scores.canaries("may") == CANARIES
    assert scores.canary_names() == ["april", "may"]
    with pytest.raises(ConfigurationError, match=r"there is a canary set 'may' already.*choose another name"):
        scores.put_canaries("may", CANARIES)
    assert scores.canaries("may") == CANARIES


def test_a_deleted_exchange_leaves_its_sets(log: PairLog, scores: ScoreLog) -> None:
    scores.put_canaries("may", CANARIES)
    log.upkeep.delete([1])
    assert scores.canaries("may") == CANARIES[1:]
    scores.put_canaries("june", CANARIES)
    assert scores.canaries("june") == CANARIES[1:]


def test_runs_come_back_in_the_order_of_their_time(scores: ScoreLog) -> None:
    one, other = scores.register([a_measure("a", kind="judge"), a_measure("b", kind="judge")])
    first = CanaryRun(
        name="may",
        measure=one,
        ran_at=1.0,
        items=20,
        answered=19,
        kappa=0.5,
        low=0.25,
        high=0.75,
        agreement=0.8,
        drifted=True,
        detail='{"why":"kappa"}',
    )
    undefined = replace(first, ran_at=3.0, kappa=None, low=None, high=None, agreement=None, drifted=False)
    runs = [first, replace(first, measure=other, ran_at=2.0), undefined]
    for run in [runs[2], replace(first, name="april"), runs[0], runs[1]]:
        scores.put_canary_run(run)
    assert scores.canary_runs("may") == runs
    assert scores.canary_runs("may", one) == [first, undefined]
    assert scores.canary_runs("june") == []
