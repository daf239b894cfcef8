"""What so many pairs can show, and how many more it takes. Pure.

Both go by the interval that decides: where one looks whenever one likes it takes more pairs than where one looks once.
"""

from __future__ import annotations

import math

from shadowbench.report.analysis.watching import Looking
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.power import StillNeeded
from shadowbench.stats.proportions import normal_quantile

POWER = 0.8
_STEPS = 30  # of the fixed point: how wide intervals are depends on how many clusters there will be
_FAR = 1e9  # times the present pairs: as good as never


def working_se(deciding: Estimate, se: float | None, critical: float, *, on_logarithms: bool) -> float | None:
    """The standard error on the working scale; of an interval that has none, its half by the critical value."""
    if se is not None and se > 0:
        return se
    if deciding.low is None or deciding.high is None or not math.isfinite(critical):
        return None
    low, high = (math.log(x) if on_logarithms else x for x in (deciding.low, deciding.high))
    return (high - low) / 2 / critical if high > low else None


def detectable(se: float, critical: float) -> float:
    """The least true effect, on the working scale, that the interval shows in four of five cases."""
    return (critical + normal_quantile(POWER)) * se


def still_needed(
    se: float, difference: float, looking: Looking, *, n: int, clusters: int, level: float, pairs_per_day: float
) -> StillNeeded | None:
    """Pairs and days until the interval tells this difference from none, in four of five cases; None: out of all reach."""
    grown = 1.0
    for _ in range(_STEPS):
        grown = min(_FAR, (detectable(se, looking.critical(clusters, level, grown=grown)) / difference) ** 2)
        if not grown * clusters > 2:
            grown = 2.5 / clusters
    if grown >= _FAR:
        return None
    pairs = math.ceil(n * grown)
    more = max(0, pairs - n)
    days = 0.0 if not more else more / pairs_per_day if pairs_per_day > 0 else None
    return StillNeeded(pairs=pairs, more=more, days=days)
