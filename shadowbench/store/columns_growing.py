"""Columns that grow page by page into one piece of memory each, without a second copy of all at the end.

Of many columns all values are alike: a log has one path that is called, or no pauses. Memory costs most where it is touched for
the first time, so such a column is one value and a length until another value comes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEAST = 1024


class Growing:
    """One column. `expected`: how long it will be; memory that is not written to is not taken."""

    def __init__(self, dtype: Any, expected: int) -> None:
        self._dtype = np.dtype(dtype)
        self._expected = expected
        self._only: NDArray[Any] = np.empty(0, self._dtype)  # the value of all so far, shape (1,), if there is any
        self._kept: NDArray[Any] | None = None
        self._length = 0

    def add(self, values: NDArray[Any]) -> None:
        """Put values behind those that are there."""
        if not len(values):
            return
        values = values.astype(self._dtype, copy=False)
        if self._kept is None:
            if not len(self._only):
                self._only = values[:1].copy()
            if are_all(values, self._only):
                self._length += len(values)
                return
        end = self._length + len(values)
        kept = self._with_room(end)
        kept[self._length : end] = values
        self._length = end

    def _with_room(self, end: int) -> NDArray[Any]:
        kept = self._kept
        if kept is None:
            kept = np.empty(max(end, self._expected, _LEAST), self._dtype)
            kept[: self._length] = self._only
        elif end > len(kept):
            longer = np.empty(max(end, len(kept) * 3 // 2), self._dtype)
            longer[: self._length] = kept[: self._length]
            kept = longer
        self._kept = kept
        return kept

    def all(self) -> NDArray[Any]:
        """What was put, shape (n,). Where all of it is alike it takes no memory and may not be written to."""
        if self._kept is not None:
            return self._kept[: self._length]
        return np.broadcast_to(self._only, self._length) if self._length else self._only


def are_all(values: NDArray[Any], only: NDArray[Any]) -> bool:
    """Whether all values have the bits of the only one, so that NaN is like NaN."""
    bits = f"u{values.itemsize}"
    return not (values.view(bits) != only.view(bits)).any()
