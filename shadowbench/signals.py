"""Signals: what operators watch. Plain numbers here; `telemetry/` turns them into Prometheus series.

A worker counts in `Counters` (a dict of cells, no locks, no library) and pushes cumulative snapshots to its parent.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, NamedTuple

Labels = tuple[tuple[str, str], ...]
"""Label pairs in a fixed order, e.g. `(("reason", "queue_full"),)`. Values come from fixed sets, never from traffic."""


class Trace(NamedTuple):
    """The trace that a counted value belongs to."""

    labels: Labels  # trace_id and span_id: 63 characters of the 128 that OpenMetrics allows an exemplar
    at: float  # Unix seconds


class Exemplar(NamedTuple):
    """One of the values that a bucket counts, and the trace by which it can be looked at."""

    value: float
    trace: Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number of one series at the time of the snapshot."""

    name: str
    labels: Labels
    value: float
    kind: str  # "counter" | "gauge"
    exemplar: Exemplar | None = None  # of a histogram's bucket


class Cell:
    """One series of a counter, for those that count it often: a look-up by name and labels costs more than to add."""

    __slots__ = ("exemplar", "value")

    def __init__(self) -> None:
        self.value: float = 0
        self.exemplar: Exemplar | None = None


class Histogram:
    """How often values fell where. `edges`: the upper ends of its buckets, ascending; what is above all is counted too.

    Plain integers, because one is kept in the hot path; `report` makes them Prometheus' cumulative series.
    """

    __slots__ = ("_counts", "_edges", "_exemplars", "_sum")

    def __init__(self, edges: tuple[float, ...]) -> None:
        self._edges = edges
        self._counts = [0] * (len(edges) + 1)
        self._sum = 0.0
        self._exemplars: dict[int, Exemplar] = {}  # by bucket: the newest

    def observe(self, value: float) -> None:
        """One more."""
        self._counts[bisect_left(self._edges, value)] += 1
        self._sum += value

    def exemplify(self, value: float, trace: Trace) -> None:
        """Remember `trace` with a value that was observed, until a newer one comes to the same bucket."""
        bucket = bisect_left(self._edges, value)
        self._exemplars[bucket] = newest(Exemplar(value, trace), self._exemplars.get(bucket))

    @property
    def sum(self) -> float:
        """Of all values."""
        return self._sum

    def report(self, counters: Counters, name: str, labels: Labels = ()) -> None:
        """As the counters `name`_bucket with their edge `le`, `name`_sum and `name`_count."""
        total = 0
        for bucket, (edge, count) in enumerate(zip((*map(repr, self._edges), "+Inf"), self._counts, strict=True)):
            total += count
            counters.set_total(f"{name}_bucket", total, (*labels, ("le", edge)), self._exemplars.get(bucket))
        counters.set_total(f"{name}_sum", self._sum, labels)
        counters.set_total(f"{name}_count", total, labels)


def newest(exemplar: Exemplar, other: Exemplar | None) -> Exemplar:
    """The one whose trace is younger: an older one after it would be refused by Prometheus as out of order."""
    return other if other is not None and other.trace.at > exemplar.trace.at else exemplar


class Counters:
    """Counters and gauges of one worker. Not thread-safe: a worker has one loop."""

    __slots__ = ("_counts", "_gauges")

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Labels], Cell] = {}
        self._gauges: dict[tuple[str, Labels], float] = {}

    def cell(self, name: str, labels: Labels = ()) -> Cell:
        """The series itself, to keep and to add to; it starts at 0."""
        key = (name, labels)
        cell = self._counts.get(key)
        if cell is None:
            cell = self._counts[key] = Cell()
        return cell

    def add(self, name: str, labels: Labels = (), n: float = 1) -> None:
        """Add `n` to a counter; it starts at 0."""
        self.cell(name, labels).value += n

    def set_total(self, name: str, value: float, labels: Labels = (), exemplar: Exemplar | None = None) -> None:
        """Set a counter that is kept elsewhere, as a plain integer of a hot path."""
        cell = self.cell(name, labels)
        cell.value, cell.exemplar = value, exemplar

    def gauge(self, name: str, value: float, labels: Labels = ()) -> None:
        """Set a gauge."""
        self._gauges[(name, labels)] = value

    def forget(self, name: str) -> None:
        """Drop all series of one gauge: what it told is not so any more."""
        for key in [key for key in self._gauges if key[0] == name]:
            del self._gauges[key]

    def get(self, name: str, labels: Labels = ()) -> float:
        """A counter's value, 0 when never counted."""
        cell = self._counts.get((name, labels))
        return 0 if cell is None else cell.value

    def series(self, name: str) -> list[tuple[Labels, float]]:
        """All series of one counter."""
        return [(labels, cell.value) for (each, labels), cell in self._counts.items() if each == name]

    def snapshot(self) -> list[Sample]:
        """All series, sorted, as of now."""
        counts = [
            Sample(name=n, labels=ls, value=c.value, kind="counter", exemplar=c.exemplar)
            for (n, ls), c in self._counts.items()
        ]
        gauges = [Sample(name=n, labels=ls, value=v, kind="gauge") for (n, ls), v in self._gauges.items()]
        return sorted(counts + gauges, key=lambda s: (s.name, s.labels))


def to_wire(samples: list[Sample]) -> list[list[Any]]:
    """Samples as JSON-ready lists, for the pipe between worker and parent. Few have an exemplar, and a fifth member."""
    return [[s.name, _lists(s.labels), s.value, s.kind, *_told(s.exemplar)] for s in samples]


def from_wire(rows: list[list[Any]]) -> list[Sample]:
    """The inverse of `to_wire`."""
    return [
        Sample(name=name, labels=_pairs(labels), value=value, kind=kind, exemplar=_exemplar(*rest))
        for name, labels, value, kind, *rest in rows
    ]


def _told(exemplar: Exemplar | None) -> list[Any]:
    return [] if exemplar is None else [[exemplar.value, _lists(exemplar.trace.labels), exemplar.trace.at]]


def _exemplar(told: list[Any] | None = None) -> Exemplar | None:
    if told is None:
        return None
    value, labels, at = told
    return Exemplar(value, Trace(_pairs(labels), at))


def _lists(labels: Labels) -> list[list[str]]:
    return [[key, value] for key, value in labels]


def _pairs(labels: list[list[str]]) -> Labels:
    return tuple([(key, value) for key, value in labels])
