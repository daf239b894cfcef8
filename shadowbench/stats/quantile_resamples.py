"""Several quantiles' differences from the same resamples: p50, p95 and p99 in little more than the time of one.

Each is what `quantiles.compare_quantiles` makes of it with the same chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shadowbench.stats.bootstrap import LEAST_CLUSTERS, RESAMPLES, affordable, replicates
from shadowbench.stats.columns import FloatArray, IntArray
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.methods import Method
from shadowbench.stats.quantiles import Sorted, effective_of, least_n


@dataclass(frozen=True, slots=True)
class QuantileContrasts:
    """Candidate's quantiles less production's at several levels. A bootstrap.Statistic with a column for each."""

    candidate: Sorted
    production: Sorted
    levels: tuple[float, ...]
    clusters: int

    @property
    def n(self) -> int:
        """How many pairs."""
        return len(self.candidate.values)

    @property
    def width(self) -> int:
        """Every pair is looked at."""
        return self.n

    def __call__(self, counts: FloatArray) -> FloatArray:
        """Counts of shape (B, clusters) → shape (B, levels); nan where both lie beyond what was waited for."""
        ours, theirs = (_quantiles(side, self.levels, counts) for side in (self.candidate, self.production))
        with np.errstate(invalid="ignore"):
            return np.asarray(ours - theirs)

    def among(self, chosen: IntArray) -> QuantileContrasts:
        """Not made: bags of few clusters have too few values near a far quantile."""
        raise NotImplementedError("quantiles are not for little bootstraps")


def resampled_contrasts(
    sides: QuantileContrasts, rng: np.random.Generator, *, level: float = 0.95, resamples: int = RESAMPLES
) -> Sequence[Estimate]:
    """Each level's difference, between percentiles of resampled clusters of pairs. Refused as `compare_quantiles` refuses."""
    if not sides.n:
        return [_refused(sides, Refused.TOO_FEW, level) for _ in sides.levels]
    whole = sides(np.ones((1, sides.clusters)))[0]
    enough = [_is_enough(sides, q, level) for q in sides.levels]
    if sides.candidate.worth < LEAST_CLUSTERS or not any(enough):
        return [_refused(sides, Refused.TOO_FEW, level, value) for value in whole]
    drawn = replicates(sides, rng, affordable(resamples, sides.n))
    return [
        _between(sides, value, column, level) if fine else _refused(sides, Refused.TOO_FEW, level, value)
        for value, column, fine in zip(whole, drawn.T, enough, strict=True)
    ]


def _quantiles(side: Sorted, levels: Sequence[float], counts: FloatArray) -> FloatArray:
    return np.stack([side.quantile(q, counts) for q in levels], axis=1)


def _is_enough(sides: QuantileContrasts, q: float, level: float) -> bool:
    both = (sides.candidate, sides.production)
    return min(effective_of(side, sides.clusters, q) for side in both) >= least_n(q, level=level)


def _between(sides: QuantileContrasts, value: float, drawn: FloatArray, level: float) -> Estimate:
    if np.isnan(drawn).any():
        return _refused(sides, Refused.CENSORED, level, value)
    ends = np.quantile(drawn, ((1 - level) / 2, (1 + level) / 2), method="inverted_cdf")
    if not np.isfinite(ends).all():
        return _refused(sides, Refused.CENSORED, level, value)
    return Estimate(
        method=Method.PERCENTILE_BOOTSTRAP, level=level, n=sides.n, clusters=sides.clusters, value=float(value),
        low=float(ends[0]), high=float(ends[1]), se=float(drawn.std(ddof=1)) if np.isfinite(drawn).all() else None,
        effective_clusters=sides.candidate.worth,
    )  # fmt: skip


def _refused(sides: QuantileContrasts, reason: Refused, level: float, value: float = np.nan) -> Estimate:
    return Estimate(
        method=Method.PERCENTILE_BOOTSTRAP, level=level, n=sides.n, clusters=sides.clusters, reason=reason,
        value=float(value) if np.isfinite(value) else None, effective_clusters=sides.candidate.worth if sides.n else None,
    )  # fmt: skip
