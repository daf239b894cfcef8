"""Numbers that can be computed with. A float reaches to 1e308: who squares, cubes or divides what is far out has infinity, or
zero where something was.

What nobody measured in any unit, beyond 1e50, counts as missing, for the reason `out_of_range`; what is nearer to zero than
1e-50 is zero. Ratios of what is left have squares, and their squares, too.
"""

from __future__ import annotations

import numpy as np

from shadowbench.stats.columns import FloatArray
from shadowbench.store.columns import Coded

LARGEST = 1e50
SMALLEST = 1e-50
OUT_OF_RANGE = "out_of_range"


def computable(values: FloatArray, reason: Coded) -> tuple[FloatArray, Coded]:
    """Values of shape (n,), and why there is none, with what is out of range among them."""
    size = np.abs(values)
    over = size > LARGEST
    if not over.any():
        return _without_traces(values, size), reason
    codes = np.where(over, len(reason.texts), reason.codes).astype(np.int32)
    told = Coded(codes=codes, texts=(*reason.texts, OUT_OF_RANGE))
    return np.where(over, np.nan, _without_traces(values, size)), told


def in_range(values: FloatArray) -> FloatArray:
    """The same of values whose reasons nobody asks for."""
    size = np.abs(values)
    over = size > LARGEST
    kept = _without_traces(values, size)
    return np.where(over, np.nan, kept) if over.any() else kept


def bound_in_range(bound: float | None) -> float | None:
    """A measure's bound; one that is out of range is none."""
    return None if bound is None or abs(bound) > LARGEST else bound


def _without_traces(values: FloatArray, size: FloatArray) -> FloatArray:
    """The array itself where nothing is too near to zero."""
    traces = (size < SMALLEST) & (size > 0)
    return np.where(traces, 0.0, values) if traces.any() else values
