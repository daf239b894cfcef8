"""Samples of both halves of a period, small enough to be sorted often, with what belongs to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shadowbench.report.analysis.arms import Arm, clusters_from
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray
from shadowbench.stats.drift_weighted import Sample

MOST_OF_A_HALF = 10_000
"""Pairs: of more, so many are taken, evenly over the half from a place that chance begins at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves:
    """Pairs of both halves of an arm's period, shape (m,) each: those before the middle first."""

    at: IntArray  # places among those that were chosen from
    is_before: BoolArray
    weights: FloatArray
    cluster: IntArray  # codes from 0, few
    subsampled: bool

    @classmethod
    def of(cls, arm: Arm, places: IntArray | None, weights: FloatArray, rng: np.random.Generator) -> Halves:
        """Of some of an arm's pairs (None: all) and their weights, (n,); the period's middle is the arm's."""
        early = _is_early(arm)
        early = early if places is None else early[places]
        parts = [np.flatnonzero(early), np.flatnonzero(~early)]
        kept = [_spread(part, MOST_OF_A_HALF, rng) for part in parts]
        at = np.concatenate(kept)
        codes = arm.clusters.codes[at if places is None else places[at]]
        return cls(
            at=at,
            is_before=np.arange(len(at)) < len(kept[0]),
            weights=weights[at],
            cluster=np.unique(codes, return_inverse=True)[1].astype(np.int64),
            subsampled=len(at) < len(early),
        )

    def samples(self, values: FloatArray | IntArray, known: BoolArray) -> tuple[Sample, Sample]:
        """The values of both halves, (m,), where they are known."""
        before, after = (self._sample(values, known & half) for half in (self.is_before, ~self.is_before))
        return before, after

    def _sample(self, values: FloatArray | IntArray, chosen: BoolArray) -> Sample:
        return Sample(values[chosen], self.weights[chosen], clusters_from(self.cluster[chosen]))

    def drawn(self, known: BoolArray, most: int, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
        """Places among the m of at most so many of each half, as likely as they weigh: for tests that know no weights."""
        before, after = (
            _by_weight(np.flatnonzero(known & half), self.weights, most, rng)
            for half in (self.is_before, ~self.is_before)
        )
        return before, after


def _is_early(arm: Arm) -> BoolArray:
    """Before the middle of the time from the arm's first pair to its last."""
    at = arm.started_at
    return np.asarray(at < (at.min() + at.max()) / 2 if at.size else np.empty(0, np.bool_))


def _spread(places: IntArray, most: int, rng: np.random.Generator) -> IntArray:
    if len(places) <= most:
        return places
    return places[((np.arange(most) + rng.random()) * (len(places) / most)).astype(np.int64)]


def _by_weight(places: IntArray, weights: FloatArray, most: int, rng: np.random.Generator) -> IntArray:
    """Systematic sampling with chances in proportion to the weights; nothing is drawn twice."""
    if not len(places):
        return places
    upto = np.cumsum(weights[places])
    size = min(most, int(upto[-1] / weights[places].max() + 1e-9))
    marks = (np.arange(size) + rng.random()) * (upto[-1] / size)
    return np.asarray(places[np.searchsorted(upto, marks, side="right").clip(max=len(places) - 1)])
