"""The order of many numbers, as a stable sort has it, in half of its time.

Numbers at or above zero sort like their bits. So a number's upper bits and its place make one integer, and integers are sorted
faster than places by what they point to. Numbers that differ in the lower bits alone are put right afterwards, which takes next
to nothing.
"""

from __future__ import annotations

import numpy as np

from shadowbench.stats.columns import FloatArray, IntArray

_MANY = 10_000  # values: below, nothing is to be gained


def order_of(values: FloatArray) -> IntArray:
    """The places of the values in ascending order, equal ones as they came: `argsort(kind="stable")`. No NaN."""
    n = len(values)
    if n < _MANY or np.signbit(values).any():
        return np.argsort(values, kind="stable")
    places = np.uint64((n - 1).bit_length())
    keys = np.ascontiguousarray(values, np.float64).view(np.uint64) >> places << places
    keys |= np.arange(n, dtype=np.uint64)
    keys.sort()
    order = (keys & ((np.uint64(1) << places) - np.uint64(1))).astype(np.int64)
    sorted_values = values[order]
    if (sorted_values[1:] < sorted_values[:-1]).any():
        order = order[np.argsort(sorted_values, kind="stable")]
    return order
