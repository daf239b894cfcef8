"""The measures of a log, and one of them over a candidate's pairs, made ready for each kind of statistic once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.censoring import censored
from shadowbench.report.analysis.values import OF_THE_LOG, Paired, Values, intended, log_values, score_values
from shadowbench.report.policy import Statistic


class Measured:
    """One measure over an arm's pairs."""

    def __init__(self, arm: Arm, values: Values) -> None:
        self.arm = arm
        self.values = values

    @cached_property
    def for_means(self) -> Paired:
        """Failures at their worst value."""
        return intended(self.values, self.arm)

    @cached_property
    def for_quantiles(self) -> Paired:
        """Failures beyond what anybody waited for."""
        return censored(self.values, self.arm)

    def ready_for(self, statistic: Statistic) -> Paired:
        """As the statistic needs it."""
        return self.for_means if statistic.level is None else self.for_quantiles


def measures_of(log: ReadLog) -> Sequence[str]:
    """Names, the log's own first. Scores of the same names give way to those."""
    return [*OF_THE_LOG, *(name for name in log.scores if name not in OF_THE_LOG)]


def measured(log: ReadLog, arm: Arm, name: str) -> Measured:
    """One of `measures_of`: where it was measured under several configurations, the newest one's."""
    if name in OF_THE_LOG:
        return Measured(arm, log_values(log, arm, name))
    return Measured(arm, score_values(log, arm, log.scores.measure(name)))
