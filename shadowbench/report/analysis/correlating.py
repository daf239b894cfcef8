"""Do answers that take longer, or cost more, score better? Within requests: both sides' differences on the same one.

Over three models one would see a line through three points; over requests there are as many points as there are pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.parts import Correlation


def correlations(
    arm: Arm, effort: Sequence[Paired], scores: Sequence[Paired], *, level: float = 0.95, seed: int = 0
) -> tuple[Correlation, ...]:
    """Of each of `effort` (latency, cost) with each of the first few `scores` that know a better and a worse."""
    raise NotImplementedError
