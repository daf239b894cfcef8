"""One measure over an arm's pairs, ready for quantiles: whoever failed took longer than anybody waited for.

A mean has no place for that; a quantile has. Where a measure has a worst value, failures have it here as for means; where it
has none and lower is better, they are +inf; where higher is better and there is no least value, such pairs are missing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shadowbench.report.analysis.arms import Arm, clusters_from
from shadowbench.report.analysis.values import NOT_LOOKED_AT, Paired, Values, has_reason, intended, worst_of
from shadowbench.scores import Direction
from shadowbench.stats.columns import BoolArray, FloatArray


def censored(values: Values, arm: Arm) -> Paired:
    """The pairs that count for quantiles, values +inf where a side failed.

    A failed side counts where the other has a value, or failed too. A stream's first token and gaps are asked of streams only,
    and whether one was wanted is not known where both failed: there it counts for neither.
    """
    subject = values.subject
    if values.production is None or worst_of(subject) is not None or subject.direction is not Direction.LOWER:
        return intended(values, arm)
    looked_at = ~has_reason(values.candidate_reason, NOT_LOOKED_AT)
    theirs, ours = arm.production_failed & looked_at, arm.candidate_failed & looked_at
    production, candidate = _beyond(values.production, theirs), _beyond(values.candidate, ours)
    chosen = looked_at & ~(np.isnan(production) | np.isnan(candidate))
    if subject.name in ("ttft", "gap_p95"):
        chosen &= ~(theirs & ours)
    places = np.flatnonzero(chosen)
    return replace(
        intended(values, arm),
        places=places,
        production=production[places],
        candidate=candidate[places],
        weights=values.weights[places],
        clusters=clusters_from(arm.clusters.codes[places]),
        imputed=(theirs | ours)[places],
    )


def _beyond(given: FloatArray, failed: BoolArray) -> FloatArray:
    return np.where(failed & np.isnan(given), np.inf, given)
