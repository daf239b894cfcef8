"""The measures of a log, and one of them over a candidate's pairs, made ready for each kind of statistic once.

A measure of a million pairs takes tens of megabytes: what it was made from is let go at once, the rest when it is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis import timing
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.censoring import censored, of_times
from shadowbench.report.analysis.sorted_sides import SortedPairs, SortedSides
from shadowbench.report.analysis.values import OF_THE_LOG, Paired, Values, intended, log_values, score_values
from shadowbench.report.policy import Statistic


class Ready:
    """Pairs as a statistic needs them."""

    def __init__(self, paired: Paired, arm: Arm, ranked: SortedPairs | None = None) -> None:
        self.paired = paired
        self.answered = arm.answered[paired.places] & ~paired.imputed  # by both sides, shape (n,)
        self._ranked = ranked

    @cached_property
    def ranked(self) -> SortedPairs:
        """In ascending order."""
        paired = self.paired
        return self._ranked or SortedPairs.of(paired.candidate, paired.production, paired.weights, paired.clusters)

    @cached_property
    def ranked_answered(self) -> SortedSides:
        """The pairs that both sides answered, in ascending order."""
        return self.ranked.among(self.answered)

    @cached_property
    def paired_answered(self) -> Paired:
        """The pairs that both sides answered."""
        return self.paired.among(self.answered)


class Measured:
    """One measure over an arm's pairs. `load`: its values; `times`: of a measure of time, its times."""

    def __init__(self, arm: Arm, load: Callable[[], Values], times: Callable[[], timing.Timed] | None = None) -> None:
        self.arm = arm
        self._load = load
        self._times = times

    @cached_property
    def for_means(self) -> Ready:
        """Failures at their worst value."""
        return Ready(intended(self._load(), self.arm), self.arm)

    @cached_property
    def for_quantiles(self) -> Ready:
        """Failures beyond what anybody waited for."""
        if self.times is None:
            return Ready(censored(self._load(), self.arm), self.arm)
        return Ready(of_times(self.times.timed, self.for_means.paired), self.arm, self.times.pairs)

    @cached_property
    def times(self) -> timing.Ranked | None:
        """Of a measure of time, in ascending order."""
        return None if self._times is None else timing.ranked(self._times())

    def ready_for(self, statistic: Statistic) -> Ready:
        """As the statistic needs it."""
        return self.for_means if statistic.level is None else self.for_quantiles

    def forget(self) -> None:
        """Let go of everything; what is asked for again is made again."""
        for made in ("for_means", "for_quantiles", "times"):
            self.__dict__.pop(made, None)


def measures_of(log: ReadLog) -> Sequence[str]:
    """Names, the log's own first. Scores of the same names give way to those."""
    return [*OF_THE_LOG, *(name for name in log.scores if name not in OF_THE_LOG)]


def measured(log: ReadLog, arm: Arm, name: str) -> Measured:
    """One of `measures_of`: where it was measured under several configurations, the newest one's."""
    if name in timing.MEASURES:
        return Measured(arm, lambda: log_values(log, arm, name), lambda: timing.timed(log, arm, name))
    if name in OF_THE_LOG:
        return Measured(arm, lambda: log_values(log, arm, name))
    return Measured(arm, lambda: score_values(log, arm, log.scores.measure(name)))
