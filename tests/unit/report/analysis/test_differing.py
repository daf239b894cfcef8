"""Whether stretches differ: where nothing changes that is rarely said, however traffic and users come, and changes are seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from shadowbench.report.analysis.differing import alike, chance
from shadowbench.report.analysis.stretches import Cells, Timetable
from shadowbench.stats.distributions import chi2_tail
from tests.unit.report.analysis.invented import a_subject, an_arm, values_of

DAY, HOUR, MINUTE = 86_400.0, 3600.0, 60.0


def evenly(n: int) -> np.ndarray:
    return np.arange(n) * HOUR / 2


def first_sparse(n: int) -> np.ndarray:
    """A third of the pairs an hour apart, then sixty times as many."""
    i, few = np.arange(n), n // 3
    return np.where(i < few, i * HOUR, few * HOUR + (i - few) * MINUTE)


def last_a_rush(n: int) -> np.ndarray:
    """A seventh of the pairs in ten days, the rest in the eleventh."""
    i, few = np.arange(n), n // 7
    return np.where(i < few, i * 10 * DAY / few, 10 * DAY + (i - few) * DAY / (n - few))


TRAFFIC = [evenly, first_sparse, last_a_rush]


def drawn(rng: np.random.Generator, users: np.ndarray, rho: float) -> np.ndarray:
    """Normal values, of which a user's are so much alike."""
    of_user = rng.normal(size=int(users.max()) + 1)[users]
    return np.asarray(np.sqrt(rho) * of_user + np.sqrt(1 - rho) * rng.normal(size=len(users)))


def cells_of(at: np.ndarray, users: np.ndarray, x: np.ndarray, weights: np.ndarray | None = None) -> Cells:
    arm = an_arm(len(x), clusters=users, started_at=at, **({} if weights is None else {"weights": weights}))
    return Cells.of(Timetable.of(arm), values_of(arm, a_subject(), x))


FORMS: list[Callable[[np.ndarray], np.ndarray]] = [
    lambda z: z,
    lambda z: np.asarray(np.exp(z)),  # as latencies and costs are
    lambda z: np.asarray((z > 2).astype(float)),  # as failures are
]


@pytest.mark.parametrize("count", [25, 100, 1200], ids=["few users", "users", "many users"])
@pytest.mark.parametrize("rho", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("traffic", TRAFFIC)
def test_where_nothing_changes_a_change_is_rarely_seen(
    traffic: Callable[[int], np.ndarray], rho: float, count: int
) -> None:
    rng, n, runs, alarms = np.random.default_rng(11), 1200, 60, 0
    for run in range(runs):
        users = rng.integers(0, count, n)
        p = chance(cells_of(traffic(n), users, FORMS[run % 3](drawn(rng, users, rho))))
        alarms += p is not None and p < 0.05
    assert alarms <= 0.05 * runs + 2.5 * np.sqrt(0.05 * 0.95 * runs)


@pytest.mark.parametrize("traffic", TRAFFIC)
def test_by_chance_p_is_as_likely_below_a_half_as_above(traffic: Callable[[int], np.ndarray]) -> None:
    """It is not only rarely small: it is no more careful than it says, where users are not alike."""
    rng, n, runs = np.random.default_rng(12), 1200, 150
    found = [chance(cells_of(traffic(n), rng.integers(0, 100, n), rng.normal(size=n))) or 0.0 for _ in range(runs)]
    assert np.mean(np.array(found) < 0.5) == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize("traffic", TRAFFIC)
@pytest.mark.parametrize("rho", [0.0, 0.3])
def test_a_collapse_is_seen_however_traffic_comes(traffic: Callable[[int], np.ndarray], rho: float) -> None:
    rng, n, runs, seen = np.random.default_rng(13), 1200, 40, 0
    late = np.arange(n) >= 0.8 * n
    for _ in range(runs):
        users = rng.integers(0, 100, n)
        p = chance(cells_of(traffic(n), users, drawn(rng, users, rho) - 0.8 * late))
        seen += p is not None and p < 0.01
    assert seen >= 0.9 * runs


def test_pairs_that_weigh_unevenly_are_no_change() -> None:
    rng, n, runs, alarms = np.random.default_rng(14), 1200, 100, 0
    for _ in range(runs):
        weights = rng.choice([1.0, 20.0], n, p=[0.8, 0.2])
        p = chance(cells_of(last_a_rush(n), rng.integers(0, 100, n), np.exp(rng.normal(size=n)), weights))
        alarms += p is not None and p < 0.05
    assert alarms <= 0.05 * runs + 2.5 * np.sqrt(0.05 * 0.95 * runs)


@pytest.mark.parametrize("rho", [0.0, 0.3, 1.0])
def test_how_alike_users_pairs_are_is_found(rho: float) -> None:
    rng = np.random.default_rng(15)
    users = rng.integers(0, 2000, 20_000)
    found = alike(cells_of(last_a_rush(20_000), users, drawn(rng, users, rho)))
    assert found == pytest.approx(rho, abs=0.05)


def test_pairs_alone_are_compared_as_cochran_does() -> None:
    rng, n = np.random.default_rng(16), 2000
    x = rng.uniform(size=n)  # no excess kurtosis
    cells = cells_of(first_sparse(n), np.arange(n), x)
    assert (alike(cells), cells.excess) == (0.0, 0.0)
    errors = np.std(x, ddof=1) / np.sqrt(cells.laid.n)
    means = np.array([each.value for each in cells.windows(0.95)], dtype=np.float64)
    q = float((((means - x.mean()) / errors) ** 2).sum())
    assert chance(cells) == pytest.approx(chi2_tail(q, len(means) - 1))


def test_without_a_second_stretch_or_variation_there_is_nothing_to_tell() -> None:
    assert chance(cells_of(evenly(30), np.arange(30) % 5, np.arange(30.0))) is None
    assert chance(cells_of(evenly(500), np.arange(500), np.full(500, 0.25))) is None
