"""Quantiles of both sides, clustered and weighted, looked at whenever one likes or at looks that were planned.

The share of values below a fixed bound is a mean. What holds for means at every look holds for that share, and thus for the
quantile: Woodruff's interval with the sequence's multiplier in place of t, the sides' squared and added as at a single look.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from shadowbench.stats.clusters import robust_se
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.distributions import normal_cdf, t_cdf, t_quantile
from shadowbench.stats.estimates import Estimate, Refused, exponential
from shadowbench.stats.looks import Plan
from shadowbench.stats.methods import Method
from shadowbench.stats.paired_binary import square_and_add
from shadowbench.stats.quantiles import LEAST, QuantileContrast, Sorted, effective_of, least_n, logarithm
from shadowbench.stats.sequences import FIRST_LOOK, critical_value


def contrast_between(contrast: QuantileContrast, *, level: float = 0.95) -> Estimate:
    """Candidate's quantile less production's, or their ratio, by Woodruff's intervals of both sides, whatever n is."""
    return _added(contrast, _ordinary(contrast.worth, level), _empty(contrast, Method.WOODRUFF_CONTRAST, level))


def watch_contrast(
    contrast: QuantileContrast, *, tuned_for: float, level: float = 0.95, first_look: int = FIRST_LOOK
) -> Estimate:
    """The same, for all looks at once. Refused before `first_look` clusters, or clusters worth as many."""
    found = _empty(contrast, Method.WOODRUFF_SEQUENCE, level)
    if contrast.worth < first_look:
        return _alone(contrast, found)
    return _added(contrast, critical_value(contrast.clusters, tuned_for=tuned_for, level=level), found)


def contrast_at_look(contrast: QuantileContrast, plan: Plan, look: int) -> Estimate:
    """The same, at this planned look, from 0."""
    found = _empty(contrast, Method.PLANNED_LOOKS, 1 - plan.alpha)
    return _added(contrast, _planned(contrast.worth, plan, look), found)


def watch_side(
    ordered: Sorted, clusters: int, q: float, *, tuned_for: float, level: float = 0.95, first_look: int = FIRST_LOOK
) -> Estimate:
    """One side's q-quantile, for all looks at once. Refused before `first_look` clusters, or clusters worth as many."""
    found = Estimate(method=Method.WOODRUFF_SEQUENCE, level=level, n=len(ordered.values), clusters=clusters)
    enough = len(ordered.values) > 0 and min(clusters, ordered.worth) >= first_look
    critical = critical_value(clusters, tuned_for=tuned_for, level=level) if enough else None
    return _one_side(ordered, clusters, q, critical, found)


def side_at_look(ordered: Sorted, clusters: int, q: float, plan: Plan, look: int) -> Estimate:
    """One side's q-quantile, at this planned look, from 0."""
    found = Estimate(method=Method.PLANNED_LOOKS, level=1 - plan.alpha, n=len(ordered.values), clusters=clusters)
    critical = _planned(ordered.worth, plan, look) if len(ordered.values) else None
    return _one_side(ordered, clusters, q, critical, found)


def _ordinary(worth: float, level: float) -> float | None:
    """t of what the clusters are worth; None where that is hardly one."""
    return t_quantile((1 + level) / 2, worth - 1) if worth >= LEAST else None


def _planned(worth: float, plan: Plan, look: int) -> float | None:
    return -t_quantile(normal_cdf(-plan.bounds[look]), worth - 1) if worth >= LEAST else None


def _empty(contrast: QuantileContrast, method: Method, level: float) -> Estimate:
    return Estimate(
        method=method, level=level, n=contrast.n, clusters=contrast.clusters, reason=Refused.TOO_FEW,
        effective_clusters=contrast.worth if contrast.n else None,
    )  # fmt: skip


def _alone(contrast: QuantileContrast, found: Estimate) -> Estimate:
    """The value without an interval."""
    if not contrast.n:
        return found
    ends = _scaled(
        contrast, np.array([float(s.quantile(contrast.q)[0]) for s in (contrast.candidate, contrast.production)])
    )
    found = replace(found, value=float(ends[0] - ends[1]) if np.isfinite(ends).all() else None)
    return exponential(found) if contrast.relative else found


def _added(contrast: QuantileContrast, critical: float | None, found: Estimate) -> Estimate:
    if critical is None:
        return _alone(contrast, found)
    sides = (contrast.candidate, contrast.production)
    both = [_between(side, contrast.clusters, contrast.q, critical) for side in sides]
    if both[0] is None or both[1] is None:
        return _alone(contrast, found)
    if not (np.isfinite(both[0]).all() and np.isfinite(both[1]).all()):
        return _alone(contrast, replace(found, reason=Refused.CENSORED))
    ours, theirs = (_scaled(contrast, ends) for ends in (both[0], both[1]))
    one, other = (side.influence_below(contrast.q) for side in sides)
    alike = float(one @ other / np.sqrt((one @ one) * (other @ other)))
    low, high = square_and_add(_three(ours), _three(theirs), correlation=alike)
    found = replace(found, value=float(ours[0] - theirs[0]), low=low, high=high, reason=None)
    return exponential(found) if contrast.relative else found


def _one_side(ordered: Sorted, clusters: int, q: float, critical: float | None, found: Estimate) -> Estimate:
    if not len(ordered.values):
        return replace(found, reason=Refused.TOO_FEW)
    value = float(ordered.quantile(q)[0])
    found = replace(found, value=value if math.isfinite(value) else None, effective_clusters=ordered.worth)
    ends = None if critical is None else _between(ordered, clusters, q, critical)
    if ends is None:
        return replace(found, reason=Refused.TOO_FEW)
    if not np.isfinite(ends).all():
        return replace(found, reason=Refused.CENSORED)
    return replace(found, low=float(ends[1]), high=float(ends[2]))


def _between(ordered: Sorted, clusters: int, q: float, critical: float) -> FloatArray | None:
    """The quantile, and those at q ± critical·se of the share below. None: too few values for an interval so wide."""
    if clusters < 2 or not len(ordered.values):
        return None
    half = critical * robust_se(ordered.influence_below(q))
    enough = effective_of(ordered, clusters, q) >= least_n(q, level=1 - 2 * t_cdf(-critical, ordered.worth - 1))
    if not enough or not 0 < q - half < q + half < 1:
        return None
    return ordered.at(np.array([q, q - half, q + half]))


def _scaled(contrast: QuantileContrast, ends: FloatArray) -> FloatArray:
    return logarithm(ends) if contrast.relative else ends


def _three(ends: FloatArray) -> tuple[float, float, float]:
    return float(ends[0]), float(ends[1]), float(ends[2])
