from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shadowbench.stats import permutation
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.estimates import Refused, Tail
from shadowbench.stats.permutation import sign_flip

DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_fishers_count_of_darwins_maize() -> None:
    assert sign_flip(DARWIN, rng()).p == 1726 / 32768
    assert sign_flip(DARWIN, rng(), tail=Tail.GREATER).p == 863 / 32768
    assert sign_flip([-d for d in DARWIN], rng(), tail=Tail.LESS).p == 863 / 32768


def test_exact_agrees_with_scipy() -> None:
    values = rng().normal(0.4, 1, size=12)
    theirs = stats.permutation_test((values,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip(values, rng()).p == pytest.approx(theirs.pvalue)


def test_random_flips_come_near_the_exact_p_and_are_never_zero() -> None:
    values = rng(5).normal(0.5, 1, size=20)
    exact = sign_flip(values, rng()).p
    assert exact is not None
    more = np.concatenate([values, [1e-12]])  # one more cluster, which changes nothing but the way of counting
    assert sign_flip(more, rng(), resamples=20_000).p == pytest.approx(exact, abs=4 * math.sqrt(exact / 20_000))
    assert sign_flip(np.ones(100), rng(), resamples=99).p == 0.01


def test_blocks_count_every_flip_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permutation, "_BLOCK", 100)
    assert sign_flip([1.0, -1.0] * 15, rng(), resamples=99).p == 1.0
    p = sign_flip(rng(3).normal(0.35, 1, size=30), rng(), resamples=3000).p
    monkeypatch.undo()
    assert p == pytest.approx(sign_flip(rng(3).normal(0.35, 1, size=30), rng(2), resamples=3000).p, abs=0.02)


def test_clusters_flip_whole() -> None:
    """Six copies of each difference are six rows, and no more evidence."""
    copies = Clusters.of(np.repeat(np.arange(15), 6))
    found = sign_flip(np.repeat(DARWIN, 6), rng(), clusters=copies)
    assert (found.p, found.n, found.clusters) == (1726 / 32768, 90, 15)


def test_where_nothing_differs_there_is_nothing_to_flip() -> None:
    assert sign_flip([0.0, 0.0], rng()).reason is Refused.NO_VARIATION


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=10).filter(any))
def test_the_sign_of_everything_does_not_matter_two_sided(values: list[int]) -> None:
    p = sign_flip(values, rng()).p
    assert p is not None and 2.0 ** (1 - len(values)) <= p <= 1
    assert sign_flip([-v for v in values], rng()).p == p
    assert sign_flip(values[::-1], rng()).p == p


def test_false_alarms_are_as_many_as_promised() -> None:
    chance, runs = rng(8), 400
    alarms = sum((sign_flip(chance.laplace(size=12), chance).p or 0) <= 0.05 for _ in range(runs))
    assert alarms / runs <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)
