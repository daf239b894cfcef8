"""All of one run, and how peers are found in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from benchmarks.load import RequestResult
from benchmarks.machine import Machine
from benchmarks.ratios import Ratio, by_round
from benchmarks.rounds import Course, PeerResult, StartResult
from benchmarks.sse_load import StreamResult
from benchmarks.verification import Verification

Window = TypeVar("Window")


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A peer that was not measured, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of one run."""

    at: datetime
    flags: str  # of the command line
    seconds: float
    machine: Machine
    course: Course
    peers: Sequence[PeerResult]
    absent: Sequence[Absent]
    starts: Sequence[StartResult]
    verified: Verification

    def peer(self, key: str) -> PeerResult | None:
        """None when it was not measured."""
        return next((peer for peer in self.peers if peer.key == key), None)

    def throughput(self, one: str, other: str, size: int, value: Callable[[RequestResult], float]) -> Ratio:
        """A value of the windows with many connections: `one` over `other`."""
        ours, theirs = self.peer(one), self.peer(other)
        return _ratio(ours and ours.throughput.get(size), theirs and theirs.throughput.get(size), value)

    def latency(self, one: str, other: str, size: int) -> Ratio:
        """The median at one connection: `one` over `other`."""
        ours, theirs = self.peer(one), self.peer(other)
        return _ratio(
            ours and ours.latency.get(size), theirs and theirs.latency.get(size), lambda window: window.p50_us
        )

    def streams(self, one: str, other: str, count: int, value: Callable[[StreamResult], float]) -> Ratio:
        """A value of the windows with `count` streams: `one` over `other`."""
        ours, theirs = self.peer(one), self.peer(other)
        return _ratio(ours and ours.streams.get(count), theirs and theirs.streams.get(count), value)


def _ratio(ours: Sequence[Window] | None, theirs: Sequence[Window] | None, value: Callable[[Window], float]) -> Ratio:
    return by_round([value(window) for window in ours or ()], [value(window) for window in theirs or ()])
