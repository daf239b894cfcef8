from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shadowbench.funnel import Funnel
from shadowbench.reading.pairs import Pairs
from shadowbench.records import FunnelCount
from shadowbench.report.analysis.arms import arms_of
from shadowbench.report.analysis.counting import (
    counts_of,
    faults_of,
    models_of,
    public_name,
    source_of,
    totals_of,
    traffic_of,
)
from shadowbench.report.document.root import Fault
from shadowbench.report.document.times import SideSpend
from shadowbench.store.columns import Coded
from tests.unit.report.analysis.invented import a_log

NAN = np.nan
NOBODY = SideSpend(calls=0, usd=None)


def some_log() -> Any:
    """Two requests that `a` and `b` were given, and one that `a` alone was."""
    return a_log_of(
        exchange_number=np.array([1, 1, 2, 2, 3]),
        candidate=["a", "b", "a", "b", "a"],
        candidate_outcome=["ok", "not_sent", "timed_out", "ok", "timed_out"],
        candidate_reason=[None, "not_sent:stale", "first_byte", None, "total"],
        production_outcome=["ok", "ok", "ok", "ok", "http_error"],
        production_reason=[None, None, None, None, "status"],
    )


def a_log_of(**columns: Any) -> Any:
    return a_log(
        5, started_at=np.arange(5.0), inclusion_probability=np.array([1.0, 1, 0.5, 1, 0.5]),
        cluster_key=["x", "x", None, None, "x"],
        production_cost_usd=np.array([1.0, 1, 2, 2, NAN]), candidate_cost_usd=np.array([0.5, NAN, NAN, 0.5, 0.25]),
        production_cost_reason=[None, None, None, None, "no_usage"],
        candidate_cost_reason=[None, None, "no_usage", None, None],
        candidate_reported_model=["m2", None, "m1", "m1", None], **columns,
    )  # fmt: skip


def test_a_request_whose_pairs_are_in_several_logs_is_one() -> None:
    log = a_log_of(
        exchange_number=np.array([1, 2, 5, 6, 7]),
        log=["one.db", "one.db", "two.db", "two.db", "two.db"],
        candidate=["a", "a", "b", "b", "b"],
        candidate_outcome=["ok"] * 5,
        candidate_reason=[None] * 5,
    )
    apart = totals_of(log, NOBODY)
    columns = {
        name: Coded(codes=log.pairs[name], texts=log.pairs.texts[name]) if name in log.pairs.texts else log.pairs[name]
        for name in log.pairs
    }
    together = replace(log, pairs=Pairs(columns, 5, requests=np.array([1, 2, 1, 2, 7])))
    found = totals_of(together, NOBODY)
    assert (apart.exchanges, found.exchanges, found.pairs) == (5, 3, 5)
    assert (found.production.calls, found.production.usd) == (3, 2.0)
    one, other = arms_of(together, ())
    assert np.intersect1d(one.exchange, other.exchange).tolist() == [1, 2]


def test_a_candidates_pairs_are_counted_to_the_last() -> None:
    one, other = (counts_of(arm) for arm in arms_of(some_log(), ()))
    assert (one.pairs, one.sent, one.answered, one.production_ok, one.candidate_ok, one.clusters) == (3, 3, 1, 2, 1, 2)
    assert (other.pairs, other.sent, other.not_sent, other.effective_n) == (2, 1, {"stale": 1}, 1.0)
    assert one.effective_n == pytest.approx((1 + 2 + 2) ** 2 / (1 + 4 + 4))
    assert one.worth is not None
    assert one.worth < one.clusters
    assert other.worth == 1.0


def test_faults_are_told_by_outcome_and_reason_of_both_sides() -> None:
    log = some_log()
    assert faults_of(log.pairs, arms_of(log, ())[0]) == (
        Fault(outcome="http_error", reason="status", production=1, candidate=0),
        Fault(outcome="timed_out", reason="first_byte", production=0, candidate=1),
        Fault(outcome="timed_out", reason="total", production=0, candidate=1),
    )


def test_what_production_answered_once_cost_once() -> None:
    totals = totals_of(some_log(), NOBODY)
    assert (totals.exchanges, totals.pairs, totals.clusters) == (3, 5, 2)
    assert totals.production == SideSpend(calls=3, usd=3.0, unknown={"no_usage": 1})
    assert totals.candidates == SideSpend(calls=4, usd=1.25, unknown={"no_usage": 1})


def test_models_are_told_most_frequent_first() -> None:
    log = some_log()
    assert models_of(log.pairs, "candidate_reported_model") == ("m1", "m2")
    assert models_of(log.pairs, "candidate_reported_model", np.array([0, 1])) == ("m2",)


def test_the_source_says_what_was_asked_for_and_what_was_found() -> None:
    found = source_of(some_log(), since=1.0, until=None, candidates=("a",), chosen={"stratum": ("x",)})
    assert (found.first_at, found.last_at, found.since) == (0.0, 4.0, 1.0)
    assert found.logs == ("some.db",)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////data/logs/a.db", "a.db"),
        ("/data/a.db", "a.db"),
        ("sqlite:///a.db", "a.db"),
        ("postgresql://ann:secret@db.example:5432/logs", "postgresql://db.example:5432/logs"),
        ("postgresql://db.example/logs?password=secret", "postgresql://db.example/logs"),
    ],
)
def test_names_of_logs_have_no_passwords_and_no_folders(url: str, name: str) -> None:
    assert public_name(url) == name


def test_of_an_imported_log_nobody_counted_the_traffic() -> None:
    assert traffic_of(Funnel([])) is None


def test_traffic_is_told_stage_by_stage() -> None:
    def count(stage: str, n: int, reason: str = "") -> FunnelCount:
        return FunnelCount(epoch="e", candidate="", stage=stage, reason=reason, count=n)

    found = traffic_of(
        Funnel([
            count("seen", 8, "handed_off"), count("seen", 2, "kill_switch"), count("lost", 1),
            count("ineligible", 1, "stateful"), count("unsampled", 3, "rate"), count("sampled", 3),
            count("recorded", 2), count("discarded", 1, "shutdown"),
        ])
    )  # fmt: skip
    assert found is not None
    assert (found.seen, found.not_handed_off, found.lost) == (10, {"kill_switch": 2}, 1)
    assert (found.ineligible, found.unsampled, found.discarded) == ({"stateful": 1}, {"rate": 3}, {"shutdown": 1})
    assert (found.sampled, found.recorded) == (3, 2)


@pytest.mark.parametrize(("lost", "unheard", "told"), [(5, 3, (2, 13)), (5, 0, (5, 10)), (2, 3, (0, 12))])
def test_what_was_recorded_after_its_mirror_died_is_not_lost(lost: int, unheard: int, told: tuple[int, int]) -> None:
    def count(epoch: str, stage: str, n: int, reason: str = "") -> FunnelCount:
        return FunnelCount(epoch=epoch, candidate="", stage=stage, reason=reason, count=n)

    found = traffic_of(
        Funnel([
            count("worker", "seen", 10 + lost, "handed_off"), count("worker", "lost", lost, "lost_with_mirror"),
            count("mirror", "recorded", 10), count("link", "unheard", unheard),
        ])
    )  # fmt: skip
    assert found is not None
    assert (found.lost, found.recorded) == told  # and together what was handed off
