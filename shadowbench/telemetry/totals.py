"""Counters that survive the workers that counted them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shadowbench.signals import Labels, Sample


class Source(NamedTuple):
    """A place in the crew. The process that fills it may change; its counters go on."""

    role: str
    worker: int


class Totals:
    """The last snapshot of each living worker, upon the counters of its predecessors."""

    def __init__(self) -> None:
        self._living: dict[Source, Sequence[Sample]] = {}
        self._dead: dict[Source, dict[tuple[str, Labels], float]] = {}

    def push(self, source: Source, samples: Sequence[Sample]) -> None:
        """Take a cumulative snapshot of the process that fills `source` now."""
        self._living[source] = samples

    def end(self, source: Source) -> None:
        """The process at `source` is gone: keep its counters, forget its gauges."""
        kept = self._dead.setdefault(source, {})
        for sample in self._living.pop(source, ()):
            if sample.kind == "counter":
                key = (sample.name, sample.labels)
                kept[key] = kept.get(key, 0) + sample.value

    def samples(self) -> list[Sample]:
        """All series with `role` and `worker` labels, sorted. Counters never fall."""
        found: list[Sample] = []
        for source in sorted({*self._living, *self._dead}):
            where = (("role", source.role), ("worker", str(source.worker)))
            rest = dict(self._dead.get(source, {}))
            for sample in self._living.get(source, ()):
                before = rest.pop((sample.name, sample.labels), 0) if sample.kind == "counter" else 0
                found.append(
                    Sample(
                        name=sample.name, labels=sample.labels + where, value=sample.value + before, kind=sample.kind
                    )
                )
            found.extend(
                Sample(name=name, labels=labels + where, value=value, kind="counter")
                for (name, labels), value in rest.items()
            )
        return sorted(found, key=lambda sample: (sample.name, sample.labels))
