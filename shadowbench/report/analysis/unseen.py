"""By how much a cluster that nobody has seen yet could move an estimate: what `sequences.steadied` steadies by.

    bounded        all of its values go from one bound to the other
    not bounded    it strays as far from the mean as the farthest so far
    totals         it costs twice as much as the dearest so far, on one side alone: with costs, a few requests of a thousand may
                   make a tenth of the sum, and the dearest so far says little about those

Each weighs 1/(what the clusters are worth) of the whole: where few clusters weigh nearly everything, rare events come late.
"""

from __future__ import annotations

import numpy as np

from shadowbench.report.analysis.values import Paired
from shadowbench.stats.columns import FloatArray

AHEAD = 2.0
"""How many times the dearest cluster so far the next one may cost."""


def worth(paired: Paired) -> float:
    """As how many of equal weight the clusters count; 0 without pairs."""
    return paired.clusters.worth(paired.weights) if paired.n else 0.0


def unit_of_mean(paired: Paired, values: FloatArray) -> float:
    """On the mean of the values, which are within the measure's bounds or differences of such; 0 without pairs."""
    if not paired.n:
        return 0.0
    low, high = paired.subject.low, paired.subject.high
    if low is not None and high is not None:
        return (high - low) / worth(paired)
    weights = paired.clusters.totals(paired.weights)
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
    ours, theirs = sums[0], above / below * sums[1]
    if paired.subject.low is not None and paired.subject.high is not None:
        far = max(abs(paired.subject.low), abs(paired.subject.high)) * max(1.0, abs(above / below))
        return far * float(weights.sum()) / worth(paired) / abs(below)
    dearest = np.maximum(np.abs(ours), np.abs(theirs))
    typical = float((dearest / weights).max()) * float(weights.sum()) / worth(paired)
    return AHEAD * max(float(dearest.max()), typical) / abs(below)
