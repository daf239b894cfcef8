"""By how much a cluster that nobody has seen yet could move an estimate: what `sequences.steadied` steadies by.

    bounded            all of its values go from one bound to the other
    endless, totals    it costs twice as much as the dearest so far, on one side alone: of costs and times, which have no upper
                       bound, a few of a thousand may make a tenth of the sum, and the dearest so far says little about those.
                       Counts are at least 1: that nothing was ever found does not mean that nothing varies
    no bound           it strays as far from the mean as the farthest so far
    logarithms         as that, and at least by ten times: a fiftieth of all that takes a hundred times as long is a tenth more

Each weighs 1/(what the clusters are worth) of the whole: where few clusters weigh nearly everything, rare events come late.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from shadowbench.report.analysis.values import Paired
from shadowbench.stats.columns import FloatArray

TENFOLD = math.log(10.0)
"""How far a ratio not seen yet may lie from the others, at least."""

AHEAD = 2.0
"""How many times the dearest cluster so far the next one may cost."""


def worth(paired: Paired) -> float:
    """As how many of equal weight the clusters count; 0 without pairs."""
    return paired.clusters.worth(paired.weights) if paired.n else 0.0


def is_endless(paired: Paired) -> bool:
    """Whether values have a lower bound and no upper one, as costs, times and counts do."""
    return paired.subject.low is not None and paired.subject.high is None


def unit_of_mean(paired: Paired, values: FloatArray) -> float:
    """On the mean of the values, which are within the measure's bounds or differences of such; 0 without pairs."""
    if not paired.n:
        return 0.0
    low, high = paired.subject.low, paired.subject.high
    if low is not None and high is not None:
        return (high - low) / worth(paired)
    weights = paired.clusters.totals(paired.weights)
    if is_endless(paired):
        sides = (
            [values]
            if paired.production is None or values is paired.candidate
            else [paired.candidate, paired.production]
        )
        return _far(paired, weights, [paired.clusters.totals(paired.weights * side) for side in sides])
    return _strayed(paired, weights, values)


def unit_of_logarithms(paired: Paired, values: FloatArray) -> float:
    """On the mean of the logarithms of ratios; 0 without pairs."""
    if not paired.n:
        return 0.0
    weights = paired.clusters.totals(paired.weights)
    return max(_strayed(paired, weights, values), TENFOLD / worth(paired))


def _strayed(paired: Paired, weights: FloatArray, values: FloatArray) -> float:
    sums = paired.clusters.totals(paired.weights * values)
    total = float(weights.sum())
    strayed = np.abs(sums - weights * (float(sums.sum()) / total))
    return max(float(strayed.max()) / total, float((strayed / weights).max()) / worth(paired))


def unit_of_ratio(paired: Paired) -> float:
    """On the ratio of both sides' totals; 0 where there is none."""
    if not paired.n or paired.production is None:
        return 0.0
    weights = paired.clusters.totals(paired.weights)
    sums = [paired.clusters.totals(paired.weights * side) for side in (paired.candidate, paired.production)]
    above, below = (float(each.sum()) for each in sums)
    if below == 0:
        return 0.0
    ratio = above / below
    if paired.subject.low is not None and paired.subject.high is not None:
        far = max(abs(paired.subject.low), abs(paired.subject.high)) * max(1.0, abs(ratio))
        return far * float(weights.sum()) / worth(paired) / abs(below)
    return _far(paired, weights, [sums[0], ratio * sums[1]]) * float(weights.sum()) / abs(below)


def _far(paired: Paired, weights: FloatArray, sums: Sequence[FloatArray]) -> float:
    """What a cluster that costs `AHEAD` times as much as the dearest so far adds to the mean of one side alone. `sums`: what
    clusters cost, by side."""
    dearest = np.max(np.abs(sums), axis=0)
    a_count = 1.0 if _is_counted(paired) else 0.0
    typical = max(AHEAD * float((dearest / weights).max()), a_count)
    return max(AHEAD * float(dearest.max()) / float(weights.sum()), typical / worth(paired))


def _is_counted(paired: Paired) -> bool:
    """Whether all values are whole numbers."""
    sides = (paired.candidate, paired.production)
    return all(bool((side == np.rint(side)).all()) for side in sides if side is not None)
