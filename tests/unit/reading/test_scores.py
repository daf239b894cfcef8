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


def test_what_only_another_version_scored_is_told_apart_from_what_nobody_did(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (log, scores):
        log.append([an_exchange(number) for number in range(1, 5)])
        old, older, newest = scores.register([a_measure("kind", version=version) for version in ("2", "1", "3")])
        scores.put_scores([
            Score(1, 1, old, 1.0, None), Score(2, 1, old, 1.0, None), Score(3, 1, old, None, "not_drawn"),
            Score(2, 1, older, 0.5, None), Score(1, 1, newest, 0.0, None),
        ])  # fmt: skip
    with shadowbench.read(tmp_path / "log.db") as read:
        found, measure = read.scores["kind"], read.scores.measure("kind")
        assert [None if code < 0 else found.reason.texts[code] for code in found.reason.codes] == [
            None, "other_version", "not_scored", "not_scored",
        ]  # fmt: skip
        where = {each.version: rows.tolist() for each, rows in read.scores.elsewhere(measure).items()}
        assert where == {"1": [False, True, False, False]}  # each pair once, by the version that was registered last
        first = next(each for each in read.measures if each.version == "2")
        assert read.scores.elsewhere(first) == {}
        reason = read.scores.of(first).reason
        assert reason.texts[reason.codes[3]] == "not_scored"


def test_several_logs_of_one_judges_versions_say_which_pairs_are_left_out(tmp_path: Path) -> None:
    for first, folder in enumerate("ab"):
        (tmp_path / folder).mkdir()
        with logs_in(tmp_path / folder) as (log, scores):
            log.append([an_exchange(10 * first + number) for number in (1, 2)])
            (measure,) = scores.register([a_measure("judge", config_hash=folder)])
            scores.put_scores([Score(1, 1, measure, 1.0, None)])
    with shadowbench.read([tmp_path / "a" / "log.db", tmp_path / "b" / "log.db"]) as read:
        measure = read.scores.measure("judge")
        assert measure.config_hash == "b"
        assert [rows.tolist() for rows in read.scores.elsewhere(measure).values()] == [[True, False, False, False]]
