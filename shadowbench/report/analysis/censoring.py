"""One measure over an arm's pairs, ready for quantiles: a failure is worse than everything.

A mean has no place for that; a quantile has. Where a measure has a worst value, failures have it here as for means; where it
has none they are +inf where lower is better, and −inf where higher is. Which pairs' times are compared is `timing`'s.
"""

from __future__ import annotations

from dataclasses import replace

from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.timing import Timed
from shadowbench.report.analysis.values import Paired, Values, intended


def censored(values: Values, arm: Arm) -> Paired:
    """The pairs that count for quantiles of a measure other than a time, infinitely bad where a side failed."""
    return intended(values, arm, endless=True)


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
