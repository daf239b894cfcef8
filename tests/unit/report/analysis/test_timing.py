from __future__ import annotations

import numpy as np
import pytest

from shadowbench.report.analysis.timing import MEASURES, timed
from shadowbench.report.analysis.values import intended, log_values
from tests.unit.report.analysis.traffic import a_traffic, disturbed, numbers, words


def test_a_failure_took_longer_than_anybody_waited_for() -> None:
    log, arm = a_traffic(
        4,
        candidate_outcome=words(4, "ok", timed_out=[1]),
        production_outcome=words(4, "ok", http_error=[2]),
        candidate_latency_s=np.array([0.5, 30.0, 0.7, 0.8]),
    )
    found = timed(log, arm, "latency")
    assert found.candidate.tolist() == [0.5, np.inf, 0.7, 0.8]
    assert found.production.tolist() == [1.0, 1.0, np.inf, 1.0]
    assert found.answered.tolist() == [True, False, False, True]
    assert found.left_out == {}


def test_times_that_we_were_in_the_way_of_are_left_out_and_counted() -> None:
    log, arm = a_traffic(
        6,
        production_disturbed=disturbed(6, paused=[0, 1], late=[2]),
        candidate_disturbed=disturbed(6, late=[1, 3, 4]),
        candidate_outcome=words(6, "ok", truncated=[4]),  # a failure is one however late our loop was
        candidate_latency_s=numbers(6, 2.0, (5, np.nan)),
    )
    found = timed(log, arm, "latency")
    assert found.left_out == {"late": 2, "paused": 2, "no_timing": 1}
    assert found.candidate.tolist() == [np.inf]


@pytest.mark.parametrize("measure", ["ttft", "gap_p95"])
def test_first_tokens_and_gaps_are_of_requests_for_a_stream(measure: str) -> None:
    """By what came: 0 streams on both sides; 1 none; 2 the candidate answers whole; 3 the candidate failed before a stream
    began; 4 both failed, and nobody knows; 5 both broke off in a stream; 6 production failed, and the candidate's is whole."""
    log, arm = a_traffic(
        7,
        production_streamed=np.array([1, 0, 1, 1, np.nan, 1, 0]),
        candidate_streamed=np.array([1, 0, 0, 0, 0, 1, 0]),
        production_outcome=words(7, "ok", http_error=[4, 6], truncated=[5]),
        candidate_outcome=words(7, "ok", http_error=[3, 4], truncated=[5]),
    )
    found = timed(log, arm, measure)
    assert found.left_out == {"not_streamed": 4}
    own = log.pairs[f"production_{MEASURES[measure]}"][0]
    assert found.production.tolist() == [own, own, np.inf]
    assert found.candidate.tolist() == [own, np.inf, np.inf]


def test_pairs_that_are_left_out_and_pairs_that_count_are_all_there_are() -> None:
    chance = np.random.default_rng(1)
    n = 400
    log, arm = a_traffic(
        n,
        production_outcome=chance.choice(["ok", "ok", "timed_out"], n).tolist(),
        candidate_outcome=chance.choice(["ok", "ok", "truncated", "not_sent"], n).tolist(),
        production_streamed=chance.choice([0.0, 1.0, np.nan], n),
        candidate_streamed=chance.choice([0.0, 1.0, np.nan], n),
        production_disturbed=disturbed(n, late=list(range(0, n, 7)), paused=list(range(1, n, 11))),
        candidate_ttft_s=np.where(chance.random(n) < 0.2, np.nan, 0.3),
        cluster_key=[f"u{k}" for k in chance.integers(0, 90, n)],
    )
    assert arm.n < n
    for measure in MEASURES:
        found = timed(log, arm, measure)
        assert found.n + sum(found.left_out.values()) == arm.n
        assert {len(c) for c in (found.production, found.candidate, found.answered, found.weights)} == {found.n}
        assert found.clusters.n == found.n
        assert not np.isnan(found.production).any() and not np.isnan(found.candidate).any()
        assert np.isfinite(found.production[found.answered]).all()


@pytest.mark.parametrize("measure", ["ttft", "gap_p95"])
def test_means_of_first_tokens_and_gaps_are_of_streams_alone(measure: str) -> None:
    """A whole answer has a first byte, too, and the log keeps its time."""
    log, arm = a_traffic(3, production_streamed=np.array([1, 0, 1]), candidate_streamed=np.array([1, 0, 0]))
    paired = intended(log_values(log, arm, measure), arm)
    assert paired.places.tolist() == [0]
    assert (paired.missing.production, paired.missing.candidate) == ({"not_streamed": 1}, {"not_streamed": 2})
