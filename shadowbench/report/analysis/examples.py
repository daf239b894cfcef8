"""Pairs to look at: those where the candidate does worst, and those where its answer is least like production's.

One pair of a cluster, and one of each kind of failure: ten times the same user, or the same time-out, teach nothing. Which of
equals are shown is decided by a hash of seed and exchange, so that a log that grows keeps its examples.
"""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.parts import Example
from shadowbench.report.policy import Policy


def examples(
    log: ReadLog,
    arm: Arm,
    measured: Sequence[Paired],
    policy: Policy,
    *,
    each: int = 5,
    seed: int = 0,
    redact: bool = False,
) -> tuple[Example, ...]:
    """Up to `each` of the worst pairs, worst first, then up to `each` of the most different. Texts are read of these alone,
    and not at all where `redact`."""
    raise NotImplementedError
