"""Whether the second half of the period is unlike the first: requests, answers, scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.times import Drift
from shadowbench.report.policy import Policy


def drifts(
    log: ReadLog, arms: Sequence[Arm], measured: Sequence[Sequence[Paired]], policy: Policy, rng: np.random.Generator
) -> tuple[Drift, ...]:
    """`measured`: for each arm its metrics and judges (`intended`), in the arms' order. Corrected over all of them."""
    raise NotImplementedError
