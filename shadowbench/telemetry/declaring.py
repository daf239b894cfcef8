"""How a signal is declared: its type, its labels, and what it means. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram", "summary"]
PREFIX = "shadowbench_"
WHERE = ("role", "worker")
"""Labels that the parent adds to whatever a worker counts."""

_UNITS = {"seconds": "seconds", "bytes": "bytes", "ratio": "0 to 1", "usd": "USD", "tokens": "tokens"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One signal. `name` is without prefix; `labels` are its own, in alphabetical order."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str

    @property
    def unit(self) -> str:
        """By the conventions of names, the last word before _total; "" where things are counted."""
        return _UNITS.get(self.name.removesuffix("_total").rpartition("_")[2], "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Signals that belong together. `of_workers`: they are counted by workers, and carry `WHERE`."""

    title: str
    signals: tuple[Signal, ...]
    of_workers: bool = True

    def labels_of(self, signal: Signal) -> tuple[str, ...]:
        """All that a scrape finds, in alphabetical order, but for `le`."""
        return tuple(sorted({*signal.labels, *(WHERE if self.of_workers else ())}))


def counter(name: str, labels: str, meaning: str) -> Signal:
    """`labels`: names with spaces between."""
    return _signal(name, "counter", labels, meaning)


def gauge(name: str, labels: str, meaning: str) -> Signal:
    """See `counter`."""
    return _signal(name, "gauge", labels, meaning)


def histogram(name: str, labels: str, meaning: str) -> Signal:
    """See `counter`."""
    return _signal(name, "histogram", labels, meaning)


def summary(name: str, labels: str, meaning: str) -> Signal:
    """See `counter`. Of ours a sum and a count, without quantiles."""
    return _signal(name, "summary", labels, meaning)


def _signal(name: str, kind: Kind, labels: str, meaning: str) -> Signal:
    return Signal(name=name, kind=kind, labels=tuple(sorted(labels.split())), meaning=meaning)
