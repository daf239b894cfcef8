"""A judge that favours its own is told from one that is right about it."""

import numpy as np
import pytest

from shadowbench.stats.clusters import Clusters
from shadowbench.stats.judging_family import self_preference


def panel(bias: float, n: int = 300) -> tuple[list[float], list[list[float | None]]]:
    random = np.random.default_rng(11)
    better = random.random(n) < 0.7  # its family's answers are the better ones in fact
    say = [np.where(random.random(n) < 0.85, better, ~better).astype(float) for _ in range(3)]
    own = np.where(random.random(n) < bias, 1.0, say[0])
    return list(own), [list(say[1]), list(say[2])]


def chance() -> np.random.Generator:
    return np.random.default_rng(5)


def test_a_judge_that_favours_its_own_has_an_index_above_zero() -> None:
    own, others = panel(bias=0.4)
    found = self_preference(own, others, Clusters.each(300), chance(), count=500)
    assert found.index.low is not None and found.index.low > 0
    assert found.own is not None and found.others is not None
    assert found.index.value == pytest.approx(found.own - found.others)


def test_one_that_is_right_about_its_own_has_none() -> None:
    own, others = panel(bias=0.0)
    found = self_preference(own, others, Clusters.each(300), chance(), count=500)
    assert found.own is not None and found.own > 0.55 and found.index.holds(0.0)


def test_two_judges_are_not_enough() -> None:
    found = self_preference([1.0], [[0.5]], Clusters.each(1), chance())
    assert (found.index.value, found.index.reason) == (None, "needs_three_judges")


def test_only_pairs_that_two_others_judged_count() -> None:
    others: list[list[float | None]] = [[0.0, None, 0.0], [1.0, 1.0, 0.0]]
    found = self_preference([1.0, 1.0, 0.5], others, Clusters.each(3), chance(), count=50)
    assert (found.index.n, found.index.value) == (2, pytest.approx(0.5))
    nobody = self_preference([1.0], [[None], [1.0]], Clusters.each(1), chance())
    assert nobody.index.reason == "no_pairs_in_common"
