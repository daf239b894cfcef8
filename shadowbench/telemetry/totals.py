"""Counters that survive the workers that counted them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shadowbench.signals import Exemplar, Labels, Sample, newest


class Source(NamedTuple):
    """A place in the crew. The process that fills it may change; its counters go on."""

    role: str
    worker: int


class Totals:
    """The last snapshot of each living worker, upon the counters of its predecessors."""

    def __init__(self) -> None:
        self._living: dict[Source, Sequence[Sample]] = {}
        self._dead: dict[Source, dict[tuple[str, Labels], Sample]] = {}

    def push(self, source: Source, samples: Sequence[Sample]) -> None:
        """Take a cumulative snapshot of the process that fills `source` now."""
        self._living[source] = samples

    def end(self, source: Source) -> None:
        """The process at `source` is gone: keep its counters, forget its gauges."""
        kept = self._dead.setdefault(source, {})
        for sample in self._living.pop(source, ()):
            if sample.kind == "counter":
                key = (sample.name, sample.labels)
                kept[key] = _upon(kept.get(key), sample, sample.labels)

    def samples(self) -> list[Sample]:
        """All series with `role` and `worker` labels, sorted. Counters never fall."""
        found: list[Sample] = []
        for source in sorted({*self._living, *self._dead}):
            where = (("role", source.role), ("worker", str(source.worker)))
            rest = dict(self._dead.get(source, {}))
            for sample in self._living.get(source, ()):
                before = rest.pop((sample.name, sample.labels), None) if sample.kind == "counter" else None
                found.append(_upon(before, sample, sample.labels + where))
            found.extend(_upon(None, sample, sample.labels + where) for sample in rest.values())
        return sorted(found, key=lambda sample: (sample.name, sample.labels))


def _upon(before: Sample | None, sample: Sample, labels: Labels) -> Sample:
    """`sample` with what its predecessor counted, under `labels`."""
    return Sample(
        name=sample.name,
        labels=labels,
        value=sample.value + (0 if before is None else before.value),
        kind=sample.kind,
        exemplar=sample.exemplar if before is None else _newer(sample.exemplar, before.exemplar),
    )


def _newer(exemplar: Exemplar | None, other: Exemplar | None) -> Exemplar | None:
    return other if exemplar is None else newest(exemplar, other)
