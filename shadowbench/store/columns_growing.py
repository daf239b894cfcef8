"""Columns that grow page by page into one piece of memory each, without a second copy of all at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEAST = 1024


class Growing:
    """One column. `expected`: how long it will be; memory that is not written to is not taken."""

    def __init__(self, dtype: Any, expected: int) -> None:
        self._kept: NDArray[Any] = np.empty(max(expected, _LEAST), dtype)
        self._length = 0

    def add(self, values: NDArray[Any]) -> None:
        """Put values behind those that are there."""
        end = self._length + len(values)
        if end > len(self._kept):
            longer = np.empty(max(end, len(self._kept) * 3 // 2), self._kept.dtype)
            longer[: self._length] = self._kept[: self._length]
            self._kept = longer
        self._kept[self._length : end] = values
        self._length = end

    def all(self) -> NDArray[Any]:
        """What was put, shape (n,)."""
        return self._kept[: self._length]
