"""How long both sides take, over the same pairs: latency, time to the first token, gaps."""

from __future__ import annotations

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.document.times import Distribution
from shadowbench.report.policy import Policy


def distributions(log: ReadLog, arm: Arm, policy: Policy, rng: np.random.Generator) -> tuple[Distribution, ...]:
    """Latency, time to first token and gaps, each where there is any pair to time. `rng`: for the bootstrap of small logs."""
    raise NotImplementedError
