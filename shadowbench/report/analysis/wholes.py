"""Measures over all of an arm's pairs, made ready to be sliced many times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.values import Paired, is_preference
from shadowbench.report.document.comparisons import Scale, Subject
from shadowbench.scores import Shape
from shadowbench.stats.clusters import mean
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.estimates import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One measure. Arrays of shape (n,) are of all the arm's pairs; 0: the pair does not count."""

    paired: Paired
    scale: Scale
    estimate: Estimate  # less what no difference is: zero is none
    weights: FloatArray  # the same array where the same pairs count with the same weights
    weighted: FloatArray  # weight · difference
    size: float  # of the largest difference

    @property
    def level(self) -> float:
        """Of intervals."""
        return self.estimate.level


def wholes(arm: Arm, measured: Sequence[Paired], level: float) -> Sequence[Whole]:
    """One for each measure, in their order."""
    found: list[Whole] = []
    for paired in measured:
        same = (each.weights for each in found if _is_same_sample(each.paired, paired))
        weights = next(same, None)
        scale, values = scale_of(paired.subject), paired.difference
        whole = mean(values, clusters=paired.clusters, weights=paired.weights, level=level)
        found.append(
            Whole(
                paired=paired,
                scale=scale,
                estimate=from_null(whole, scale),
                weights=_spread(arm, paired, paired.weights) if weights is None else weights,
                weighted=_spread(arm, paired, paired.weights * values),
                size=float(np.abs(values).max(initial=0.0)),
            )
        )
    return found


def _spread(arm: Arm, paired: Paired, values: FloatArray) -> FloatArray:
    """Over all of the arm's pairs."""
    everywhere = np.zeros(arm.n)
    everywhere[paired.places] = values
    return everywhere


def scale_of(subject: Subject) -> Scale:
    """What numbers of `Paired.difference` mean."""
    if subject.shape is Shape.SIDES:
        return Scale.DIFFERENCE
    return Scale.PREFERENCE if is_preference(subject) else Scale.LEVEL


def bounds_of(subject: Subject) -> tuple[float, float] | None:
    """Between which `Paired.difference` lies; None: it has no bounds."""
    if subject.low is None or subject.high is None:
        return None
    if subject.shape is Shape.PAIR:
        return subject.low, subject.high
    return subject.low - subject.high, subject.high - subject.low


def from_null(estimate: Estimate, scale: Scale) -> Estimate:
    """How far it is from no difference."""
    null = scale.null or 0.0
    low, high = (None if end is None else end - null for end in (estimate.low, estimate.high))
    return replace(estimate, value=None if estimate.value is None else estimate.value - null, low=low, high=high)


def _is_same_sample(one: Paired, other: Paired) -> bool:
    return np.array_equal(one.places, other.places) and np.array_equal(one.weights, other.weights)
