import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics_families
from prometheus_client.parser import text_string_to_metric_families

from shadowbench.signals import Counters, Histogram, Sample, Trace
from shadowbench.telemetry.accepting import OPEN_METRICS
from shadowbench.telemetry.declaring import Signal
from shadowbench.telemetry.meanings import MEANINGS
from shadowbench.telemetry.prometheus import render


def counter(name: str, value: float, **labels: str) -> Sample:
    return Sample(name=name, labels=tuple(labels.items()), value=value, kind="counter")


def test_a_counter_is_prefixed_and_explained() -> None:
    text = render([counter("worker_restarts_total", 2, role="proxy")]).decode()
    assert text.splitlines() == [
        "# HELP shadowbench_worker_restarts_total Worker processes started again after they ended unasked.",
        "# TYPE shadowbench_worker_restarts_total counter",
        'shadowbench_worker_restarts_total{role="proxy"} 2.0',
    ]


def test_a_sum_and_a_count_become_a_summary() -> None:
    text = render(
        [counter("commit_seconds_sum", 1.5, role="recorder"), counter("commit_seconds_count", 3, role="recorder")]
    ).decode()
    assert text.splitlines()[1:] == [
        "# TYPE shadowbench_commit_seconds summary",
        'shadowbench_commit_seconds_count{role="recorder"} 3.0',
        'shadowbench_commit_seconds_sum{role="recorder"} 1.5',
    ]


def test_buckets_with_their_sum_and_count_become_a_histogram_that_adds_up() -> None:
    counters = Counters()
    histogram = Histogram((0.001, 0.01))
    for seconds in (0.0005, 0.001, 0.002, 5.0):
        histogram.observe(seconds)
    histogram.report(counters, "wait_seconds", (("side", "client"),))
    (family,) = text_string_to_metric_families(render(counters.snapshot()).decode())
    assert (family.name, family.type) == ("shadowbench_wait_seconds", "histogram")
    told = {
        (each.name.removeprefix("shadowbench_wait_seconds_"), each.labels.get("le")): each for each in family.samples
    }
    assert {key: each.value for key, each in told.items()} == {
        ("bucket", "0.001"): 2,
        ("bucket", "0.01"): 3,
        ("bucket", "+Inf"): 4,
        ("count", None): 4,
        ("sum", None): pytest.approx(5.0035),
    }
    assert {each.labels["side"] for each in told.values()} == {"client"}


def test_series_with_fewer_labels_have_empty_ones() -> None:
    text = render([counter("x_total", 1), counter("x_total", 2, reason="full")]).decode()
    assert 'shadowbench_x_total{reason=""} 1.0' in text
    assert 'shadowbench_x_total{reason="full"} 2.0' in text


def test_the_text_is_read_back_by_the_parser_of_prometheus() -> None:
    samples = [
        counter("x_total", 1, reason='quote " and \\ and \n'),
        Sample(name="open", labels=(), value=3, kind="gauge"),
    ]
    families = list(text_string_to_metric_families(render(samples).decode()))
    assert [(f.name, f.type, [s.value for s in f.samples]) for f in families] == [
        ("shadowbench_open", "gauge", [3.0]),
        ("shadowbench_x", "counter", [1.0]),
    ]


def test_nothing_counted_is_an_empty_page() -> None:
    assert render([]) == b""


TRACE = Trace((("span_id", "b7ad6b7169203331"), ("trace_id", "0af7651916cd43dd8448eb211c80319c")), 1_700_000_000.25)


def traced() -> list[Sample]:
    counters, histogram = Counters(), Histogram((0.5, 1e6))
    for seconds in (0.25, 0.3, 2.0):
        histogram.observe(seconds)
    histogram.exemplify(0.3, TRACE)
    histogram.report(counters, "wait_seconds", (("target", "small"),))
    return counters.snapshot()


def test_open_metrics_has_exemplars_and_the_parser_of_prometheus_reads_them() -> None:
    text = render(traced(), OPEN_METRICS).decode()
    assert text.endswith("# EOF\n")
    assert "_created" not in text
    (family,) = open_metrics_families(text)
    told = {each.labels.get("le"): each.exemplar for each in family.samples if each.exemplar is not None}
    assert told.keys() == {"0.5"}
    assert (told["0.5"].labels, told["0.5"].value, float(told["0.5"].timestamp)) == (dict(TRACE.labels), 0.3, TRACE.at)


def test_the_older_text_has_the_same_series_and_no_exemplars() -> None:
    text = render(traced()).decode()
    assert "trace_id" not in text and "# EOF" not in text
    (older,), (newer,) = (
        text_string_to_metric_families(text),
        open_metrics_families(render(traced(), OPEN_METRICS).decode()),
    )
    assert {(s.name, *s.labels.items(), s.value) for s in older.samples} == {
        (s.name, *s.labels.items(), s.value) for s in newer.samples
    }


def test_an_exemplar_is_within_what_open_metrics_allows() -> None:
    assert sum(len(key) + len(value) for key, value in TRACE.labels) <= 128


def test_every_signal_there_is_can_be_told_as_open_metrics() -> None:
    samples = [sample for signal in MEANINGS.values() for sample in one_of(signal)]
    told = {family.name: family.type for family in open_metrics_families(render(samples, OPEN_METRICS).decode())}
    assert told == {f"shadowbench_{name.removesuffix('_total')}": each.kind for name, each in MEANINGS.items()}


def one_of(signal: Signal) -> list[Sample]:
    """A series of a signal, as a worker counts it."""
    labels, counters = tuple((label, "x") for label in signal.labels), Counters()
    if signal.kind == "histogram":
        Histogram((1.0,)).report(counters, signal.name, labels)
    elif signal.kind == "summary":
        counters.add(f"{signal.name}_sum", labels)
        counters.add(f"{signal.name}_count", labels)
    elif signal.kind == "gauge":
        counters.gauge(signal.name, 1, labels)
    else:
        counters.add(signal.name, labels)
    return counters.snapshot()
