"""How effects went on in time, and what changed meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.times import MarkShown, Series
from shadowbench.report.policy import Policy


def series(measured: Sequence[Paired], arm: Arm, policy: Policy) -> tuple[Series, ...]:
    """One series for each measure, in the order given. All in one call: the pairs are sorted once, and whether a measure
    changed is corrected over all of them."""
    raise NotImplementedError


def marks(log: ReadLog) -> tuple[MarkShown, ...]:
    """What changed between the first pair and the last, by time; where there are many, neighbours of one kind are one."""
    raise NotImplementedError
