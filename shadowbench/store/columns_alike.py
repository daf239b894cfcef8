"""Columns of which all values are alike: a log has many, such as the one path that is called, or a probability of one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_FIRST = 1000


def in_short(column: NDArray[Any]) -> NDArray[Any]:
    """The column, shape (n,); where all values are alike, one that stands for all of them, takes no memory and may not be
    written to. Alike is what has the same bits, so that NaN is like NaN."""
    if len(column) > 1 and column.strides == (0,):
        return column
    bits = column.view(f"u{column.itemsize}")
    some = bits[:_FIRST]  # hardly any other column begins so
    if len(column) < 2 or (some != bits[0]).any() or (bits != bits[0]).any():
        return column
    return np.broadcast_to(column[:1].copy(), column.shape)
