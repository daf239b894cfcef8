import pytest
from prometheus_client.parser import text_string_to_metric_families

from shadowbench.signals import Counters, Histogram, Sample
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
