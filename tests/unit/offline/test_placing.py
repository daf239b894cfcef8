"""Gathered exchanges in a log: each once, with what a later import adds."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shadowbench.offline.answers import Gathered
from shadowbench.offline.gathering import gathered
from shadowbench.offline.placing import Placing, Tally
from shadowbench.offline.rows import Row
from shadowbench.store.base import PairLog, each_exchange
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import ScoreLog
from tests.unit.offline.made import SCORE, a_row, one_file

Logs = tuple[PairLog, ScoreLog]


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    url = f"sqlite:///{tmp_path}/log.db"
    with closing(open_log(url, "write")) as log, closing(open_score_log(url, "change")) as scores:
        yield log, scores


def put(logs: Logs, *rows: Row, scores: tuple[dict[str, object], ...] = (SCORE,)) -> Tally:
    shape = one_file(exchange={"request_id": "i", "reference": "right"}, candidate={"scores": list(scores) or None})
    placing = Placing(*logs)
    found = [each for each in gathered(shape, rows, (), started_at=5.0) if isinstance(each, Gathered)]
    assert len(found) == len(rows)
    placing.put(found)
    return placing.tally


def names(log: PairLog) -> list[list[str]]:
    return [[each.observation.endpoint for each in exchange.candidates] for exchange in each_exchange(log)]


def values(scores: ScoreLog) -> list[tuple[int, int, float | None, str | None]]:
    return [(score.number, score.side, score.value, score.reason) for score in scores.scores_of([1], after=0, upto=99)]


def test_an_import_brings_exchanges_references_and_scores(logs: Logs) -> None:
    tally = put(logs, a_row(1, right="Riga"), a_row(2, p=None))
    assert (tally.exchanges, tally.pairs, tally.there, tally.scores) == (2, 2, 0, 2)
    assert tally.values == {("small", "won"): [1, 1]}
    assert not +tally.unfounded
    assert names(logs[0]) == [["small"], ["small"]]
    assert values(logs[1]) == [(1, 1, 0.25, None), (2, 1, None, "not_given")]
    assert logs[1].references(after=0, upto=9) == {1: "Riga"}


def test_a_second_import_adds_nothing(logs: Logs) -> None:
    put(logs, a_row(1), a_row(2))
    tally = put(logs, a_row(1), a_row(2))
    assert (tally.exchanges, tally.pairs, tally.there, tally.scores) == (0, 0, 2, 0)
    assert logs[0].counts().pairs == 2


def test_a_candidate_that_comes_later_stands_in_a_part_of_its_own(logs: Logs) -> None:
    put(logs, a_row(1))
    tally = put(logs, a_row(1), a_row(1, model="large", p=2))
    assert (tally.exchanges, tally.pairs, tally.there, tally.scores) == (1, 1, 1, 1)
    assert names(logs[0]) == [["small"], ["large"]]
    assert len({exchange.cluster_key for exchange in each_exchange(logs[0])}) == 1
    assert put(logs, a_row(1, model="large", p=2), a_row(1)).exchanges == 0
    assert put(logs, a_row(1, model="huge")).exchanges == 1
    assert put(logs, a_row(1, model="huge"), a_row(1, model="large"), a_row(1)).there == 3


def test_rows_of_one_exchange_that_come_together_stand_together(logs: Logs) -> None:
    tally = put(logs, a_row(1), a_row(1, model="large", p=2), a_row(1), a_row(1, model="huge"))
    assert (tally.exchanges, tally.pairs, tally.there) == (1, 3, 1)
    assert names(logs[0]) == [["small", "large", "huge"]]
    assert [value for *_, value, _ in values(logs[1])] == [0.25, 1.0, 0.25]


def test_scores_that_a_crash_kept_away_come_with_the_next_import(logs: Logs) -> None:
    put(logs, a_row(1), scores=())
    tally = put(logs, a_row(1))
    assert (tally.pairs, tally.scores) == (0, 1)
    assert values(logs[1]) == [(1, 1, 0.25, None)]
