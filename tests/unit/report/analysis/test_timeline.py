from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shadowbench.records import Mark
from shadowbench.report.analysis.timeline import MOST_MARKS, Courses, marks, series
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.policy import Policy, Watching
from shadowbench.stats.clusters import mean
from shadowbench.stats.estimates import Refused
from shadowbench.stats.methods import Method
from shadowbench.stats.sequences import asymptotic, steadied
from tests.unit.report.analysis.invented import LIKENESS, PREFERENCE, a_subject, an_arm, values_of
from tests.unit.report.analysis.traffic import DAY, a_traffic

POLICY = Policy(watching=Watching(clusters=500))


def over_days(n: int = 3000, **changes: Any) -> Any:
    return an_arm(n, started_at=np.linspace(0, 10 * DAY, n), **changes)


def normal(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def test_each_measure_has_its_scale_and_ends_with_the_band_of_the_whole() -> None:
    arm = over_days()
    quality = values_of(arm, a_subject("quality"), normal(3000, 1), normal(3000, 2))
    judged = values_of(arm, PREFERENCE, normal(900, 3), places=np.arange(0, 2700, 3))
    found = series([quality, judged, values_of(arm, LIKENESS, normal(3000, 4))], Courses(arm, POLICY))
    assert [(s.measure, s.scale) for s in found] == [
        ("quality", Scale.DIFFERENCE),
        ("judge", Scale.PREFERENCE),
        ("alike", Scale.LEVEL),
    ]
    last = found[0].points[-1]
    whole = asymptotic(steadied(mean(quality.difference, weights=arm.weights), 1 / 3000), tuned_for=500)
    assert (last.running.low, last.running.high) == pytest.approx((whole.low, whole.high))
    assert (last.to_at, last.running.n, sum(p.n for p in found[1].points)) == (10 * DAY, 3000, 900)
    assert last.window.method is Method.CLUSTER_T
    assert found[0].points[0].running.reason is Refused.TOO_FEW  # before a hundred clusters there is no band


@pytest.mark.parametrize("rate", [0.01, 0.02])
def test_the_band_of_a_rare_failure_holds_it_throughout(rate: float) -> None:
    """By the standard error alone it would lose it in one case of ten."""
    rng, runs, lost = np.random.default_rng(7), 120, 0
    arm = over_days(1000)
    for _ in range(runs):
        (found,) = series([values_of(arm, LIKENESS, rng.random(1000) < rate)], Courses(arm, Policy()))
        lost += any(point.running.excludes(rate) for point in found.points)
    assert lost <= 0.05 * runs


def test_the_band_waits_for_the_clusters_that_weigh_most() -> None:
    weights = np.where(np.arange(1000) % 20 == 0, 100.0, 1.0)
    arm = over_days(1000, weights=weights)
    (found,) = series([values_of(arm, LIKENESS, np.arange(1000) % 2)], Courses(arm, Policy()))
    assert found.points[-1].running.worth == pytest.approx(weights.sum() ** 2 / (weights @ weights))
    assert found.points[-1].running.reason is Refused.TOO_FEW


def test_a_change_is_seen_in_the_measure_that_changed() -> None:
    arm = over_days()
    shifted = normal(3000, 1) + 0.4 * (np.arange(3000) > 2000)
    found = series(
        [values_of(arm, a_subject(str(seed)), shifted if seed == 5 else normal(3000, seed)) for seed in range(8)],
        Courses(arm, POLICY),
    )
    assert [s.measure for s in found if s.changed] == ["5"]


@pytest.mark.parametrize("size", [1.0, 1e6])
def test_the_last_digits_of_values_are_no_change(size: float) -> None:
    arm = over_days()
    production = size * (1 + np.random.default_rng(1).integers(0, 7, 3000) / 7)
    latency = values_of(arm, a_subject("latency", low=0.0, high=None), production - 0.1, production)
    assert 0 < np.ptp(latency.difference) < 1e-8  # each is −0.1 but for rounding, which is not the same all the time
    assert not series([latency], Courses(arm, POLICY))[0].changed
    slower = values_of(arm, latency.subject, production - np.linspace(0.1, 0.11, 3000), production)
    assert series([slower], Courses(arm, POLICY))[0].changed


def test_a_bad_day_among_days_without_a_failure_is_a_change() -> None:
    arm = over_days()
    failed = np.zeros(3000)
    failed[1500:1560] = np.random.default_rng(1).random(60) < 0.3
    found = series([values_of(arm, a_subject("error_class"), failed)], Courses(arm, POLICY))
    assert found[0].changed


def test_where_nothing_changes_changes_are_rarely_seen_however_many_measures_there_are() -> None:
    chance, alarms, tried = np.random.default_rng(6), 0, 60
    users = np.repeat(np.arange(400), 5)
    for _ in range(tried):
        arm = an_arm(2000, clusters=users, started_at=chance.uniform(0, 5 * DAY, 2000))
        lean = chance.normal(size=400)[users]
        measured = [
            values_of(arm, a_subject("rare"), chance.random(2000) < 0.01),
            values_of(arm, a_subject("skewed"), chance.lognormal(0, 1.2, 2000)),
            values_of(arm, a_subject("clustered"), lean + chance.normal(size=2000)),
        ]
        alarms += any(each.changed for each in series(measured, Courses(arm, POLICY)))
    assert alarms <= 0.05 * tried + 3 * np.sqrt(0.05 * 0.95 * tried)


def test_without_pairs_there_are_no_points() -> None:
    arm = an_arm(0)
    (nothing,) = series([values_of(arm, a_subject(), [])], Courses(arm, POLICY))
    assert (nothing.points, nothing.changed) == ((), False)
    arm = over_days(50)
    one, none = series(
        [values_of(arm, a_subject(), normal(50, 1)), values_of(arm, LIKENESS, [], places=[])], Courses(arm, POLICY)
    )
    assert (len(one.points) > 0, none.points) == (True, ())
    assert series([], Courses(arm, POLICY)) == ()


def test_a_single_pair_is_a_point_without_interval() -> None:
    arm = an_arm(1)
    (one,) = series([values_of(arm, a_subject(), [1.0], [0.25])], Courses(arm, POLICY))
    (point,) = one.points
    assert (point.window.value, point.window.reason, point.running.low) == (0.75, Refused.TOO_FEW, None)
    assert not one.changed


def marked(*given: Mark) -> Any:
    return replace(a_traffic(100)[0], marks=given)


def mark(at: float, kind: str = "policy_changed", endpoint: str | None = None, step: int = 0) -> Mark:
    return Mark(at=at, kind=kind, endpoint=endpoint, before=f"v{step}", after=f"v{step + 1}")


def test_marks_of_the_period_are_shown_as_they_are() -> None:
    shown = marks(marked(mark(-5.0), mark(0.0), mark(DAY, "model_changed", "small", 7), mark(3 * DAY)))
    assert [(m.at, m.kind, m.endpoint, m.before, m.after) for m in shown] == [
        (0.0, "policy_changed", None, "v0", "v1"),
        (DAY, "model_changed", "small", "v7", "v8"),
    ]
    assert marks(replace(a_traffic(0)[0], marks=[mark(1.0)])) == ()


def test_many_marks_of_one_kind_are_joined_from_the_first_ones_before_to_the_last_ones_after() -> None:
    burst = [mark(DAY + second, step=second) for second in range(200)]
    shown = marks(marked(mark(10.0, "model_changed", "small"), *burst))
    assert [(m.at, m.kind, m.before, m.after) for m in shown] == [
        (10.0, "model_changed", "v0", "v1"),
        (DAY, "policy_changed", "v0", "v200"),
    ]


def test_however_many_marks_there_are_few_are_shown() -> None:
    spread = [mark(float(at), step=at) for at in range(0, int(2 * DAY), 600)]
    assert 0 < len(marks(marked(*spread))) <= MOST_MARKS
    kinds = [mark(float(at), f"kind_{at}") for at in range(100)]
    assert [m.kind for m in marks(marked(*kinds))] == [f"kind_{at}" for at in range(60, 100)]
