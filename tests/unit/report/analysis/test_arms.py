from __future__ import annotations

from typing import Any

import numpy as np

from shadowbench.report.analysis.arms import arms_of, clusters_from, counted
from tests.unit.report.analysis.invented import a_log, an_arm


def some_log(n: int, **columns: Any) -> Any:
    reasons = {"candidate_reason": [None] * n} if "candidate_reason" not in columns else {}
    return a_log(
        n, started_at=np.arange(n) * 1.0, inclusion_probability=np.full(n, 0.5),
        **reasons, **columns,
    )  # fmt: skip


def test_lanes_come_first_and_then_candidates_by_name() -> None:
    log = some_log(4, candidate=["b", "twin", "a", "b"])
    arms = arms_of(log, {"twin"})
    assert [(arm.name, arm.again, arm.pairs) for arm in arms] == [("twin", True, 1), ("a", False, 1), ("b", False, 2)]
    assert arms[2].rows.tolist() == [0, 3]
    assert arms[2].weights.tolist() == [2.0, 2.0]


def test_what_we_held_back_is_counted_and_tells_nothing_of_the_candidate() -> None:
    log = some_log(
        4,
        candidate=["a"] * 4,
        candidate_outcome=["ok", "not_sent", "not_sent", "timed_out"],
        candidate_reason=[None, "not_sent:stale", "not_sent:budget", "timed_out_total"],
    )
    (arm,) = arms_of(log, ())
    assert (arm.pairs, arm.n, arm.not_sent) == (4, 2, {"budget": 1, "stale": 1})
    assert arm.candidate_failed.tolist() == [False, True]
    assert arm.answered.tolist() == [True, False]


def test_pairs_whose_client_left_are_no_failure_of_anybody() -> None:
    log = some_log(3, candidate=["a"] * 3, production_outcome=["client_cancelled", "ok", "http_error"])
    (arm,) = arms_of(log, ())
    assert (arm.withdrawn, arm.n) == (1, 2)
    assert arm.production_failed.tolist() == [False, True]


def test_a_pair_without_a_key_is_a_cluster_of_its_own() -> None:
    log = some_log(5, candidate=["a"] * 5, cluster_key=["x", None, "x", None, "y"])
    (arm,) = arms_of(log, ())
    assert arm.clusters.count == 4
    assert arm.clusters.codes[0] == arm.clusters.codes[2]


def test_the_same_request_has_one_number_in_all_arms() -> None:
    log = some_log(4, candidate=["a", "b", "a", "b"], exchange_number=np.array([1, 1, 2, 2]))
    one, other = arms_of(log, ())
    assert one.exchange.tolist() == other.exchange.tolist()


def test_codes_are_numbered_without_gaps() -> None:
    found = clusters_from(np.array([7, 2, 7, 9]))
    assert (found.codes.tolist(), found.count) == ([1, 0, 1, 2], 3)
    assert clusters_from(np.zeros(0, np.int64)).count == 0


def test_words_are_counted_most_frequent_first() -> None:
    assert counted(np.array([1, 0, 1, -1], np.int32), ("a", "not_sent:b")) == {"b": 2, "a": 1, "unknown": 1}


def test_a_sample_is_made_once_and_all_pairs_are_not_copied() -> None:
    arm = an_arm(4, clusters=[0, 0, 1, 2])
    some = np.array([True, False, True, False])
    assert arm.sample(some) is arm.sample(some.copy())
    found = arm.sample(some)
    assert (found.places.tolist(), found.clusters.codes.tolist(), found.clusters.count) == ([0, 2], [0, 1], 2)
    everything = arm.sample(np.ones(4, bool))
    values = np.arange(4.0)
    assert everything.of(values) is values
    assert everything.clusters is arm.clusters
    assert found.of(values).tolist() == [0.0, 2.0]
    assert found.of_flags(some).tolist() == [True, True]


def test_samples_that_nothing_uses_are_let_go() -> None:
    arm = an_arm(3)
    one, other = (arm.sample(np.array(flags)) for flags in ([True, False, True], [True, True, False]))
    arm.keep([one.places])
    assert arm.sample(one.chosen) is one
    assert arm.sample(other.chosen) is not other
