from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shadowbench.stats import ranks
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.estimates import Refused, Tail
from shadowbench.stats.ranks import hodges_lehmann, midranks, wilcoxon

DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def test_darwins_maize() -> None:
    found = wilcoxon(DARWIN)
    assert found.statistic == 120 - 24
    assert found.p == 0.041259765625
    assert wilcoxon(DARWIN, tail=Tail.GREATER).p == 0.0206298828125
    assert wilcoxon([-d for d in DARWIN], tail=Tail.LESS).p == 0.0206298828125


def test_ranks_are_those_of_scipy() -> None:
    values = [3.0, 1, 3, 2, 2, 2, 9]
    assert midranks(values).tolist() == stats.rankdata(values).tolist()


def test_zeros_and_ties_count_exactly() -> None:
    """Against every sign that could have been."""
    d = np.array([0, 1, 1, -2, 2, 3, 0, 4, -1, 5.0])
    moving = np.abs(ranks.signed_ranks(d))[d != 0]
    signs = (np.arange(2 ** len(moving))[:, None] >> np.arange(len(moving))) & 1
    sums = signs @ moving
    seen = ranks.signed_ranks(d)[d > 0].sum()
    assert wilcoxon(d, tail=Tail.GREATER).p == pytest.approx((sums >= seen).mean())


def test_many_values_agree_with_scipys_approximation() -> None:
    d = np.random.default_rng(1).integers(-4, 6, size=400).astype(float)
    theirs = stats.wilcoxon(d, zero_method="pratt", correction=False, method="asymptotic")
    assert wilcoxon(d).p == pytest.approx(theirs.pvalue, rel=1e-6)


def test_the_normal_approximation_begins_where_it_agrees_with_the_exact_p() -> None:
    d = np.random.default_rng(2).normal(0.15, 1, size=ranks.EXACT_UPTO)
    exact = wilcoxon(d).p
    more = wilcoxon(np.append(d, 1e-9)).p
    assert more == pytest.approx(exact, rel=0.03)


def test_clusters_are_as_good_as_their_number() -> None:
    copies = Clusters.of(np.repeat(np.arange(60), 5))
    d = np.random.default_rng(3).normal(0.2, 1, size=60)
    once, again = wilcoxon(d).p, wilcoxon(np.repeat(d, 5), clusters=copies).p
    assert once is not None
    assert again == pytest.approx(once, rel=0.1)
    wide = hodges_lehmann(np.repeat(d, 5), clusters=copies).half_width
    assert wide == pytest.approx(hodges_lehmann(d).half_width, rel=0.1)


def test_hodges_and_lehmann_listed_and_searched_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    d = np.random.default_rng(4).normal(size=150).round(2)
    listed = hodges_lehmann(d)
    rows, columns = np.triu_indices(150)
    assert listed.value == np.median((d[rows] + d[columns]) / 2)
    monkeypatch.setattr(ranks, "LISTED_UPTO", 10)
    monkeypatch.setattr(ranks, "_GUIDE", 20)
    searched = hodges_lehmann(d)
    assert (searched.value, searched.low, searched.high) == pytest.approx(
        (listed.value, listed.low, listed.high), abs=1e-7
    )


@pytest.mark.parametrize("n", [1500, 1501, 1503])
@pytest.mark.parametrize("kind", ["normal", "cauchy", "levels", "mostly zero"])
def test_averages_are_found_wherever_they_lie(n: int, kind: str) -> None:
    chance = np.random.default_rng(n)
    d = {
        "normal": lambda: chance.normal(size=n),
        "cauchy": lambda: chance.standard_cauchy(size=n),
        "levels": lambda: chance.integers(-2, 3, size=n).astype(float),
        "mostly zero": lambda: np.where(chance.random(n) < 0.95, 0.0, chance.normal(size=n)),
    }[kind]()
    rows, columns = np.triu_indices(n)
    listed = np.sort((d[rows] + d[columns]) / 2)
    found = ranks._averages(np.sort(d))
    for k in (1, 7, len(listed) // 4, len(listed) // 2, len(listed) - 3, len(listed)):
        assert found(k) == pytest.approx(listed[k - 1], abs=1e-8 * max(1.0, float(np.ptp(d))))
    assert hodges_lehmann(d).value == pytest.approx(np.median(listed), abs=1e-8 * max(1.0, float(np.ptp(d))))


def test_the_middle_of_an_even_number_of_averages_is_between_two() -> None:
    assert hodges_lehmann([0, 1, 2, 4, 8, 16, 32]).value == np.median(
        [(a + b) / 2 for k, a in enumerate([0, 1, 2, 4, 8, 16, 32]) for b in [0, 1, 2, 4, 8, 16, 32][k:]]
    )


def test_the_interval_holds_the_shifts_that_the_test_does_not_reject() -> None:
    d = np.array(DARWIN, dtype=float)
    found = hodges_lehmann(d)
    assert found.low is not None and found.high is not None
    for inside in (found.low + 0.1, found.high - 0.1):
        p = wilcoxon(d - inside).p
        assert p is not None and p > 0.05
    for outside in (found.low - 0.6, found.high + 0.6):
        p = wilcoxon(d - outside).p
        assert p is not None and p <= 0.05


def test_few_values_have_a_shift_and_no_interval() -> None:
    found = hodges_lehmann([1, 2, 3, 4, 5])
    assert (found.value, found.reason) == (3.0, Refused.TOO_FEW)
    assert hodges_lehmann([]).reason is Refused.TOO_FEW
    assert wilcoxon([0, 0]).reason is Refused.NO_VARIATION


@given(st.lists(st.integers(-20, 20), min_size=6, max_size=40), st.integers(-5, 5))
def test_a_shift_of_all_is_a_shift_of_the_interval(values: list[int], shift: int) -> None:
    found, moved = hodges_lehmann(values), hodges_lehmann([v + shift for v in values])
    assert found.low is not None and found.value is not None and found.high is not None
    assert found.low <= found.value <= found.high
    assert (moved.low, moved.value, moved.high) == pytest.approx(
        (found.low + shift, found.value + shift, found.high + shift)
    )
    assert hodges_lehmann(values[::-1]) == found


def test_intervals_cover_what_they_promise() -> None:
    chance, runs = np.random.default_rng(5), 600
    covered = sum(not hodges_lehmann(chance.standard_t(3, size=25)).excludes(0) for _ in range(runs))
    assert covered / runs == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / runs))
