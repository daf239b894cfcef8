"""Signals: what operators watch. Plain numbers here; `telemetry/` turns them into Prometheus series.

A worker counts in `Counters` (a dict of cells, no locks, no library) and pushes cumulative snapshots to its parent.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

Labels = tuple[tuple[str, str], ...]
"""Label pairs in a fixed order, e.g. `(("reason", "queue_full"),)`. Values come from fixed sets, never from traffic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number of one series at the time of the snapshot."""

    name: str
    labels: Labels
    value: float
    kind: str  # "counter" | "gauge"


class Cell:
    """One series of a counter, for those that count it often: a look-up by name and labels costs more than to add."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: float = 0


class Histogram:
    """How often values fell where. `edges`: the upper ends of its buckets, ascending; what is above all is counted too.

    Plain integers, because one is kept in the hot path; `report` makes them Prometheus' cumulative series.
    """

    __slots__ = ("_counts", "_edges", "_sum")

    def __init__(self, edges: tuple[float, ...]) -> None:
        self._edges = edges
        self._counts = [0] * (len(edges) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """One more."""
        self._counts[bisect_left(self._edges, value)] += 1
        self._sum += value

    @property
    def sum(self) -> float:
        """Of all values."""
        return self._sum

    def report(self, counters: Counters, name: str, labels: Labels = ()) -> None:
        """As the counters `name`_bucket with their edge `le`, `name`_sum and `name`_count."""
        total = 0
        for edge, count in zip((*map(repr, self._edges), "+Inf"), self._counts, strict=True):
            total += count
            counters.set_total(f"{name}_bucket", total, (*labels, ("le", edge)))
        counters.set_total(f"{name}_sum", self._sum, labels)
        counters.set_total(f"{name}_count", total, labels)


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

    def set_total(self, name: str, value: float, labels: Labels = ()) -> None:
        """Set a counter that is kept elsewhere, as a plain integer of a hot path."""
        self.cell(name, labels).value = value

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
        counts = [Sample(name=n, labels=ls, value=c.value, kind="counter") for (n, ls), c in self._counts.items()]
        gauges = [Sample(name=n, labels=ls, value=v, kind="gauge") for (n, ls), v in self._gauges.items()]
        return sorted(counts + gauges, key=lambda s: (s.name, s.labels))


def to_wire(samples: list[Sample]) -> list[list[Any]]:
    """Samples as JSON-ready lists, for the pipe between worker and parent."""
    return [[s.name, [list(pair) for pair in s.labels], s.value, s.kind] for s in samples]


def from_wire(rows: list[list[Any]]) -> list[Sample]:
    """The inverse of `to_wire`."""
    return [
        Sample(name=name, labels=tuple((k, v) for k, v in labels), value=value, kind=kind)
        for name, labels, value, kind in rows
    ]
