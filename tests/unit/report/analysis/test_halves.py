from __future__ import annotations

import numpy as np
import pytest

from shadowbench.report.analysis import halves as module
from shadowbench.report.analysis.halves import Halves
from tests.unit.report.analysis.invented import an_arm


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_period_is_cut_in_the_middle_of_its_time() -> None:
    arm = an_arm(10, started_at=np.array([0, 1, 2, 3, 4, 4.9, 5, 6, 9, 10.0]), clusters=[9, 9, 8, 8, 7, 7, 6, 6, 5, 5])
    found = Halves.of(arm, None, arm.weights, rng())
    assert found.at[found.is_before].tolist() == [0, 1, 2, 3, 4, 5]
    assert not found.subsampled
    before, after = found.samples(np.arange(10.0), np.arange(10) != 7)
    assert (before.values.tolist(), after.values.tolist()) == ([0, 1, 2, 3, 4, 5], [6, 8, 9])
    assert (before.clusters.count, after.clusters.count) == (3, 2)


def test_some_pairs_of_an_arm_keep_its_middle_and_their_own_weights() -> None:
    arm = an_arm(8, started_at=np.arange(8.0)[::-1].copy(), clusters=np.arange(8) // 2)
    found = Halves.of(arm, np.array([1, 2, 6]), np.array([2.0, 3.0, 4.0]), rng())
    before, after = found.samples(found.at, np.ones(3, bool))
    assert (before.values.tolist(), before.weights.tolist()) == ([2], [4.0])
    assert (after.values.tolist(), after.weights.tolist()) == ([0, 1], [2.0, 3.0])


def test_of_many_pairs_a_part_is_taken_evenly_and_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OF_A_HALF", 100)
    arm = an_arm(3000)
    found = Halves.of(arm, None, arm.weights, rng())
    assert found.subsampled
    assert (len(found.at), int(found.is_before.sum())) == (200, 100)
    assert len(set(found.at.tolist())) == 200
    assert set(np.diff(found.at[found.is_before])) == {15}
    assert not np.array_equal(found.at, Halves.of(arm, None, arm.weights, rng(2)).at)
    np.testing.assert_array_equal(found.at, Halves.of(arm, None, arm.weights, rng()).at)


def test_vectors_are_drawn_as_likely_as_they_weigh() -> None:
    arm = an_arm(4000, weights=np.where(np.arange(4000) % 10, 1.0, 9.0))
    found = Halves.of(arm, None, arm.weights, rng())
    known = np.arange(4000) % 2 == 0  # a fifth of these weighs nine times as much: nine of thirteen
    before, after = found.drawn(known, 130, rng())
    assert (len(before), len(after)) == (130, 130)
    assert found.is_before[before].all() and not found.is_before[after].any()
    assert known[before].all() and known[after].all()
    heavy = np.concatenate([found.weights[before], found.weights[after]]) > 1
    assert heavy.mean() == pytest.approx(9 / 13, abs=0.03)


def test_no_pair_is_drawn_twice_though_it_be_heavy() -> None:
    arm = an_arm(40, weights=np.where(np.arange(40) % 20 == 0, 50.0, 1.0))
    before, _ = Halves.of(arm, None, arm.weights, rng()).drawn(np.ones(40, bool), 30, rng())
    assert len(set(before.tolist())) == len(before) == 1


def test_no_pairs_are_no_error() -> None:
    arm = an_arm(0)
    found = Halves.of(arm, None, arm.weights, rng())
    assert [len(each) for each in found.drawn(np.ones(0, bool), 5, rng())] == [0, 0]
