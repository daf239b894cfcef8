"""Words out of scores' details, by columns."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from shadowbench.scores import Score
from shadowbench.store.columns import Coded
from shadowbench.store.columns_image import Images
from shadowbench.store.columns_sqlite import open_columns
from shadowbench.store.testing import a_measure, an_exchange, an_observation
from tests.contract.scorers import logs_in, url_in

DETAILS = [
    '{"production":{"asked":"de"},"candidate":{"asked":"xx"}}',
    '{"candidate":{"asked":"en"}}',
    '{"candidate":{"answered":"en"}}',
    '{"production":{"asked":7}}',
    "[1]",
    None,
    '{"production":{"asked":"de"}}',
]
ASKED = ("$.production.asked", "$.candidate.asked")
WORDS = ["de", "en", None, "7", None, None, "de"]


@pytest.fixture(params=[True, False], ids=["image", "fetched"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of some thousand exchanges, more than a page, with two candidates each."""
    if not request.param:
        monkeypatch.setattr(Images, "__init__", _without_serialize)
    count = 2100
    sides = (an_observation(endpoint="small"), an_observation(endpoint="other"))
    with logs_in(tmp_path) as (log, scores):
        log.append([an_exchange(number, *sides) for number in range(1, count + 1)])
        asked, other = scores.register([a_measure("language"), a_measure("other")])
        scores.put_scores(
            score
            for number in range(1, count + 1)
            for score in (
                Score(number, 1, asked, 1.0, None, None, None, 1.0, DETAILS[number % len(DETAILS)]),
                Score(number, 2, asked, 1.0, None, None, None, 1.0, '{"production":{"asked":"fr"}}'),
                Score(number, 1, other, 1.0, None, None, None, 1.0, '{"production":{"asked":"no"}}'),
            )
        )
    return tmp_path


def _without_serialize(self: Images, connection: object) -> None:
    self._connection, self._roots, self._is_able = connection, {}, False  # type: ignore[assignment]


def words(column: Coded) -> list[str | None]:
    return [None if code < 0 else column.texts[code] for code in column.codes]


def test_the_first_path_that_is_there_counts(folder: Path) -> None:
    with closing(open_columns(url_in(folder))) as columns:
        pairs = columns.pairs([], upto=columns.newest())
        told = words(columns.told(1, ASKED, pairs))
    assert told[1::2] == ["fr"] * 2100
    assert told[::2] == [WORDS[number % len(WORDS)] for number in range(1, 2101)]


def test_pairs_that_were_not_chosen_are_passed_over(folder: Path) -> None:
    with closing(open_columns(url_in(folder))) as columns:
        pairs = columns.pairs([], upto=columns.newest())
        some = type(pairs)(number=pairs.number[1::2], side=pairs.side[1::2], columns={})
        assert set(words(columns.told(1, ASKED, some))) == {"fr"}
        assert set(words(columns.told(2, ASKED, some))) == {None}


def test_without_paths_pairs_or_scores_there_are_no_words(folder: Path) -> None:
    with closing(open_columns(url_in(folder))) as columns:
        pairs = columns.pairs([], upto=20)
        assert set(words(columns.told(1, (), pairs))) == {None}
        assert set(words(columns.told(99, ASKED, pairs))) == {None}
        nothing = columns.pairs([], upto=0)
        assert words(columns.told(1, ASKED, nothing)) == []
