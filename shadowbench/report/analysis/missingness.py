"""Whether one side lacks more values than the other: then what is left of both is no longer alike."""

from __future__ import annotations

import numpy as np

from shadowbench.report.analysis.arms import Arm, Sample
from shadowbench.report.document.comparisons import OneSided
from shadowbench.stats.clusters import mean
from shadowbench.stats.columns import BoolArray
from shadowbench.stats.estimates import Evidence
from shadowbench.stats.margins import superiority
from shadowbench.stats.paired_binary import Pairs, mcnemar

A_LITTLE = 0.01
"""Share of the pairs that may be left out where nobody knows how much they could change."""


def lacks_more(candidate: BoolArray, production: BoolArray, looked_at: Sample) -> Evidence | None:
    """From whether each side's value is absent, shape (n,) of the arm, among pairs where somebody looked: McNemar where pairs
    are independent, else the t test of clusters. None: every one of these pairs has both values, or neither."""
    ours, theirs = looked_at.of_flags(candidate), looked_at.of_flags(production)
    more, less = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    if not more and not less:
        return None
    if looked_at.clusters.alone:
        both = int((ours & theirs).sum())
        rest = len(ours) - both - more - less
        return mcnemar(Pairs(both=both, candidate_only=more, production_only=less, neither=rest), mid_p=True)
    return superiority(mean(ours.astype(np.float64) - theirs, clusters=looked_at.clusters))


def one_sided(candidate: BoolArray, production: BoolArray, arm: Arm, should_have: BoolArray) -> OneSided | None:
    """The same of pairs that should have both values, counted; whether it is chance is asked where it is more than a little.
    None: no side alone lacks a value."""
    more, less = (
        int((one & ~other & should_have).sum()) for one, other in ((candidate, production), (production, candidate))
    )
    if not more and not less:
        return None
    is_little = abs(more - less) <= A_LITTLE * int(should_have.sum())
    differs = None if is_little else lacks_more(candidate, production, arm.sample(should_have))
    return OneSided(production=less, candidate=more, differs=differs)
