from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.drift import exchanges, jensen_shannon, kolmogorov_smirnov, psi, psi_cut
from shadowbench.stats.estimates import Refused


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_cut_of_psi_depends_on_n() -> None:
    assert psi_cut(500, 500) == pytest.approx(0.0677, abs=5e-5)
    assert psi_cut(50_000, 50_000) < 0.001
    assert psi_cut(60, 60) > 0.25  # above both customary thresholds


def test_psi_by_hand() -> None:
    """The reference falls evenly into ten bins; now a fifth of it all lies in the lowest, and nothing in the highest."""
    reference = np.arange(100.0)
    now = np.concatenate([np.arange(90.0), np.arange(10.0)])
    expected = (0.2 - 0.1) * math.log(2) + (0.005 - 0.1) * math.log(0.05)
    found = psi(reference, now)
    assert found.statistic == pytest.approx(expected, abs=1e-9)
    assert found.p == pytest.approx(stats.chi2.sf(expected / 0.02, 9))


def test_a_shift_is_found_and_a_sample_does_not_differ_from_itself() -> None:
    values = rng().normal(size=500)
    for method in (psi, kolmogorov_smirnov):
        moved, same = method(values, rng(2).normal(0.3, 1, size=500)), method(values, values[::-1])
        assert moved.p is not None and moved.p < 0.01
        assert same.p is not None and same.p > 0.99


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.3])
def test_the_largest_distance_is_scipys(shift: float) -> None:
    a, b = rng(3).normal(size=300).round(1), rng(4).normal(shift, 1, size=200).round(1)
    ours, theirs = kolmogorov_smirnov(a, b), stats.ks_2samp(a, b, method="asymp")
    assert ours.statistic == pytest.approx(theirs.statistic)
    assert ours.p == pytest.approx(theirs.pvalue, abs=0.01)


def test_categories_are_compared_as_scipy_does() -> None:
    a, b = [120, 60, 20, 0], [80, 90, 25, 5]
    found = jensen_shannon(a, b)
    assert found.statistic == pytest.approx(jensenshannon(a, b, base=2))
    assert found.p == pytest.approx(stats.chi2_contingency([a, b], correction=False).pvalue)
    assert jensen_shannon([100, 0], [0, 100]).statistic == pytest.approx(1)
    assert jensen_shannon([100, 0], [90, 0]).p == 1.0
    assert jensen_shannon([49, 0], [90, 0]).reason is Refused.TOO_FEW


def test_few_values_and_values_all_alike_are_refused() -> None:
    for method in (psi, kolmogorov_smirnov):
        assert method(np.arange(49.0), np.arange(100.0)).reason is Refused.TOO_FEW
        assert method(np.ones(60), np.ones(60)).reason is Refused.NO_VARIATION
        with pytest.raises(ValueError, match="Generator"):
            method(np.arange(60.0), np.arange(60.0), clusters=(Clusters.each(60), Clusters.each(60)))


def test_exchanges_keep_how_many_there_are() -> None:
    rows = np.concatenate(list(exchanges(rng(), 3, 10, 500, width=10)))
    assert rows.shape == (500, 10)
    assert (rows.sum(axis=1) == 3).all()
    assert rows.mean(axis=0) == pytest.approx(np.full(10, 0.3), abs=0.1)


@given(st.integers(0, 1000))
def test_order_does_not_matter(seed: int) -> None:
    a, b = rng(seed).normal(size=60), rng(seed + 1).exponential(size=80)
    for method in (psi, kolmogorov_smirnov):
        assert method(a[::-1], b[::-1]) == method(a, b)
    assert kolmogorov_smirnov(b, a).statistic == pytest.approx(kolmogorov_smirnov(a, b).statistic)


@pytest.mark.parametrize("method", [psi, kolmogorov_smirnov])
def test_false_alarms_are_as_many_as_promised(method: object) -> None:
    chance, runs = rng(5), 600
    alarms = sum(
        method(chance.normal(size=300), chance.normal(size=200)).p < 0.05  # type: ignore[operator]
        for _ in range(runs)
    )
    assert alarms / runs <= 0.05 + 0.01 + 2 * math.sqrt(0.05 * 0.95 / runs)


@pytest.mark.parametrize("method", [psi, kolmogorov_smirnov])
def test_clusters_raise_false_alarms_unless_they_are_exchanged_whole(method: object) -> None:
    chance, runs, plain, whole = rng(6), 150, 0, 0
    groups = Clusters.of(np.arange(200) // 10)
    for _ in range(runs):
        a, b = (chance.normal(size=20)[groups.codes] + 0.3 * chance.normal(size=200) for _ in range(2))
        plain += method(a, b).p < 0.05  # type: ignore[operator]
        whole += method(a, b, clusters=(groups, groups), rng=chance, resamples=99).p <= 0.05  # type: ignore[operator]
    assert plain / runs > 0.4
    assert whole / runs <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)


@pytest.mark.parametrize("method", [psi, kolmogorov_smirnov])
def test_of_many_clusters_a_part_is_exchanged_and_the_result_tells(method: object) -> None:
    groups = Clusters.of(np.arange(6000) // 3)
    values = rng(8).normal(size=6000)
    found = method(values, values + 0.3, clusters=(groups, groups), rng=rng(), resamples=49)  # type: ignore[operator]
    assert (found.n, found.clusters, found.p) == (6000, 2000, 0.02)
    assert found == method(values, values + 0.3, clusters=(groups, groups), rng=rng(), resamples=49)  # type: ignore[operator]
