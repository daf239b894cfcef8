"""Scores by name: what they tell in their details, of several logs."""

from __future__ import annotations

from pathlib import Path

import shadowbench
from shadowbench.scores import Score
from shadowbench.store.testing import a_measure, an_exchange
from tests.contract.scorers import logs_in


def test_words_of_details_stand_in_the_rows_of_their_pairs_in_all_logs(tmp_path: Path) -> None:
    languages = {"a": ["de", "en", None], "b": ["fr", "de", "en"]}
    for first, (folder, words) in enumerate(languages.items()):
        (tmp_path / folder).mkdir()
        with logs_in(tmp_path / folder) as (log, scores):
            numbers = range(1, 4)
            log.append([an_exchange(10 * first + number) for number in numbers])
            (measure,) = scores.register([a_measure("language")])
            scores.put_scores(
                Score(number, 1, measure, 1.0, None, detail=None if word is None else f'{{"asked":"{word}"}}')
                for number, word in zip(numbers, words, strict=True)
            )
    with shadowbench.read([tmp_path / folder / "log.db" for folder in languages]) as read:
        told = read.scores.told(read.scores.measure("language"), ["$.asked"])
        assert [None if code < 0 else told.texts[code] for code in told.codes] == ["de", "en", None, "fr", "de", "en"]
        assert read.scores.told(read.scores.measure("language"), ["$.asked"]) is told


def test_a_measure_that_a_log_does_not_know_tells_nothing_there(tmp_path: Path) -> None:
    for first, folder in enumerate("ab"):
        (tmp_path / folder).mkdir()
        with logs_in(tmp_path / folder) as (log, scores):
            log.append([an_exchange(first + 1)])
            if folder == "a":
                (measure,) = scores.register([a_measure("language")])
                scores.put_scores([Score(1, 1, measure, 1.0, None, detail='{"asked":"de"}')])
    with shadowbench.read([tmp_path / "a" / "log.db", tmp_path / "b" / "log.db"]) as read:
        told = read.scores.told(read.scores.measure("language"), ["$.asked"])
        assert (told.codes.tolist(), list(told.texts)) == ([0, -1], ["de"])


def test_whether_there_is_a_measure_is_told_without_reading_its_scores(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (log, scores):
        log.append([an_exchange(1)])
        (measure,) = scores.register([a_measure("language")])
        scores.put_scores([Score(1, 1, measure, 1.0, None)])
    with shadowbench.read(tmp_path / "log.db") as read:
        measures = read.scores
    assert "language" in measures  # the log is closed: nothing can be read of it
    assert "length" not in measures
