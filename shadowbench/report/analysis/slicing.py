"""Each measure by each property of the traffic: where does the candidate do better or worse than over all of it?

Slices are looked at after the fact, and many of them: they decide nothing, their p-values are corrected over all rows of all
tables of a candidate (Benjamini-Hochberg), and intervals are those for a single look.
"""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.parts import SliceTable
from shadowbench.report.policy import Policy

MOST_MEASURES = 6


def worth_slicing(measured: Sequence[Paired], policy: Policy) -> Sequence[Paired]:
    """What was declared; where nothing was, whether it failed and the first measures that know a better and a worse."""
    raise NotImplementedError


def slice_tables(log: ReadLog, arm: Arm, measured: Sequence[Paired], policy: Policy) -> tuple[SliceTable, ...]:
    """A table for each property of `policy.slices` and each of `worth_slicing`, in that order.

    A property that the log does not tell, or that is the same for all pairs, has one table without rows, and the reason.
    """
    raise NotImplementedError
