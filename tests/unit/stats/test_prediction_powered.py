from __future__ import annotations

import math

import numpy as np
import pytest

from shadowbench.stats import prediction_powered as module
from shadowbench.stats.clusters import Clusters, mean
from shadowbench.stats.columns import FloatArray, IntArray
from shadowbench.stats.estimates import Refused
from shadowbench.stats.prediction_powered import best_tuning, prediction_powered
from shadowbench.stats.proportions import normal_quantile

LABELS = np.array([1, 0, 1, 1, 0, 1, 1, 0, 1, 1], dtype=float)
BESIDE = np.array([0.9, 0.2, 0.8, 0.7, 0.4, 0.6, 0.9, 0.1, 0.5, 0.8])
OTHERS = np.array(
    [0.95, 0.8, 0.3, 0.6, 0.7, 0.2, 0.9, 0.85, 0.4, 0.75, 0.65, 0.1, 0.55, 0.8, 0.9, 0.35, 0.6, 0.7, 0.5, 0.45]
)


@pytest.mark.parametrize(
    ("tuning", "level", "value", "low", "high"),
    [
        (0.0, 0.95, 0.7, 0.415974, 0.984026),
        (1.0, 0.90, 0.7125, 0.550430, 0.874570),
        (1.0, 0.95, 0.7125, 0.519382, 0.905618),
    ],
)
def test_the_reference_values(
    tuning: float, level: float, value: float, low: float, high: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have z instead of t, and n instead of n − 1: both taken out of ours, they are the same."""
    monkeypatch.setattr(module, "LEAST_LABELS", 10)
    found = prediction_powered(
        np.concatenate([BESIDE, OTHERS]), np.arange(10), LABELS, level=level, tuning=tuning
    ).estimate
    assert found.value == pytest.approx(value) and found.se is not None
    half = normal_quantile((1 + level) / 2) * found.se * math.sqrt(9 / 10)
    assert (value - half, value + half) == pytest.approx((low, high), abs=1e-6)


def test_the_best_tuning_is_cut_to_one() -> None:
    assert best_tuning(LABELS, BESIDE, OTHERS) == pytest.approx(1.2375, abs=1e-4)
    assert best_tuning(LABELS, np.ones(10), np.ones(20)) == 0.0
    judged = np.concatenate([np.tile(BESIDE, 3), np.tile(OTHERS, 3)])
    found = prediction_powered(judged, np.arange(30), np.tile(LABELS, 3))
    assert found.tuning == 1.0


def world(rng: np.random.Generator, m: int, *, noise: float) -> tuple[FloatArray, FloatArray]:
    """Differences that people would see, with a mean of 0.2, and a judge who sees them with a bias and noise."""
    truth = rng.choice([-1.0, 0.0, 1.0], p=[0.2, 0.4, 0.4], size=m)
    return truth, 0.5 * truth + 0.3 + noise * rng.normal(size=m)


def test_a_useless_judge_costs_nothing_and_a_good_one_saves_labels() -> None:
    rng = np.random.default_rng(1)
    truth, judged = world(rng, 2000, noise=0.15)
    at: IntArray = np.arange(100)
    good = prediction_powered(judged, at, truth[at])
    assert good.labels == 100 and good.labels_saved > 100 and good.tuning > 0.8
    useless = prediction_powered(rng.normal(size=2000), at, truth[at])
    alone = mean(truth[at])
    assert useless.tuning < 0.25
    assert useless.estimate.half_width == pytest.approx(alone.half_width, rel=0.05)


def test_clusters_and_weights_are_heeded_when_the_judge_is_weighed() -> None:
    """The best λ of clustered pairs is near the published one where clusters and weights say nothing new; and where heavy
    pairs are those that the judge gets wrong, it trusts him less."""
    rng = np.random.default_rng(8)
    truth, judged = world(rng, 3000, noise=0.3)
    at: IntArray = np.arange(300)
    plain = prediction_powered(judged, at, truth[at])
    paired = prediction_powered(judged, at, truth[at], clusters=Clusters.of(rng.integers(0, 2900, size=3000)))
    assert paired.tuning == pytest.approx(plain.tuning, abs=0.15)
    assert paired.labels_saved == pytest.approx(plain.labels_saved, rel=0.3)
    wrong = np.arange(3000) % 4 == 0
    judged[wrong] = rng.permutation(judged[wrong])
    heavy = prediction_powered(judged, at, truth[at], weights=np.where(wrong, 20.0, 1.0))
    light = prediction_powered(judged, at, truth[at], weights=np.where(wrong, 0.05, 1.0))
    assert heavy.tuning < light.tuning / 2
    assert heavy.labels_saved < light.labels_saved


def test_without_other_pairs_the_labels_stand_alone() -> None:
    truth, judged = world(np.random.default_rng(2), 50, noise=0.2)
    found, alone = prediction_powered(judged, np.arange(50), truth, tuning=1.0), mean(truth)
    assert found.tuning == 0.0
    assert (found.estimate.low, found.estimate.value) == pytest.approx((alone.low, alone.value))


def test_few_labels_are_refused_and_copies_of_a_user_are_few() -> None:
    truth, judged = world(np.random.default_rng(3), 300, noise=0.2)
    few = prediction_powered(judged, np.arange(19), truth[:19])
    assert (few.estimate.reason, few.estimate.value) == (Refused.FEW_LABELS, None)
    users = Clusters.of(np.arange(300) // 10)
    assert prediction_powered(judged, np.arange(100), truth[:100], clusters=users).estimate.reason is Refused.FEW_LABELS
    spread: IntArray = np.arange(0, 300, 3)
    assert prediction_powered(judged, spread, truth[spread], clusters=users).estimate.reason is None
    assert prediction_powered(judged, np.arange(30), np.ones(30), tuning=0.0).estimate.reason is Refused.NO_VARIATION


@pytest.mark.parametrize("places", [[0, 0], [-1], [300], [[1]]])
def test_places_are_of_pairs_each_once(places: list[int]) -> None:
    with pytest.raises(ValueError, match="places"):
        prediction_powered(np.zeros(300), places, np.zeros(len(places)))


def test_order_does_not_matter() -> None:
    truth, judged = world(np.random.default_rng(4), 200, noise=0.2)
    order = np.random.default_rng(5).permutation(200)
    at: IntArray = np.arange(40)
    place = np.argsort(order)
    one = prediction_powered(judged, at, truth[at]).estimate
    other = prediction_powered(judged[order], place[at], truth[at]).estimate
    assert (one.low, one.value, one.high) == pytest.approx((other.low, other.value, other.high))


@pytest.mark.parametrize("labels", [30, 100])
def test_intervals_cover_what_they_promise(labels: int) -> None:
    rng, runs, covered = np.random.default_rng(6), 500, 0
    for _ in range(runs):
        truth, judged = world(rng, 600, noise=0.25)
        at = rng.choice(600, size=labels, replace=False)
        covered += not prediction_powered(judged, at, truth[at]).estimate.excludes(0.2)
    assert covered / runs == pytest.approx(0.95, abs=0.015 + 2 * math.sqrt(0.95 * 0.05 / runs))


def test_labels_asked_for_where_the_judge_is_unsure_do_not_bias() -> None:
    """Pairs of one kind are labelled five times as often, users come back, and routes are sampled unequally."""
    rng, runs, covered, values = np.random.default_rng(7), 300, 0, []
    for _ in range(runs):
        user = rng.integers(0, 300, size=1200)
        kind = rng.random(1200) < 0.5
        truth = np.where(kind, 0.6, -0.2) + 0.4 * rng.normal(size=300)[user] + rng.normal(size=1200)
        kept = rng.random(1200) < np.where(kind, 0.9, 0.45)
        truth, kind, user = truth[kept], kind[kept], user[kept]
        judged = 0.6 * truth + np.where(kind, 0.5, 0.0) + 0.5 * rng.normal(size=len(truth))
        chance = np.where(kind, 0.25, 0.05)
        at = np.flatnonzero(rng.random(len(truth)) < chance)
        found = prediction_powered(
            judged, at, truth[at], clusters=Clusters.of(user), weights=1 / np.where(kind, 0.9, 0.45),
            label_probabilities=chance[at],
        ).estimate  # fmt: skip
        values.append(found.value)
        covered += not found.excludes(0.2)
    assert np.mean(values) == pytest.approx(0.2, abs=3 * np.std(values) / math.sqrt(runs))
    assert covered / runs == pytest.approx(0.95, abs=0.02 + 2 * math.sqrt(0.95 * 0.05 / runs))
