"""One measure over an arm's pairs, ready for quantiles: whoever failed took longer than anybody waited for.

A mean has no place for that; a quantile has. Where a measure has a worst value, failures have it here as for means; where it
has none and lower is better, they are +inf; where higher is better and there is no least value, such pairs are missing. Which
pairs' times are compared is `timing`'s.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.scopes import NOT_LOOKED_AT, has_reason
from shadowbench.report.analysis.timing import Timed
from shadowbench.report.analysis.values import Paired, Values, intended, worst_of
from shadowbench.scores import Direction
from shadowbench.stats.columns import BoolArray, FloatArray


def censored(values: Values, arm: Arm) -> Paired:
    """The pairs that count for quantiles of a measure other than a time, values +inf where a side failed."""
    subject = values.subject
    if values.production is None or worst_of(subject) is not None or subject.direction is not Direction.LOWER:
        return intended(values, arm)
    looked_at = ~has_reason(values.candidate_reason, NOT_LOOKED_AT)
    theirs, ours = arm.production_failed & looked_at, arm.candidate_failed & looked_at
    production, candidate = _beyond(values.production, theirs), _beyond(values.candidate, ours)
    sample = arm.sample(looked_at & ~(np.isnan(production) | np.isnan(candidate)))
    return replace(
        intended(values, arm),
        places=sample.places,
        production=sample.of(production),
        candidate=sample.of(candidate),
        weights=sample.of(values.weights),
        clusters=sample.clusters,
        imputed=sample.of_flags(theirs | ours),
    )


def of_times(timed: Timed, means: Paired) -> Paired:
    """The pairs that count for quantiles of a time. `means`: the measure's pairs that have a mean."""
    return replace(
        means,
        places=timed.places,
        production=timed.production,
        candidate=timed.candidate,
        weights=timed.weights,
        clusters=timed.clusters,
        imputed=~timed.answered,
    )


def _beyond(given: FloatArray, failed: BoolArray) -> FloatArray:
    return np.where(failed & np.isnan(given), np.inf, given)
