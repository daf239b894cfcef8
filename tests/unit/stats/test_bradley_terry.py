from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

from shadowbench.stats.bradley_terry import bradley_terry
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import FloatArray, IntArray
from shadowbench.stats.estimates import Refused

STRENGTHS = np.array([0.0, 0.6, -0.4, 1.0])


def games(n: int, rng: np.random.Generator) -> tuple[IntArray, IntArray, FloatArray]:
    i = rng.integers(0, 4, size=n)
    j = (i + rng.integers(1, 4, size=n)) % 4
    chance = 1 / (1 + np.exp(STRENGTHS[j] - STRENGTHS[i]))
    return i, j, (rng.random(n) < chance).astype(float)


def minorised(i: IntArray, j: IntArray, s: FloatArray, k: int) -> FloatArray:
    """Zermelo's iteration, by another way to the same strengths."""
    wins, met = np.zeros(k), np.zeros((k, k))
    np.add.at(wins, i, s)
    np.add.at(wins, j, 1 - s)
    np.add.at(met, (i, j), 1)
    met = met + met.T
    worth = np.ones(k)
    for _ in range(3000):
        worth = wins / (met / (worth[:, None] + worth)).sum(axis=1)
    return np.log(worth / worth[0])


def test_strengths_are_those_of_zermelos_iteration_and_errors_those_of_a_logit() -> None:
    i, j, s = games(600, np.random.default_rng(1))
    found = bradley_terry(i, j, s, contestants=4)
    values = [e.value for e in found.strengths]
    assert values == pytest.approx(minorised(i, j, s, 4).tolist(), abs=1e-6)
    design = (np.eye(4)[i] - np.eye(4)[j])[:, 1:]
    theirs = sm.Logit(s, design).fit(disp=0, cov_type="HC0")
    assert [e.se for e in found.strengths[1:]] == pytest.approx(list(theirs.bse * math.sqrt(600 / 599)), rel=1e-2)
    assert (found.star, found.strengths[0].low) == (False, 0.0)


def test_the_base_is_chosen_and_only_shifts() -> None:
    i, j, s = games(300, np.random.default_rng(2))
    one, other = (bradley_terry(i, j, s, contestants=4, base=b) for b in (0, 2))
    assert other.strengths[2].value == 0.0
    shift = one.strengths[2].value
    assert shift is not None
    for a, b in zip(one.strengths, other.strengths, strict=True):
        assert a.value is not None and b.value == pytest.approx(a.value - shift, abs=1e-7)


def test_against_the_base_alone_it_is_the_log_odds_of_the_win_rate() -> None:
    scores = [1, 1, 1, 0, 0.5, 0.5]
    found = bradley_terry([1] * 6, [0] * 6, scores, contestants=2)
    assert found.star
    assert found.strengths[1].value == pytest.approx(math.log((4 / 6) / (2 / 6)))


def test_who_never_lost_has_no_strength() -> None:
    undefeated = bradley_terry([1, 1, 1, 0], [0, 0, 2, 2], [1, 1, 1, 0.5], contestants=3)
    assert undefeated.strengths[1].reason is Refused.NOT_CONNECTED
    assert undefeated.strengths[0].value == 0.0
    never_met = bradley_terry([1, 2], [0, 3], [0.5, 0.5], contestants=4)
    assert never_met.strengths[2].reason is Refused.NOT_CONNECTED
    few = bradley_terry([1, 1], [0, 0], [1, 0], contestants=2)
    assert few.strengths[1].reason is Refused.TOO_FEW


@pytest.mark.parametrize(("one", "other", "score"), [(0, 0, 1), (0, 4, 1), (-1, 0, 1), (0, 1, 1.5)])
def test_nobody_plays_against_himself(one: int, other: int, score: float) -> None:
    with pytest.raises(ValueError, match="contestants"):
        bradley_terry([one], [other], [score], contestants=4)


def test_clusters_of_copies_count_once_and_order_does_not_matter() -> None:
    i, j, s = games(200, np.random.default_rng(3))
    once = bradley_terry(i, j, s, contestants=4)
    clusters = Clusters.of(np.repeat(np.arange(200), 3))
    copied = bradley_terry(np.repeat(i, 3), np.repeat(j, 3), np.repeat(s, 3), contestants=4, clusters=clusters)
    order = np.random.default_rng(4).permutation(200)
    shuffled = bradley_terry(j[order], i[order], 1 - s[order], contestants=4)
    for a, b, c in zip(once.strengths[1:], copied.strengths[1:], shuffled.strengths[1:], strict=True):
        assert (b.low, b.value, b.high) == pytest.approx((a.low, a.value, a.high))
        assert (c.low, c.value, c.high) == pytest.approx((a.low, a.value, a.high))


def test_intervals_cover_each_by_itself_and_together() -> None:
    rng, runs, alone, together = np.random.default_rng(5), 300, 0, 0
    for _ in range(runs):
        i, j, s = games(250, rng)
        each = bradley_terry(i, j, s, contestants=4).strengths[1:]
        every = bradley_terry(i, j, s, contestants=4, simultaneous=rng).strengths[1:]
        alone += not each[0].excludes(STRENGTHS[1])
        together += not any(e.excludes(b) for e, b in zip(every, STRENGTHS[1:], strict=True))
    assert alone / runs == pytest.approx(0.95, abs=0.01 + 2 * math.sqrt(0.95 * 0.05 / runs))
    assert together / runs == pytest.approx(0.95, abs=0.015 + 2 * math.sqrt(0.95 * 0.05 / runs))
