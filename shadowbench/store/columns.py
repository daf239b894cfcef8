"""The pair log as columns: numpy arrays of what reports and notebooks count with. No texts of requests and answers.

Columns are asked for by name, those of the view `pairs` (docs/pair-log.md). Three kinds:

    number  float64; NaN where the log has none
    word    int32 codes into `texts`; -1 where there is none. At most 65,535 different ones; the rest is "(others)"
    key     as word, of any number: what groups pairs

Reading goes page by page up to the number that was newest when it began, in one short transaction each: the recorder goes on.
Absent stays absent: a score that is none is NaN, and the reason is beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

NOT_SCORED = "not_scored"
"""The reason of a score that nobody has given yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """Words as codes, shape (n,), and the words by code; -1: none."""

    codes: NDArray[np.int32]
    texts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairColumns:
    """Pairs in the order of exchange and side, shape (n,) each. Repeats (NAME~again) are no pairs."""

    number: NDArray[np.int64]  # of the exchange
    side: NDArray[np.int16]  # of the candidate
    columns: Mapping[str, NDArray[np.float64] | Coded]

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreColumns:
    """One measure's scores of some pairs, shape (n,) each, in the pairs' order."""

    value: NDArray[np.float64]  # NaN: none
    production_value: NDArray[np.float64]  # NaN: none; of shape pair always
    reason: Coded  # why there is no value; `not_scored` where nobody has measured
    production_reason: Coded
    probability: NDArray[np.float64]  # that such a pair is given to the measure; NaN where nobody has measured


class ColumnLog(Protocol):
    """A pair log by columns. Not thread-safe. All raise `LogError`."""

    def newest(self) -> int:
        """The number of the newest exchange: where a reader's view ends."""

    def reach(self, since: float, until: float, *, upto: int) -> tuple[int, int]:
        """Numbers above the first of which, up to the second, all exchanges lie that began from `since` on and before `until`
        (Unix seconds); others may lie between. Both are 0 where none did."""

    def pairs(self, names: Sequence[str], *, after: int = 0, upto: int) -> PairColumns:
        """These columns of the pairs of exchanges numbered above `after` up to `upto`. ValueError: a column that is none."""

    def scores(self, measures: Sequence[int], pairs: PairColumns) -> Mapping[int, ScoreColumns]:
        """The scores of these measures for these pairs, which are in the order in which `pairs` gave them."""

    def told(self, measure: int, paths: Sequence[str], pairs: PairColumns) -> Coded:
        """A word out of the details of this measure's scores, shape (n,): what stands at the first of these JSON paths ($.a.b)
        where there is anything. The pairs are in the order in which `pairs` gave them."""

    def ids(self, *, after: int = 0, upto: int) -> tuple[Sequence[str], NDArray[np.int64]]:
        """Ids of the exchanges and their numbers."""

    def close(self) -> None:
        """Let go of it. A second call does nothing."""
