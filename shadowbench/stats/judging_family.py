"""Whether a judge favours answers of its own family. Pure.

That it prefers them proves nothing: they may be the better ones. So it is held against the other judges of the same pairs: its
own family's share of the win by its word, less that by theirs. Three judges are needed, for one other judge may as well be
the one that is biased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shadowbench.stats.agreement import Coefficient
from shadowbench.stats.agreement_draws import DRAWS, draws, percentile_interval
from shadowbench.stats.clusters import Clusters

LEAST_OTHERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfPreference:
    """`index`: the judge's own-family win rate less the others' consensus; above 0, it favours its own."""

    index: Coefficient
    own: float | None = None  # share of the win that its family gets from it
    others: float | None = None  # and from the others


def self_preference(
    own: Sequence[float],
    others: Sequence[Sequence[float | None]],
    clusters: Clusters,
    chance: np.random.Generator,
    *,
    count: int = DRAWS,
    confidence: float = 0.95,
) -> SelfPreference:
    """`own`: the family's points, 0 to 1, by the judge, one per pair; `others`: by each other judge, a row each.

    Pairs that fewer than two others judged do not count. The interval is a bootstrap's, over clusters.
    """
    if len(others) < LEAST_OTHERS:
        return SelfPreference(index=Coefficient(value=None, n=0, reason="needs_three_judges"))
    kept, consensus = _consensus(others)
    if not len(kept):
        return SelfPreference(index=Coefficient(value=None, n=0, reason="no_pairs_in_common"))
    mine = np.asarray(own, dtype=float)[kept]
    gaps = mine - consensus
    drawn = [float(w @ gaps / w.sum()) for w in draws(clusters.among(kept), chance, count)]
    interval = percentile_interval(drawn, confidence=confidence)
    low, high = (None, None) if interval is None else interval
    index = Coefficient(value=float(gaps.mean()), n=len(kept), low=low, high=high)
    return SelfPreference(index=index, own=float(mine.mean()), others=float(consensus.mean()))


def _consensus(others: Sequence[Sequence[float | None]]) -> tuple[np.ndarray, np.ndarray]:
    """Which pairs enough others judged, and the mean of what they said there."""
    said = np.array([[np.nan if value is None else value for value in row] for row in others], dtype=float)
    kept = np.flatnonzero((~np.isnan(said)).sum(axis=0) >= LEAST_OTHERS)
    return kept, np.nanmean(said[:, kept], axis=0) if len(kept) else np.empty(0)
