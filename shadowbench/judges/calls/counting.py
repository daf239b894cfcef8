"""Calls as numbers that operators watch. Labels are names of judges, which the configuration gives, and fixed codes."""

from __future__ import annotations

from shadowbench.judges.calls.costs import Charge
from shadowbench.judges.calls.lanes import Lane
from shadowbench.signals import Counters, Labels


class Tally:
    """One judge's."""

    def __init__(self, counters: Counters, judge: str) -> None:
        self._counters = counters
        self._judge: Labels = (("judge", judge),)

    def called(self, outcome: str, charge: Charge) -> None:
        """An attempt is over."""
        self._counters.add("judge_calls_total", (*self._judge, ("outcome", outcome)))
        if charge.usd is None:
            self._counters.add("judge_unpriced_total", (*self._judge, ("reason", charge.reason or "")))
        else:
            self._counters.add("judge_cost_usd_total", self._judge, charge.usd)

    def retried(self, outcome: str) -> None:
        """An attempt that came to nothing is followed by another."""
        self._counters.add("judge_retries_total", (*self._judge, ("reason", outcome)))

    def cached(self) -> None:
        """A question needed no call."""
        self._counters.add("judge_cached_total", self._judge)

    def refused(self, reason: str) -> None:
        """A question was not put."""
        self._counters.add("judge_refused_total", (*self._judge, ("reason", reason)))

    def paused(self, reason: str) -> None:
        """The endpoint turned out to be out of order."""
        self._counters.add("judge_pauses_total", (*self._judge, ("reason", reason)))

    def report(self, lane: Lane) -> None:
        """What is true now."""
        self._counters.gauge("judge_in_flight", lane.in_flight, self._judge)
        self._counters.gauge("judge_concurrency_allowed", lane.allowance.allowed, self._judge)
