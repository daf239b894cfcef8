from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shadowbench.stats import quantiles
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.estimates import Refused
from shadowbench.stats.methods import Method
from shadowbench.stats.quantiles import Sorted, compare_quantiles, effective_of, least_n, quantile


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("q", "level", "n"), [(0.95, 0.95, 72), (0.99, 0.95, 368), (0.95, 0.9, 59), (0.99, 0.9, 299)])
def test_a_quantile_has_an_interval_from_its_least_n_on(q: float, level: float, n: int) -> None:
    assert least_n(q, level=level) == n
    few, enough = quantile(np.arange(n - 1), q, level=level), quantile(np.arange(n), q, level=level)
    assert (few.low, few.reason) == (None, Refused.TOO_FEW)
    assert few.value is not None
    assert enough.high == n - 1


@pytest.mark.parametrize(("n", "q"), [(20, 0.5), (100, 0.5), (100, 0.95), (411, 0.95), (1000, 0.99), (1000, 0.01)])
def test_order_statistics_agree_with_scipy(n: int, q: float) -> None:
    values = rng(n).lognormal(size=n)
    theirs = stats.quantile_test(values, p=q).confidence_interval(0.95)
    found = quantile(values, q)
    assert found.method is Method.ORDER_STATISTICS
    assert (found.low, found.high) == (theirs.low, theirs.high)


def test_a_call_that_failed_took_longer_than_was_waited_for() -> None:
    values = np.concatenate([np.arange(95.0), np.full(5, np.inf)])
    assert quantile(values, 0.5).reason is None
    assert (quantile(values, 0.95).value, quantile(values, 0.95).reason) == (94.0, Refused.CENSORED)
    assert quantile(values, 0.97).value is None
    with pytest.raises(ValueError):
        quantile([-np.inf, 1.0], 0.5)


def test_equal_weights_and_clusters_of_one_are_close_to_order_statistics() -> None:
    values = rng().lognormal(size=400)
    plain = quantile(values, 0.9)
    weights = np.where(np.arange(400) % 2, 1.0, 1.0001)
    nearly = quantile(values, 0.9, weights=weights)
    assert nearly.method is Method.WOODRUFF
    assert nearly.value == plain.value
    assert (nearly.low, nearly.high) == pytest.approx((plain.low, plain.high), rel=0.1)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), min_size=1, max_size=30), st.floats(0.05, 0.95))
def test_a_weight_is_as_good_as_a_repetition(rows: list[tuple[int, int]], q: float) -> None:
    values = np.array([value for value, _ in rows], dtype=float)
    times = np.array([n for _, n in rows])
    assert quantile(values, q, weights=times).value == quantile(np.repeat(values, times), q).value


@given(st.lists(st.floats(0, 100), min_size=80, max_size=120), st.sampled_from([0.5, 0.9, 0.95]))
def test_the_interval_holds_its_quantile_and_order_does_not_matter(values: list[float], q: float) -> None:
    found = quantile(values, q)
    assert found.low is not None and found.value is not None and found.high is not None
    assert found.low <= found.value <= found.high
    assert quantile(values[::-1], q) == found


def test_clusters_of_copies_count_once() -> None:
    values, copies = rng(2).lognormal(size=100), Clusters.of(np.repeat(np.arange(100), 10))
    many = np.repeat(values, 10)
    ordered = Sorted.of(many, np.ones(1000), copies.codes)
    assert effective_of(ordered, 100, 0.5) == pytest.approx(99, abs=2)
    assert quantile(many, 0.99, clusters=copies).reason is Refused.TOO_FEW
    assert quantile(many, 0.99).reason is None
    wide, once = quantile(many, 0.5, clusters=copies), quantile(values, 0.5)
    assert wide.half_width == pytest.approx(once.half_width, rel=0.3)


def latencies(chance: np.random.Generator, n: int) -> tuple[FloatArray, FloatArray]:
    shared = chance.normal(size=n)
    both = [np.exp(0.7 * shared + 0.7 * chance.normal(size=n)) for _ in range(2)]
    return both[0], both[1]


def test_quantiles_are_compared_over_the_same_pairs() -> None:
    ours, theirs = latencies(rng(), 300)
    found = compare_quantiles(2 * ours, ours, 0.95, rng())
    assert found.value == pytest.approx(quantile(ours, 0.95).value)
    relative = compare_quantiles(2 * ours, ours, 0.95, rng(), relative=True)
    assert (relative.value, relative.low, relative.high) == pytest.approx((2, 2, 2))
    same = compare_quantiles(ours, theirs, 0.5, rng())
    assert not same.excludes(0) and (same.n, same.clusters) == (300, 300)
    assert same == compare_quantiles(ours, theirs, 0.5, rng())


def test_comparisons_are_refused_below_the_least_n_and_beyond_what_was_waited_for() -> None:
    ours, theirs = latencies(rng(), 71)
    assert compare_quantiles(ours, theirs, 0.95, rng()).reason is Refused.TOO_FEW
    assert compare_quantiles([], [], 0.5, rng()).reason is Refused.TOO_FEW
    ours, theirs = latencies(rng(), 200)
    ours[np.argsort(ours)[-9:]] = np.inf
    censored = compare_quantiles(ours, theirs, 0.95, rng())
    assert (censored.reason, censored.low) == (Refused.CENSORED, None)
    assert compare_quantiles(ours, theirs, 0.5, rng()).reason is None
    with pytest.raises(ValueError, match="above zero"):
        compare_quantiles([0.0] * 100, theirs[:100], 0.5, rng(), relative=True)


@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("relative", [False, True])
def test_the_way_for_many_pairs_agrees_with_resampling(
    q: float, relative: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = latencies(rng(), 12_000)
    groups = Clusters.of(np.repeat(np.arange(6000), 2))
    full = compare_quantiles(ours, theirs, q, rng(), clusters=groups, relative=relative, resamples=400)
    monkeypatch.setattr(quantiles, "MANY", 1000)
    quick = compare_quantiles(ours, theirs, q, rng(), clusters=groups, relative=relative)
    assert (full.method, quick.method) == (Method.PERCENTILE_BOOTSTRAP, Method.WOODRUFF_CONTRAST)
    assert quick.value == pytest.approx(full.value)
    assert quick.half_width == pytest.approx(full.half_width, rel=0.15)


def test_the_way_for_many_pairs_refuses_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantiles, "MANY", 10)
    ours, theirs = latencies(rng(), 200)
    ours[np.argsort(ours)[-9:]] = np.inf
    assert compare_quantiles(ours, theirs, 0.95, rng()).reason is Refused.CENSORED
    assert compare_quantiles(ours, theirs, 0.99, rng()).reason is Refused.TOO_FEW


def test_quantile_intervals_cover_what_they_promise() -> None:
    chance, runs, plain, clustered = rng(5), 400, 0, 0
    groups = Clusters.of(np.repeat(np.arange(60), 5))
    truth = stats.norm.ppf(0.8) * math.sqrt(2)
    for _ in range(runs):
        values = chance.normal(size=60)[groups.codes] + chance.normal(size=300)
        clustered += not quantile(values, 0.8, clusters=groups).excludes(truth)
        plain += not quantile(chance.normal(size=300), 0.95).excludes(stats.norm.ppf(0.95))
    assert plain / runs >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)
    assert clustered / runs == pytest.approx(0.95, abs=0.01 + 3 * math.sqrt(0.95 * 0.05 / runs))


def test_differences_of_p95_cover_what_they_promise() -> None:
    chance, runs = rng(6), 250
    covered = sum(
        not compare_quantiles(*latencies(chance, 150), 0.95, chance, resamples=300).excludes(0) for _ in range(runs)
    )
    assert covered / runs >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / runs)


def test_the_way_for_many_pairs_covers_what_it_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantiles, "MANY", 100)
    chance, runs = rng(7), 400
    covered = sum(not compare_quantiles(*latencies(chance, 500), 0.9, chance).excludes(0) for _ in range(runs))
    assert covered / runs == pytest.approx(0.95, abs=0.01 + 2 * math.sqrt(0.95 * 0.05 / runs))
