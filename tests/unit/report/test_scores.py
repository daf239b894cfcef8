"""Means of scores by measure and candidate."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shadowbench.metrics.binding import MetricOptions, bind_all
from shadowbench.report.scores import summarise_scores
from shadowbench.scores import Score
from shadowbench.store.base import PairLog
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import ScoreLog
from shadowbench.store.testing import an_exchange, an_observation


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[tuple[PairLog, ScoreLog]]:
    url = f"sqlite:///{tmp_path}/pairs.db"
    log = open_log(url, "write")
    both = an_observation(endpoint="a"), an_observation(endpoint="b")
    log.append([an_exchange(1, *both), an_exchange(2, *reversed(both)), an_exchange(3, both[0])])
    scores = open_score_log(url, "change")
    yield log, scores
    log.close()
    scores.close()


def test_a_log_without_scores_has_nothing_to_tell(logs: tuple[PairLog, ScoreLog]) -> None:
    assert summarise_scores(*logs) == ()


def test_means_are_of_pairs_that_have_a_value_by_the_candidates_name(logs: tuple[PairLog, ScoreLog]) -> None:
    log, scores = logs
    bound = bind_all([MetricOptions(metric="exact_match"), MetricOptions(metric="length")])
    match, length = scores.register([each.measure for each in bound])
    scores.put_scores(
        [
            Score(1, 1, match, 1.0, None),
            Score(2, 2, match, 0.0, None),  # the same candidate on the other side
            Score(3, 1, match, None, "no_text"),
            Score(1, 2, match, 0.25, None),
            Score(1, 1, length, 10.0, None, 20.0, None),
            Score(2, 2, length, 30.0, None, None, "no_text"),
            Score(3, 1, length, None, "fault_timed_out", 8.0, None),
        ]
    )
    found = summarise_scores(log, scores)
    assert [(one.candidate, one.measure, one.n, one.value, one.production) for one in found] == [
        ("a", "exact_match", 2, 0.5, None),
        ("a", "length", 1, 10.0, 20.0),
        ("b", "exact_match", 1, 0.25, None),
    ]
    assert [dict(one.absent) for one in found] == [{"no_text": 1}, {"no_text": 1, "fault_timed_out": 1}, {}]
