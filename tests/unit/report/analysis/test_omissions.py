"""What is left out shows nothing, and saves nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shadowbench.report.analysis.conditions import condition
from shadowbench.report.analysis.measuring import measured as measure_of
from shadowbench.report.analysis.omissions import unscored
from shadowbench.report.document.comparisons import Comparison, Missing, OneSided, Origin, Role
from shadowbench.report.document.verdicts import Condition, Met
from shadowbench.report.policy import Claim, Looks, Policy, Statistic, Watching
from shadowbench.scores import Direction
from shadowbench.stats.estimates import Evidence, Tail
from shadowbench.stats.methods import Method
from tests.unit.report.analysis.invented import a_subject
from tests.unit.report.analysis.measures import a_measure_of
from tests.unit.report.analysis.measures import compared as measured
from tests.unit.report.analysis.parts import compared
from tests.unit.report.analysis.traffic import a_traffic, disturbed, words

CLAIM = Claim(measure="rubric", margin=0.05)
LATENCY = a_subject("latency", origin=Origin.LOG, high=None, direction=Direction.LOWER, unit="s")


def weighed(claim: Claim, comparison: Comparison) -> Condition:
    policy = Policy(primary=(claim,), watching=Watching(looks=Looks.ONCE))
    return condition(claim, Role.PRIMARY, comparison, policy, calibrated=frozenset())


def bounded(comparison: Comparison, *, high: float | None = 1.0, **changes: Any) -> Comparison:
    return replace(comparison, subject=replace(comparison.subject, low=0.0, high=high), **changes)


@pytest.mark.parametrize(("lacking", "met"), [(10, Met.SHOWN), (50, Met.OPEN)])
def test_what_one_side_lacks_is_taken_for_the_worst(lacking: int, met: Met) -> None:
    of = compared(interval=(-0.03, 0.02), n=1000)  # 2 points above the margin
    found = weighed(CLAIM, bounded(of, missing=Missing(candidate={"metric_raised": lacking})))
    assert (found.met, found.reason) == (met, None if met is Met.SHOWN else "one_side_unscored")


def test_what_both_sides_lack_alike_hides_nothing() -> None:
    missing = Missing(candidate={"metric_raised": 50}, production={"metric_raised": 50})
    assert weighed(CLAIM, bounded(compared(interval=(-0.03, 0.02), n=1000), missing=missing)).met is Met.SHOWN


@pytest.mark.parametrize(("p", "met"), [(0.01, Met.OPEN), (0.2, Met.SHOWN), (None, Met.SHOWN)])
@pytest.mark.parametrize("origin", [Origin.METRIC, Origin.LOG])
def test_without_bounds_the_test_of_what_is_missing_decides(p: float | None, met: Met, origin: Origin) -> None:
    differs = Evidence(method=Method.MCNEMAR_MID_P, n=1000, clusters=1000, tail=Tail.BOTH, p=p)
    missing = Missing(candidate={"no_usage": 50}, one_sided=OneSided(production=0, candidate=50, differs=differs))
    of = bounded(compared(n=1000, origin=origin), high=None, missing=missing)
    assert weighed(CLAIM, of).met is met


def test_what_is_refuted_stays_so() -> None:
    of = bounded(compared(interval=(-0.3, -0.2), n=1000), missing=Missing(candidate={"metric_raised": 90}))
    assert weighed(CLAIM, of).met is Met.REFUTED


@pytest.mark.parametrize(
    ("statistic", "failing", "expected"),
    [
        (Statistic.MEAN, 0.3, (Met.OPEN, "mean_without_failures")),
        (Statistic.MEAN, 0.0, (Met.SHOWN, None)),
        (Statistic.P50, 0.005, (Met.SHOWN, None)),
    ],
)
def test_a_mean_of_times_shows_nothing_where_calls_failed(
    statistic: Statistic, failing: float, expected: tuple[Met, str | None]
) -> None:
    rng = np.random.default_rng(17)
    theirs, ours = np.exp(rng.normal(0, 0.5, (2, 2000)))
    slow = ours > np.quantile(ours, 1 - failing) if failing else np.zeros(2000, bool)
    claim = Claim(measure="latency", statistic=statistic, relative=True, margin=0.2)
    why = ["fault_timed_out" if each else None for each in slow]
    measure = a_measure_of(LATENCY, np.where(slow, np.nan, ours), theirs, failed=slow, why=why)
    policy = Policy(primary=(claim,), watching=Watching(looks=Looks.ONCE))
    found = weighed(claim, measured(measure, policy, claim, role=Role.PRIMARY))
    assert (found.met, found.reason) == expected


@pytest.mark.parametrize(
    ("failing", "of_production", "reason"),
    [(0.1, 0.0, "failures_left_out"), (0.1, 0.1, None), (0.005, 0.0, None)],
)
def test_who_fails_more_is_not_judged_by_what_is_left(failing: float, of_production: float, reason: str | None) -> None:
    """A count has no worst value: where the candidate fails, nothing of it is in the mean."""
    rng = np.random.default_rng(18)
    leaks = (rng.random((2, 2000)) < 0.05).astype(float)
    fails = [rng.random(2000) < share for share in (failing, of_production)]
    why, why_production = (["fault_timed_out" if each else None for each in side] for side in fails)
    count = a_subject("pii_leaked", high=None, direction=Direction.LOWER)
    measure = a_measure_of(
        count, *(np.where(failed, np.nan, side) for failed, side in zip(fails, leaks, strict=True)),
        failed=fails[0], production_failed=fails[1], why=why, why_production=why_production,
    )  # fmt: skip
    claim = Claim(measure="pii_leaked", margin=0.1)
    policy = Policy(primary=(claim,), watching=Watching(looks=Looks.ONCE))
    found = weighed(claim, measured(measure, policy, claim, role=Role.PRIMARY))
    assert (found.met, found.reason) == (Met.OPEN if reason else Met.SHOWN, reason)


@pytest.mark.parametrize("name", ["cost", "latency", "ttft"])
@pytest.mark.parametrize(("lacking", "reason"), [(90, "one_side_unscored"), (8, None)])
@pytest.mark.parametrize("side", ["production", "candidate"])
def test_what_one_side_lacks_of_the_logs_own_measures_may_hide_a_difference(
    name: str, lacking: int, reason: str | None, side: str
) -> None:
    rng = np.random.default_rng(19)
    column = {"cost": "cost_usd", "latency": "latency_s", "ttft": "ttft_s"}[name]
    theirs, ours = np.exp(rng.normal(0, 0.3, (2, 1000))) * np.array([[1.0], [0.6]])
    slowest = np.argsort(theirs if side == "production" else ours)[-lacking:]
    (theirs if side == "production" else ours)[slowest] = np.nan
    log, arm = a_traffic(1000, **{f"production_{column}": theirs, f"candidate_{column}": ours})
    statistic = Statistic.TOTAL if name == "cost" else Statistic.P95
    claim = Claim(measure=name, statistic=statistic, relative=True, margin=0.25)
    policy = Policy(primary=(claim,), watching=Watching(looks=Looks.ONCE))
    found = weighed(claim, measured(measure_of(log, arm, name), policy, claim, role=Role.PRIMARY))
    assert (found.met, found.reason) == (Met.OPEN if reason else Met.SHOWN, reason)


@pytest.mark.parametrize("why", ["paused", "late"])
def test_times_that_we_spoilt_are_lacked_by_nobody(why: str) -> None:
    spoilt = {"production_disturbed": disturbed(1000, **{why: list(range(90))})}
    log, arm = a_traffic(1000, **spoilt)
    claim = Claim(measure="latency", statistic=Statistic.P50, margin=0.25)
    policy = Policy(primary=(claim,), watching=Watching(looks=Looks.ONCE))
    found = weighed(claim, measured(measure_of(log, arm, "latency"), policy, claim, role=Role.PRIMARY))
    assert (found.met, found.reason) == (Met.SHOWN, None)


def test_a_candidate_that_answers_requests_for_streams_whole_lacks_their_first_tokens() -> None:
    rng = np.random.default_rng(20)
    theirs, ours = np.exp(rng.normal(0, 0.1, (2, 1000)))
    whole = np.where(np.arange(1000) < 60, 0.0, 1.0)
    log, arm = a_traffic(1000, candidate_streamed=whole, production_ttft_s=theirs, candidate_ttft_s=ours)
    claim = Claim(measure="ttft", statistic=Statistic.P50, relative=True, margin=0.25)
    policy = Policy(primary=(claim,), watching=Watching(looks=Looks.ONCE))
    found = weighed(claim, measured(measure_of(log, arm, "ttft"), policy, claim, role=Role.PRIMARY))
    assert (found.met, found.reason) == (Met.OPEN, "one_side_unscored")


@pytest.mark.parametrize(
    ("side", "cost", "reason"),
    [("candidate", np.nan, "failures_left_out"), ("candidate", 0.0, None), ("production", np.nan, None)],
)
def test_failed_calls_of_unknown_cost_are_no_saving(side: str, cost: float, reason: str | None) -> None:
    rng = np.random.default_rng(21)
    costs = {"production": np.exp(rng.normal(0, 0.3, 1000)), "candidate": 0.6 * np.exp(rng.normal(0, 0.3, 1000))}
    costs[side][:50] = cost
    outcomes = {f"{side}_outcome": words(1000, "ok", timed_out=list(range(50)))}
    log, arm = a_traffic(1000, **{f"{each}_cost_usd": usd for each, usd in costs.items()}, **outcomes)
    claim = Claim(measure="cost", statistic=Statistic.TOTAL, margin=0.0)
    policy = Policy(primary=(claim,), watching=Watching(looks=Looks.ONCE))
    found = weighed(claim, measured(measure_of(log, arm, "cost"), policy, claim, role=Role.PRIMARY))
    assert (found.met, found.reason) == (Met.OPEN if reason else Met.SHOWN, reason)


def test_who_fails_may_lack_what_the_other_lacks_otherwise() -> None:
    """As many values are missing of either side: of one those of failures, of the other those of its slowest answers."""
    rng = np.random.default_rng(22)
    theirs, ours = np.exp(rng.normal(0, 0.3, (2, 1000)))
    theirs[:30], ours[np.argsort(ours)[-30:]] = np.nan, np.nan
    fails = {"production_outcome": words(1000, "ok", timed_out=list(range(30)))}
    log, arm = a_traffic(1000, production_latency_s=theirs, candidate_latency_s=ours, **fails)
    claim = Claim(measure="latency", statistic=Statistic.P95, relative=True, margin=0.5)
    policy = Policy(primary=(claim,), watching=Watching(looks=Looks.ONCE))
    found = weighed(claim, measured(measure_of(log, arm, "latency"), policy, claim, role=Role.PRIMARY))
    assert (found.met, found.reason) == (Met.OPEN, "one_side_unscored")


def test_a_few_clusters_that_weigh_nearly_all_are_few() -> None:
    rng = np.random.default_rng(5)
    weights = np.where(np.arange(1000) < 20, 1000.0, 1.0)
    measure = a_measure_of(a_subject("rubric"), rng.random(1000), rng.random(1000), weights=weights)
    claim = replace(CLAIM, margin=0.9)
    policy = Policy(primary=(claim,), watching=Watching(looks=Looks.ONCE))
    assert weighed(claim, measured(measure, policy, claim, role=Role.PRIMARY)).reason == "too_few"


def test_what_nobody_asked_for_is_not_unscored() -> None:
    assert unscored(Missing(pair={"not_drawn": 9, "no_tools": 5, "fault_timed_out": 3, "reply_empty": 2})) == 2
