from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from shadowbench.stats.clusters import mean
from shadowbench.stats.estimates import Estimate, Refused, around
from shadowbench.stats.methods import Method
from shadowbench.stats.slices import Contradiction, contradiction, heterogeneity


def of(value: float, se: float) -> Estimate:
    return around(value, se, method=Method.CLUSTER_T, level=0.95, n=100, clusters=100, df=99)


def test_cochrans_q_by_hand() -> None:
    found = heterogeneity({"chat": of(0.1, 0.1), "code": of(0.5, 0.1), "mail": of(0.3, 0.1), "new": mean([1.0])})
    assert found.statistic == pytest.approx(0.08 / 0.01)
    assert found.p == pytest.approx(stats.chi2.sf(8, 2))
    assert (found.n, found.clusters) == (301, 301)
    assert heterogeneity({"chat": of(0.1, 0.1)}).reason is Refused.TOO_FEW
    assert heterogeneity({"chat": of(0.1, 0.1), "code": of(0.1, 0.2)}).statistic == pytest.approx(0)


def test_a_slice_that_certainly_goes_the_other_way_is_named() -> None:
    slices = {"chat": of(0.3, 0.05), "code": of(-0.2, 0.05), "mail": of(-0.05, 0.05), "new": mean([1.0])}
    assert contradiction(of(0.2, 0.05), slices) == Contradiction(slices=("code",), reversed=False)
    assert contradiction(of(-0.2, 0.05), slices).slices == ("chat",)
    assert contradiction(of(0.02, 0.05), slices).slices == ()
    assert contradiction(mean([1.0]), slices).slices == ()


def test_many_slices_are_held_to_more() -> None:
    """One of twenty slices looks bad at p = 0.02 by chance."""
    slices = {str(k): of(0.1, 0.05) for k in range(19)}
    assert contradiction(of(0.1, 0.01), slices | {"unlucky": of(-0.12, 0.05)}).slices == ()
    assert contradiction(of(0.1, 0.01), {"unlucky": of(-0.12, 0.05)}).slices == ("unlucky",)


def test_a_whole_that_no_slice_bears_out_is_told() -> None:
    slices = {"easy": of(-0.02, 0.05), "hard": of(-0.03, 0.05)}
    assert contradiction(of(0.2, 0.05), slices) == Contradiction(slices=(), reversed=True)
    assert not contradiction(of(0.2, 0.05), {}).reversed


def test_false_alarms_are_as_many_as_promised() -> None:
    chance, runs = np.random.default_rng(1), 800
    alarms = 0
    for _ in range(runs):
        slices = {str(k): mean(chance.normal(0.3, 1, size=80)) for k in range(4)}
        alarms += (heterogeneity(slices).p or 0) < 0.05
    assert alarms / runs <= 0.05 + 0.01 + 2 * math.sqrt(0.05 * 0.95 / runs)
