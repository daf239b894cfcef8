"""How long both sides take, over the same pairs: latency, time to the first token, gaps.

Quantiles are by intention to treat: a failure is censored at infinity, so a side that fails in more than one call of twenty
has no p95. The geometric mean of ratios is of pairs that both sides answered. Differences come from resampling, above 20,000
pairs from Woodruff's intervals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm, clusters_from
from shadowbench.report.analysis.timing import MEASURES, Ranked, Timed, ranked, timed
from shadowbench.report.document.times import Curve, Distribution, QuantileRow
from shadowbench.report.policy import Policy
from shadowbench.stats.bootstrap import MANY
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.quantile_resamples import QuantileContrasts, resampled_contrasts
from shadowbench.stats.quantiles import QuantileContrast, Sorted, compare_quantiles_of, quantile_of
from shadowbench.stats.ratios import geometric_ratio

LEVELS = (0.5, 0.95, 0.99)
CURVE = (*(k / 100 for k in range(1, 100)), *(k / 1000 for k in range(991, 1000)))
"""Levels of the curves: percents, and tenths of them in the tail."""


def distributions(log: ReadLog, arm: Arm, policy: Policy, rng: np.random.Generator) -> tuple[Distribution, ...]:
    """Latency, and of streams time to first token and gaps. `rng`: for resampling."""
    found = {measure: timed(log, arm, measure) for measure in MEASURES} if arm.n else {}
    return tuple(
        distribution(measure, ranked(of), policy.level, rng) for measure, of in found.items() if is_told(measure, of)
    )


def is_told(measure: str, of: Timed) -> bool:
    """Where there are times; that nothing could be timed is told once."""
    return bool(of.n) or measure == "latency"


def distribution(measure: str, times: Ranked, level: float, rng: np.random.Generator) -> Distribution:
    """Of one measure of time."""
    of, pairs = times.timed, times.pairs.whole
    candidate, production = pairs.candidate, pairs.production
    assert production is not None  # times are of both sides
    sides = QuantileContrasts(candidate, production, LEVELS, of.clusters.count)
    return Distribution(
        measure=measure,
        n=of.n,
        clusters=of.clusters.count,
        censored_production=int(np.isinf(of.production).sum()),
        censored_candidate=int(np.isinf(of.candidate).sum()),
        left_out=of.left_out,
        rows=_rows(sides, level, rng),
        ratio=_ratio(of, level),
        production=_curve(production),
        candidate=_curve(candidate),
    )


def _rows(sides: QuantileContrasts, level: float, rng: np.random.Generator) -> tuple[QuantileRow, ...]:
    return tuple(
        QuantileRow(
            level=q,
            production=quantile_of(sides.production, sides.clusters, q, level=level),
            candidate=quantile_of(sides.candidate, sides.clusters, q, level=level),
            difference=difference,
        )
        for q, difference in zip(LEVELS, _differences(sides, level, rng), strict=True)
    )


def _differences(sides: QuantileContrasts, level: float, rng: np.random.Generator) -> Sequence[Estimate]:
    if sides.n <= MANY:
        return resampled_contrasts(sides, rng, level=level)
    each = [QuantileContrast(sides.candidate, sides.production, q, sides.clusters) for q in LEVELS]
    return [compare_quantiles_of(contrast, rng, level=level) for contrast in each]


def _ratio(of: Timed, level: float) -> Estimate:
    """Of pairs where both sides answered, in more than no time at all."""
    among = of.answered & (of.production > 0) & (of.candidate > 0)
    return geometric_ratio(
        of.candidate[among],
        of.production[among],
        clusters=clusters_from(of.clusters.codes[among]),
        weights=of.weights[among],
        level=level,
    )


def _curve(side: Sorted) -> Curve:
    if not len(side.values):
        return Curve(levels=(), seconds=())
    seconds = side.at(np.array(CURVE)).tolist()
    return Curve(levels=CURVE, seconds=tuple(s if math.isfinite(s) else None for s in seconds))
