"""Several candidates in the order in which a judge prefers them, by the model of Bradley and Terry.

Candidates were compared with production alone, never with each other: a star, in which the model adds nothing to win rates but
intervals that hold together.
"""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.parts import Ranking


def rankings(
    log: ReadLog, measured: Sequence[tuple[Arm, Sequence[Paired]]], *, level: float = 0.95, seed: int = 0
) -> tuple[Ranking, ...]:
    """One for each judge that prefers, where it compared two candidates or more; A/A lanes are not counted as candidates."""
    raise NotImplementedError
