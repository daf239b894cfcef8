"""The pairs of a reading, as a mapping from a column's name to a numpy array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shadowbench.reading.gathered import request_codes
from shadowbench.reading.names import LOG, NUMBER
from shadowbench.stats.columns import IntArray
from shadowbench.store.columns import Coded


class Pairs(Mapping[str, NDArray[Any]]):
    """Columns of shape (n,). A column of words holds codes (-1: none) into `texts[name]`; `words(name)` spells them out."""

    def __init__(self, columns: Mapping[str, NDArray[Any] | Coded], n: int, requests: IntArray | None = None) -> None:
        self._columns = dict(columns)
        self.n = n
        self._requests = requests
        self.texts = {name: tuple(column.texts) for name, column in columns.items() if isinstance(column, Coded)}

    def __getitem__(self, name: str) -> NDArray[Any]:
        try:
            column = self._columns[name]
        except KeyError:
            there = ", ".join(self._columns)
            raise KeyError(f"no column {name!r} was read; there are {there}. Others: read(…, columns=[…])") from None
        return column.codes if isinstance(column, Coded) else column

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        return f"<{self.n} pairs: {', '.join(self._columns)}>"

    @property
    def requests(self) -> IntArray:
        """Which request each pair is of, (n,): the same for all candidates' pairs of one exchange, whichever log has them."""
        return request_codes(self[LOG], self[NUMBER]) if self._requests is None else self._requests

    def words(self, name: str) -> NDArray[np.object_]:
        """A column of words as strings, None where there is none."""
        spelled = np.array([*self.texts[name], None], dtype=object)  # the last: code -1
        return np.asarray(spelled[self[name]], dtype=object)
