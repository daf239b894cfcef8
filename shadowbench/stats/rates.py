"""A single rate, such as errors or refusals, of clustered and weighted values: Wilson's interval of as many as they are worth.

The t interval of a mean is wrong near 0 and 1, where error rates live; Wilson's is right there, but takes values as
independent. Here it gets the rate's effective n instead of n.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.clusters import Clusters, clusters_of, mean_influence, robust_se
from shadowbench.stats.columns import FloatArray, column, effective_n, weights_of
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.methods import Method
from shadowbench.stats.proportions import wilson


def rate(
    flags: ArrayLike, *, clusters: Clusters | None = None, weights: ArrayLike | None = None, level: float = 0.95
) -> Estimate:
    """The share of ones among zeros and ones. Refused without values. Raises ValueError for other values."""
    x = column(flags, name="flags")
    if not np.isin(x, (0, 1)).all():
        raise ValueError("a rate is of zeros and ones")
    w, groups = weights_of(weights, len(x)), clusters_of(clusters, len(x))
    if not len(x):
        return Estimate(method=Method.WILSON, level=level, n=0, clusters=0, reason=Refused.TOO_FEW)
    share, influence = mean_influence(x, w, groups)
    share = min(max(share, 0.0), 1.0)  # rounding
    worth = _worth(share, influence, w, groups)
    low, high = wilson(share * worth, worth, confidence=level)
    return Estimate(
        method=Method.WILSON, level=level, n=len(x), clusters=groups.count, value=share, low=low, high=high,
        effective_n=worth,
    )  # fmt: skip


def _worth(share: float, influence: FloatArray, weights: FloatArray, groups: Clusters) -> float:
    """As how many independent values they count: p(1 − p)/se², at most Kish's n. Where all are alike, as many as there are
    clusters: nothing is known about how alike clusters are."""
    most = effective_n(weights)
    if groups.alone:
        return most
    if groups.count < 2 or share in (0.0, 1.0):
        return min(most, effective_n(groups.totals(weights)))
    return min(most, share * (1 - share) / robust_se(influence) ** 2)
