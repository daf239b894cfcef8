"""What the unit tests try on hundreds of invented logs, on thousands: how often a wrong word is said."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from shadowbench.report.analysis.contrasts import contrast_of
from shadowbench.report.analysis.correcting import Sure, corrected
from shadowbench.report.analysis.unseen import AHEAD
from shadowbench.report.analysis.watching import FEW_LOOKS, Looking
from shadowbench.report.document.comparisons import Origin
from shadowbench.report.policy import Looks, Statistic, Watching
from shadowbench.scores import Direction
from shadowbench.stats.distributions import normal_cdf, t_quantile
from shadowbench.stats.looks import Plan, spending_plan
from shadowbench.stats.sequences import PSEUDO
from tests.unit.report.analysis.invented import PREFERENCE, a_log, a_subject, an_arm, values_of
from tests.unit.report.analysis.test_correcting import JUDGES, Voters

pytestmark = pytest.mark.soak

ALPHA = 0.05
COST = a_subject("cost", origin=Origin.LOG, high=None, direction=Direction.LOWER, unit="USD")


def by_chance(runs: int, share: float = ALPHA) -> float:
    """What a share may be seen as, two standard errors of counting above."""
    return share + 2 * math.sqrt(share * (1 - share) / runs)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


def highest(ours: Any, theirs: Any, plan: Plan, look: int) -> Any:
    """The upper ends of ratios of totals, (runs,), at a planned look: what the analysis computes, of many logs at once."""
    n = ours.shape[1]
    below = theirs.sum(axis=1)
    ratio = ours.sum(axis=1) / below
    strayed = (ours - ratio[:, None] * theirs) / below[:, None]
    unit = FEW_LOOKS * AHEAD * np.maximum(ours.max(axis=1), ratio * theirs.max(axis=1)) / below
    se = np.sqrt(n / (n - 1) * (strayed**2).sum(axis=1) + PSEUDO * unit**2)
    return ratio - t_quantile(normal_cdf(-plan.bounds[look]), n - 1) * se


def costs(rng: np.random.Generator, runs: int, clusters: int, rare: float, times: float) -> tuple[Any, Any]:
    theirs = rng.lognormal(0, 1, (runs, clusters))
    dear = np.where(rng.random(theirs.shape) < rare, times, 1.0)
    return theirs * rng.lognormal(-0.005, 0.1, theirs.shape) * dear, theirs


def test_these_are_the_planned_looks_of_the_analysis() -> None:
    ours, theirs = costs(np.random.default_rng(1), 3, 600, 0.01, 11)
    found = highest(ours, theirs, spending_plan([0.2, 0.4, 0.6]), 2)
    for mine, its, end in zip(ours, theirs, found, strict=True):
        contrast = contrast_of(values_of(an_arm(600), COST, mine, its), Statistic.TOTAL, relative=True, level=0.95)
        looking = Looking(watching=Watching(looks=Looks.PLANNED, clusters=1000), clusters=600)
        assert looking.deciding(contrast, 0.95, np.random.default_rng(0)).high == pytest.approx(end, rel=1e-9)


@pytest.mark.parametrize("hoped_for", [1000, 2000])
@pytest.mark.parametrize(("rare", "times"), [(0.01, 11), (0.002, 60)])
def test_at_planned_looks_dear_requests_that_break_the_margin_hardly_ever_pass(
    rare: float, times: float, hoped_for: int
) -> None:
    """Two in a thousand that cost sixty times as much: it was one in eight."""
    rng, runs, passed = np.random.default_rng(1), 4000, 0
    looks = [hoped_for * k // 5 for k in range(1, 6)]
    plan = spending_plan([k / 5 for k in range(1, 6)])
    for _ in range(runs // 250):
        ours, theirs = costs(rng, 250, hoped_for, rare, times)
        ends = [highest(ours[:, :n], theirs[:, :n], plan, look) for look, n in enumerate(looks)]
        passed += int((np.stack(ends) < 1 + rare * (times - 1)).any(axis=0).sum())
    assert passed / runs <= by_chance(runs)


@pytest.mark.parametrize("rule", [Looks.ANY, Looks.PLANNED])
@pytest.mark.parametrize("kind", JUDGES)
def test_what_people_say_is_hardly_ever_excluded_however_often_one_looks(kind: str, rule: Looks) -> None:
    """From the first twenty labels on; planned looks come at a fifth, two fifths …"""
    rng, runs, wrong, n = np.random.default_rng(2), 800, 0, 3000
    step = 600 if rule is Looks.PLANNED else 150
    for _ in range(runs):
        leans = np.repeat(rng.uniform(0.2, 0.6, n // 2), 2)
        truth = (rng.random(n) < leans).astype(float)
        scores, rows = JUDGES[kind](rng, truth), np.flatnonzero(rng.random(n) < 0.15)
        wrong += any(is_excluded(truth, scores, rows, look, rule) for look in range(step, n + 1, step))
    assert wrong / runs <= by_chance(runs)


def is_excluded(truth: Any, scores: Any, rows: Any, look: int, rule: Looks) -> bool:
    """Whether the truth is, after so many pairs."""
    arm = an_arm(look, clusters=np.arange(look) // 2)
    looking = Looking(watching=Watching(looks=rule, clusters=1500), clusters=look // 2)
    told, _ = corrected(
        a_log(0),
        Voters(truth, rows[rows < look]),
        arm,
        values_of(arm, PREFERENCE, scores[:look]),
        sure=Sure(looking=looking),
    )
    return told is not None and told.effect.excludes(0.4)
