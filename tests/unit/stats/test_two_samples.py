from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import rbf_kernel

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.estimates import Refused
from shadowbench.stats.two_samples import area, classifier, mmd


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def vectors(n: int, *, seed: int, shift: float = 0.0) -> FloatArray:
    """Four features; the third one is shifted."""
    made = rng(seed).normal(size=(n, 4))
    made[:, 2] += shift
    return made


def test_the_discrepancy_by_its_definition() -> None:
    a, b = vectors(60, seed=1), vectors(70, seed=2, shift=0.5)
    both = np.concatenate([a, b])
    squared = ((both[:, None] - both) ** 2).sum(axis=2)
    gamma = 1 / np.median(squared[np.triu_indices(130, 1)])
    xx, yy, xy = rbf_kernel(a, a, gamma), rbf_kernel(b, b, gamma), rbf_kernel(a, b, gamma)
    expected = (xx.sum() - 60) / (60 * 59) + (yy.sum() - 70) / (70 * 69) - 2 * xy.mean()
    assert mmd(a, b, rng(), resamples=1).statistic == pytest.approx(expected)


def test_the_area_is_that_of_scikit_learn() -> None:
    scores, positive = rng().normal(size=200).round(1), (rng(2).random(200) < 0.3).astype(float)
    assert area(scores, positive) == pytest.approx(roc_auc_score(positive, scores))


def test_a_shift_is_found_and_named() -> None:
    a, b = vectors(150, seed=3), vectors(150, seed=4, shift=1.0)
    assert mmd(a, b, rng(), resamples=199).p == pytest.approx(1 / 200)
    found = classifier(a, b, rng(), resamples=19)
    assert found.evidence.p == pytest.approx(1 / 20)
    assert found.evidence.statistic is not None and found.evidence.statistic > 0.65
    assert found.features[0][0] == 2 and found.features[0][1] > 0.5
    assert len(found.features) == 4


def test_the_same_seed_gives_the_same_answer_and_large_samples_are_looked_at_in_part() -> None:
    a, b = vectors(400, seed=5), vectors(300, seed=6)
    once = mmd(a, b, rng(), most=100, resamples=49)
    assert (once.n, once) == (200, mmd(a, b, rng(), most=100, resamples=49))
    told = classifier(a, b, rng(), most=100, resamples=9)
    assert (told.evidence.n, told) == (200, classifier(a, b, rng(), most=100, resamples=9))


def test_small_samples_and_few_clusters_are_refused() -> None:
    a, b = vectors(49, seed=7), vectors(90, seed=8)
    assert mmd(a, b, rng()).reason is Refused.TOO_FEW
    assert classifier(a, b, rng()).evidence.reason is Refused.TOO_FEW
    few = Clusters.of(np.arange(90) // 10), Clusters.each(90)
    assert mmd(b, b, rng(), clusters=few).reason is Refused.TOO_FEW
    assert mmd(np.ones((60, 2)), np.ones((60, 2)), rng()).reason is Refused.NO_VARIATION


@pytest.mark.parametrize("bad", [np.zeros(60), np.full((60, 4), np.nan), np.zeros((60, 3))])
def test_vectors_are_finite_and_of_one_length(bad: FloatArray) -> None:
    with pytest.raises(ValueError):
        mmd(bad, vectors(60, seed=1), rng())


@pytest.mark.parametrize("clustered", [False, True])
def test_false_alarms_are_as_many_as_promised(clustered: bool) -> None:
    chance, runs, near, told = rng(9), 80, 0, 0
    groups = Clusters.of(np.arange(60) // 4) if clustered else Clusters.each(60)
    for _ in range(runs):
        a, b = (
            chance.normal(size=(groups.count, 2))[groups.codes] + 0.5 * chance.normal(size=(60, 2)) for _ in range(2)
        )
        near += (mmd(a, b, chance, clusters=(groups, groups), resamples=99).p or 0) <= 0.05
        told += (classifier(a, b, chance, clusters=(groups, groups), resamples=19).evidence.p or 0) <= 0.05
    assert near / runs <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)
    assert told / runs <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)
