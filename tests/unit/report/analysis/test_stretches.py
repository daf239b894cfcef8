from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.analysis.stretches import LEAST_CLUSTERS, MOST_POINTS, Cells, Timetable, borders_of
from shadowbench.stats.clusters import Clusters, mean
from shadowbench.stats.estimates import Estimate, Refused
from tests.unit.report.analysis.invented import a_subject, an_arm, values_of

MONDAY = 1_759_708_800.0  # 2025-10-06
HOUR, DAY = 3600.0, 86_400.0


@pytest.mark.parametrize(
    ("span", "length"),
    [(50, 1), (59 * 60, 60), (DAY, HOUR), (14 * DAY, 6 * HOUR), (50 * DAY, DAY), (300 * DAY, 7 * DAY)],
)
def test_stretches_are_of_a_round_length_and_not_too_many(span: float, length: float) -> None:
    borders = borders_of(MONDAY + 1, MONDAY + 1 + span)
    inner = np.diff(borders)[1:-1]
    assert set(inner) <= {length}
    assert len(borders) - 1 <= MOST_POINTS
    assert not ((borders[1:-1] - MONDAY) % length).any()
    assert (borders[0], borders[-1]) == (MONDAY + 1, MONDAY + 1 + span)


def test_a_single_moment_is_one_stretch_and_centuries_are_no_error() -> None:
    assert borders_of(5.0, 5.0).tolist() == [5.0, 5.0]
    assert len(borders_of(0.0, 1e11)) > MOST_POINTS


def of_parts(n: int, seed: int, *, users: int) -> tuple[Timetable, Cells, np.ndarray, dict[str, np.ndarray]]:
    """A measure over three quarters of an arm's pairs, which are in no order of time."""
    chance = np.random.default_rng(seed)
    arm = an_arm(
        n,
        clusters=chance.permutation(n) % users,
        started_at=MONDAY + chance.uniform(0, 4 * DAY, n) ** 0.9,
        weights=chance.choice([1.0, 5.0], n),
    )
    places = np.sort(chance.choice(n, 3 * n // 4, replace=False))
    paired = values_of(arm, a_subject(), 7 + chance.normal(size=len(places)), places=places)
    table = Timetable.of(arm)
    rows = {
        "at": arm.started_at[places],
        "x": paired.difference,
        "w": paired.weights,
        "user": arm.clusters.codes[places],
    }
    return table, Cells.of(table, paired), places, rows


def same(found: Estimate, slow: Estimate) -> bool:
    numbers = [(f.value, f.low, f.high, f.se, f.effective_n) for f in (found, slow)]
    sizes = [(f.n, f.clusters, f.reason, f.method) for f in (found, slow)]
    return sizes[0] == sizes[1] and numbers[0] == pytest.approx(numbers[1], rel=1e-9)


@pytest.mark.parametrize("users", [40, 300, 4000], ids=["few", "many", "alone"])
def test_estimates_are_those_of_each_stretch_and_of_all_before_its_end(users: int) -> None:
    _, cells, _, rows = of_parts(4000, 1, users=users)
    assert len(cells.laid.times) > 20
    assert [begin for begin, _ in cells.laid.times[1:]] == [end for _, end in cells.laid.times[:-1]]
    windows, running = cells.windows(0.9), cells.running(0.9)
    last = len(cells.laid.times) - 1
    for place, (begin, end) in enumerate(cells.laid.times):
        mine = (rows["at"] >= begin) & ((rows["at"] < end) | (place == last))
        upto = (rows["at"] < end) | (place == last)
        for found, chosen in ((windows[place], mine), (running[place], upto)):
            groups = Clusters.of(rows["user"][chosen])
            slow = mean(rows["x"][chosen], clusters=groups, weights=rows["w"][chosen], level=0.9)
            assert same(found, slow)
    assert all(window.clusters >= LEAST_CLUSTERS for window in windows)


@given(st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    chance = np.random.default_rng(seed)
    n = 60
    at, users, x = chance.uniform(0, DAY, n), chance.integers(0, 30, n), chance.normal(size=n)

    def of(order: np.ndarray) -> list[float]:
        arm = an_arm(n, clusters=users[order], started_at=at[order])
        cells = Cells.of(Timetable.of(arm), values_of(arm, a_subject(), x[order]))
        estimates = [*cells.windows(0.95), *cells.running(0.95)]
        return [number for e in estimates for number in (e.value, e.se, e.n, e.clusters) if number is not None]

    assert of(chance.permutation(n)) == pytest.approx(of(np.arange(n)))


def test_few_clusters_are_one_stretch_and_none_varies_where_all_are_alike() -> None:
    arm = an_arm(30, clusters=np.arange(30) % 5, started_at=MONDAY + np.arange(30) * DAY)
    cells = Cells.of(Timetable.of(arm), values_of(arm, a_subject(), np.full(30, 0.3)))
    (window,), (running,) = cells.windows(0.95), cells.running(0.95)
    assert (window.n, window.clusters, window.reason) == (30, 5, Refused.NO_VARIATION)
    assert running.value == pytest.approx(0.3)
    alone = an_arm(1)
    (one,) = Cells.of(Timetable.of(alone), values_of(alone, a_subject(), [0.3])).windows(0.95)
    assert (one.value, one.reason) == (pytest.approx(0.3), Refused.TOO_FEW)


def test_what_pairs_vary_by_is_the_wholes() -> None:
    chance = np.random.default_rng(3)
    n = 4000
    arm = an_arm(n, started_at=np.sort(chance.uniform(0, 4 * DAY, n)))
    failed = (chance.random(n) < 0.005).astype(float)
    cells = Cells.of(Timetable.of(arm), values_of(arm, a_subject(), failed))
    rate = failed.mean()
    assert any(window.reason is Refused.NO_VARIATION for window in cells.windows(0.95))
    assert cells.variance == pytest.approx(rate * (1 - rate) * n / (n - 1))
    assert cells.excess == pytest.approx((1 - 6 * rate * (1 - rate)) / (rate * (1 - rate)))  # Bernoulli's
