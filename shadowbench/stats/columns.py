"""What comes in: columns of numbers, checked once at the door.

Absent scores never come here: whoever calls leaves them out, with their reason, or gives them the worst value on purpose.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def column(values: ArrayLike, *, name: str = "values", infinite: bool = False) -> FloatArray:
    """The values as one column, shape (n,). `infinite`: +inf may stand for "longer than we waited".

    Raises ValueError for NaN, for infinities that are not allowed, and for anything that is not one column.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one column, shape (n,); got shape {array.shape}")
    fine = ~np.isnan(array) & (array > -np.inf) if infinite else np.isfinite(array)
    if not fine.all():
        raise ValueError(f"{name} has a value that is no number; leave absent scores out, or give them the worst value")
    return array


def weights_of(given: ArrayLike | None, n: int) -> FloatArray:
    """A weight for each of n values; ones where none are given. Raises ValueError unless all are positive."""
    if given is None:
        return np.ones(n)
    weights = column(given, name="weights")
    same_length(weights, n, name="weights")
    if not (weights > 0).all():
        raise ValueError("weights must be positive; leave out what counts for nothing")
    return weights


def from_probabilities(probabilities: ArrayLike) -> FloatArray:
    """Hájek's weights, 1/π, from the probabilities with which values came into the sample (Hájek 1971)."""
    chances = column(probabilities, name="probabilities")
    if not ((chances > 0) & (chances <= 1)).all():
        raise ValueError("probabilities must be above 0 and at most 1: what could not be drawn stands for nobody")
    return 1.0 / chances


def effective_n(weights: FloatArray) -> float:
    """How many equally weighted values say as much: (Σw)²/Σw² (Kish 1965). 0 for none."""
    return float(weights.sum() ** 2 / (weights @ weights)) if weights.size else 0.0


def same_length(array: NDArray[np.generic], n: int, *, name: str) -> None:
    """Raises ValueError when a column does not have n entries."""
    if len(array) != n:
        raise ValueError(f"{name} has {len(array)} entries where there are {n} values")
