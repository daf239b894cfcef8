from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.stats import drift
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.drift_weighted import Sample, of_categories, of_numbers
from shadowbench.stats.estimates import Refused


def sample(chance: np.random.Generator, users: int = 150, *, alike: float = 0.5, shift: float = 0.0) -> Sample:
    """Normal values of users, of whose variance a share is the user's; some are sampled four times as rarely."""
    codes = np.repeat(np.arange(users), 1 + chance.geometric(0.25, users))
    own = np.sqrt(alike) * chance.normal(size=users)[codes]
    values = own + np.sqrt(1 - alike) * chance.normal(size=len(codes)) + shift
    return Sample(values, np.where(chance.random(len(codes)) < 0.4, 1.0, 4.0), Clusters(codes, users))


def plain(values: np.ndarray) -> Sample:
    return Sample(values, np.ones(len(values)), Clusters.each(len(values)))


def in_kinds(given: Sample) -> Sample:
    return Sample(np.digitize(given.values, [-1, 0, 1.5]), given.weights, given.clusters)


def test_without_clusters_and_weights_it_is_nearly_the_plain_test() -> None:
    chance = np.random.default_rng(1)
    before, now = chance.normal(size=3000), chance.normal(0.05, 1, size=3000)
    found, psi, distance = of_numbers(plain(before), plain(now)), drift.psi(before, now), None
    distance = drift.kolmogorov_smirnov(before, now)
    assert found.psi.statistic == pytest.approx(psi.statistic, rel=0.02)
    assert found.psi.p == pytest.approx(psi.p, rel=0.2)
    assert found.kolmogorov_smirnov.statistic == pytest.approx(distance.statistic)
    assert found.kolmogorov_smirnov.p == pytest.approx(distance.p, rel=0.2)
    counts = [np.bincount(in_kinds(plain(x)).values, minlength=4) for x in (before, now)]
    kinds, theirs = of_categories(in_kinds(plain(before)), in_kinds(plain(now))), drift.jensen_shannon(*counts)
    assert kinds.statistic == pytest.approx(theirs.statistic)
    assert kinds.p == pytest.approx(theirs.p, rel=0.05)


@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
def test_users_who_are_alike_inside_are_no_drift(alike: float) -> None:
    chance, tried = np.random.default_rng(2), 200
    p = np.empty((tried, 3))
    for each in range(tried):
        before, now = sample(chance, alike=alike), sample(chance, alike=alike)
        moved, kinds = of_numbers(before, now), of_categories(in_kinds(before), in_kinds(now))
        p[each] = [moved.psi.p or 1.0, moved.kolmogorov_smirnov.p or 1.0, kinds.p or 1.0]
    assert ((p < 0.05).mean(axis=0) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / tried)).all()


def test_a_shift_is_found() -> None:
    chance = np.random.default_rng(3)
    before, now = sample(chance), sample(chance, shift=0.6)
    moved, kinds = of_numbers(before, now), of_categories(in_kinds(before), in_kinds(now))
    for evidence in (moved.psi, moved.kolmogorov_smirnov, kinds):
        assert evidence.p is not None and evidence.p < 1e-4
        assert evidence.n == len(before.values) + len(now.values)


def test_another_rate_of_sampling_is_no_drift() -> None:
    chance = np.random.default_rng(4)
    values = chance.lognormal(size=(2, 20_000))
    rates = [np.where(values[0] > 2, 0.1, 0.5), np.where(values[1] > 2, 0.9, 0.1)]
    got = [chance.random(20_000) < each for each in rates]
    weighed = [Sample(x[g], 1 / r[g], Clusters.each(int(g.sum()))) for x, g, r in zip(values, got, rates, strict=True)]
    unweighed = [plain(x[g]) for x, g in zip(values, got, strict=True)]
    found, wrong = of_numbers(weighed[0], weighed[1]), of_numbers(unweighed[0], unweighed[1])
    assert found.psi.p is not None and found.psi.p > 0.01
    assert found.kolmogorov_smirnov.p is not None and found.kolmogorov_smirnov.p > 0.01
    assert wrong.psi.p is not None and wrong.psi.p < 1e-6


@given(st.integers(0, 2**32), st.integers(1, 6), st.floats(0.01, 100))
def test_order_and_the_scale_of_weights_do_not_matter(seed: int, kinds: int, scale: float) -> None:
    chance = np.random.default_rng(seed)
    halves = [(chance.integers(0, kinds, 150), chance.uniform(1, 3, 150), chance.integers(0, 120, 150)) for _ in (0, 1)]
    order = chance.permutation(150)

    def of(rows: np.ndarray, scale: float) -> list[float | None]:
        before, now = (Sample(x[rows], scale * w[rows], Clusters.of(labels[rows])) for x, w, labels in halves)
        moved, words = of_numbers(before, now), of_categories(before, now)
        return [number for e in (moved.psi, moved.kolmogorov_smirnov, words) for number in (e.statistic, e.p)]

    told, anew = of(np.arange(150), 1.0), of(order, scale)
    assert [x is None for x in told] == [x is None for x in anew]
    assert [x for x in anew if x is not None] == pytest.approx([x for x in told if x is not None], abs=1e-6)


def test_everything_else_than_before_is_drift_also_where_nothing_varies_in_a_half() -> None:
    ones, zeros = plain(np.ones(200)), plain(np.zeros(200))
    for before, now in ((ones, zeros), (zeros, ones)):
        moved = of_numbers(before, now)
        assert moved.psi.p is not None and moved.psi.p < 1e-9
        assert moved.kolmogorov_smirnov.statistic == 1.0
        assert of_categories(before, now).statistic == pytest.approx(1.0)


def test_rare_kinds_are_one_and_a_kind_that_is_only_in_one_half_counts() -> None:
    chance = np.random.default_rng(5)
    before, now = chance.integers(0, 2, 500), chance.integers(0, 2, 500)
    before[:10], now[:10] = np.arange(100, 110), np.arange(200, 210)
    found = of_categories(plain(before), plain(now))
    assert found.p is not None and found.p > 0.05
    now[:60] = 7
    found = of_categories(plain(before), plain(now))
    assert found.p is not None and found.p < 1e-6


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (np.empty(0), np.empty(0), Refused.TOO_FEW),
        (np.arange(9.0), np.arange(90.0), Refused.TOO_FEW),
        (np.arange(49.0), np.arange(90.0), Refused.TOO_FEW),
        (np.ones(90), np.ones(90), Refused.NO_VARIATION),
    ],
)
def test_too_little_is_refused(before: np.ndarray, now: np.ndarray, reason: Refused) -> None:
    moved = of_numbers(plain(before), plain(now))
    kinds = of_categories(plain(before.astype(int) % 3), plain(now.astype(int) % 3))
    assert [e.reason for e in (moved.psi, moved.kolmogorov_smirnov, kinds)] == [reason] * 3


def test_few_users_are_too_few_however_many_values_they_have() -> None:
    codes = np.arange(3000) % 12
    values = np.random.default_rng(6).normal(size=12)[codes]
    one = Sample(values, np.ones(3000), Clusters(codes, 12))
    assert of_numbers(one, one).psi.reason is Refused.TOO_FEW
