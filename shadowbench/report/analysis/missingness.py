"""Whether one side lacks more values than the other: then what is left of both is no longer alike."""

from __future__ import annotations

import numpy as np

from shadowbench.report.analysis.arms import Arm, clusters_from
from shadowbench.report.analysis.values import NOT_LOOKED_AT, Values, has_reason, worst_of
from shadowbench.stats.clusters import mean
from shadowbench.stats.columns import BoolArray, FloatArray
from shadowbench.stats.estimates import Evidence
from shadowbench.stats.margins import superiority
from shadowbench.stats.paired_binary import count_pairs, mcnemar


def lacks_more(values: Values, arm: Arm) -> Evidence | None:
    """Of pairs where somebody looked: McNemar where pairs are independent, else the t test of clusters. None: of shape pair, or
    nothing is missing."""
    if values.production is None:
        return None
    looked_at = ~has_reason(values.candidate_reason, NOT_LOOKED_AT)
    bounded = worst_of(values.subject) is not None
    theirs = _absent(values.production, arm.production_failed, bounded)[looked_at]
    ours = _absent(values.candidate, arm.candidate_failed, bounded)[looked_at]
    if not (theirs.any() or ours.any()):
        return None
    clusters = clusters_from(arm.clusters.codes[looked_at])
    if clusters.alone:
        return mcnemar(count_pairs(ours, theirs), mid_p=True)
    return superiority(mean(ours.astype(np.float64) - theirs, clusters=clusters))


def _absent(given: FloatArray, failed: BoolArray, bounded: bool) -> BoolArray:
    """What is missing once failures have their worst value."""
    absent = np.isnan(given)
    return absent & ~failed if bounded else absent
