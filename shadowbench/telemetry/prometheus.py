"""Samples as what Prometheus reads: its older text, or OpenMetrics, which has exemplars too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.openmetrics.exposition import generate_latest as generate_open_metrics
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar
from prometheus_client.utils import floatToGoString

from shadowbench.signals import Sample
from shadowbench.telemetry.accepting import OPEN_METRICS, TEXT, Form
from shadowbench.telemetry.declaring import PREFIX
from shadowbench.telemetry.meanings import MEANINGS

_Bucket = tuple[str, float] | tuple[str, float, Exemplar]


def render(samples: Sequence[Sample], form: Form = TEXT) -> bytes:
    """The text of /metrics in `form`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Samples(samples))
    if form is OPEN_METRICS:
        return bytes(generate_open_metrics(registry))  # type: ignore[no-untyped-call]
    return generate_latest(registry)


class _Samples(Collector):
    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        by_name: dict[str, list[Sample]] = defaultdict(list)
        for sample in self._samples:
            by_name[_family(sample)].append(sample)
        for name in sorted(by_name):
            yield _metric(name, by_name[name])


def _family(sample: Sample) -> str:
    # A pair X_sum and X_count of counters is a summary without quantiles; with X_bucket it is a histogram.
    if sample.kind == "counter":
        for end in ("_bucket", "_sum", "_count"):
            if sample.name.endswith(end):
                return sample.name.removesuffix(end)
    return sample.name


def _metric(name: str, samples: Sequence[Sample]) -> Metric:
    # Labels of one series set differ when a name was counted with and without: absent ones are empty, as Prometheus has it.
    labels = sorted({key for sample in samples for key, _ in sample.labels})
    declared = MEANINGS.get(name)
    help_text = declared.meaning if declared is not None else name.replace("_", " ").capitalize()
    full = PREFIX + name
    if samples[0].kind != "counter":
        gauge = GaugeMetricFamily(full, help_text, labels=labels)
        for sample in samples:
            gauge.add_metric(_values(sample, labels), sample.value)
        return gauge
    if any(sample.name.endswith("_bucket") for sample in samples):
        return _histogram(full, help_text, samples, [label for label in labels if label != "le"])
    if samples[0].name != name:
        return _summary(SummaryMetricFamily(full, help_text, labels=labels), name, samples, labels)
    counter = CounterMetricFamily(full, help_text, labels=labels)
    for sample in samples:
        counter.add_metric(_values(sample, labels), sample.value)
    return counter


def _summary(summary: SummaryMetricFamily, name: str, samples: Sequence[Sample], labels: list[str]) -> Metric:
    sums: dict[tuple[str, ...], float] = defaultdict(float)
    counts: dict[tuple[str, ...], float] = defaultdict(float)
    for sample in samples:
        (sums if sample.name.endswith("_sum") else counts)[tuple(_values(sample, labels))] += sample.value
    for values in sorted({*sums, *counts}):
        summary.add_metric(values, count_value=int(counts[values]), sum_value=sums[values])
    return summary


def _histogram(full: str, help_text: str, samples: Sequence[Sample], labels: list[str]) -> Metric:
    histogram = HistogramMetricFamily(full, help_text, labels=labels)
    sums: dict[tuple[str, ...], float] = {}
    buckets: dict[tuple[str, ...], list[_Bucket]] = defaultdict(list)
    for sample in samples:
        values = tuple(_values(sample, labels))
        if sample.name.endswith("_bucket"):
            buckets[values].append(_bucket(sample))
        elif sample.name.endswith("_sum"):
            sums[values] = sample.value
    for values, counts in sorted(buckets.items()):
        histogram.add_metric(values, sorted(counts, key=lambda bucket: float(bucket[0])), sums.get(values))
    return histogram


def _bucket(sample: Sample) -> _Bucket:
    # As OpenMetrics writes numbers, 1e+06 and above with an exponent: a series is the same in both forms.
    edge = str(floatToGoString(dict(sample.labels)["le"]))  # type: ignore[no-untyped-call]
    told = sample.exemplar
    if told is None:
        return edge, sample.value
    return edge, sample.value, Exemplar(dict(told.trace.labels), told.value, told.trace.at)


def _values(sample: Sample, labels: list[str]) -> list[str]:
    given = dict(sample.labels)
    return [given.get(label, "") for label in labels]
