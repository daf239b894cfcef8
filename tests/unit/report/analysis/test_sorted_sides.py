from __future__ import annotations

import numpy as np
import pytest

from shadowbench.report.analysis.arms import clusters_from
from shadowbench.report.analysis.sorted_sides import SortedPairs
from shadowbench.stats.quantile_contrasts import contrast_between


def made(
    n: int = 600, *, production: bool = True
) -> tuple[SortedPairs, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    ours, theirs = np.round(rng.lognormal(size=(2, n)), 1)
    ours[:10] = np.inf
    weights, codes = rng.choice([1.0, 3.0], n), rng.integers(0, 150, n)
    pairs = SortedPairs.of(ours, theirs if production else None, weights, clusters_from(codes))
    return pairs, ours, theirs, weights, codes


def test_leaving_pairs_out_is_as_if_they_had_never_been_sorted() -> None:
    pairs, ours, theirs, weights, codes = made()
    chosen = np.isfinite(ours) & (codes % 7 > 0)
    among = pairs.among(chosen)
    fresh = SortedPairs.of(ours[chosen], theirs[chosen], weights[chosen], clusters_from(codes[chosen])).whole
    for one, other in ((among.candidate, fresh.candidate), (among.production, fresh.production)):
        assert one is not None
        assert other is not None
        for name in ("values", "weights", "codes"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert among.clusters == fresh.clusters


def test_contrasts_are_of_both_sides() -> None:
    pairs, ours, theirs, *_ = made()
    found = contrast_between(pairs.whole.contrast(0.5, relative=False))
    assert found.value == pytest.approx(np.median(ours) - np.median(theirs), abs=0.2)


def test_one_side_alone_is_sorted_too() -> None:
    pairs, ours, *_ = made(production=False)
    assert pairs.whole.production is None
    assert pairs.among(np.isfinite(ours)).production is None
