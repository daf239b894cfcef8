"""What is SQLite's own in labels and references: how they are found, and that nothing of them is left half-way."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.scores import Label, PairRef
from shadowbench.store.base import LogError
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import Canary
from shadowbench.store.sqlite_knowledge import _SQL
from shadowbench.store.sqlite_score_log import SqliteScoreLog
from shadowbench.store.testing import an_exchange


@pytest.fixture
def known(tmp_path: Path) -> Iterator[SqliteScoreLog]:
    url = f"sqlite:///{tmp_path}/log.db"
    with closing(open_log(url, "write")) as log, closing(open_score_log(url, "change")) as scores:
        log.append([an_exchange(number) for number in range(1, 301)])
        assert isinstance(scores, SqliteScoreLog)
        yield scores


@pytest.mark.parametrize("name", ["references", "canaries"])
def test_what_is_asked_for_often_is_searched_for(known: SqliteScoreLog, name: str) -> None:
    wanted = {"references": {"after": 0, "upto": 9}, "canaries": ("may",)}[name]
    steps = [row[3] for row in known._rows(f"EXPLAIN QUERY PLAN {_SQL[name]}", wanted)]
    assert steps
    assert all(step.startswith("SEARCH") for step in steps)


def test_references_of_a_whole_dataset_go_in(known: SqliteScoreLog) -> None:
    assert known.put_references({number: str(number) for number in range(1, 400)}, source="dataset") == 300
    assert len(known.references(after=0, upto=400)) == 300


def test_a_frozen_set_that_is_refused_leaves_no_transaction_open(known: SqliteScoreLog) -> None:
    canary = Canary(pair=PairRef(1, 1), expected="tie", source="human")
    known.put_canaries("may", [canary])
    with pytest.raises(ConfigurationError):
        known.put_canaries("may", [canary])
    known.put_canaries("june", [canary])


def test_labels_go_in_all_or_none(known: SqliteScoreLog) -> None:
    def label(number: int, labeller: object) -> Label:
        return Label(pair=PairRef(number, 1), question="q", labeller=labeller, labelled_at=1.0, value=1.0)  # type: ignore[arg-type]

    with pytest.raises(LogError):
        known.put_labels([label(1, "ada"), label(2, None)])
    assert known.labels() == []
