from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.signals import Exemplar, Sample, Trace
from shadowbench.telemetry.totals import Source, Totals

PROXY = Source("proxy", 0)
WHERE = (("role", "proxy"), ("worker", "0"))


def counter(value: float, name: str = "requests_total", **labels: str) -> Sample:
    return Sample(name=name, labels=tuple(labels.items()), value=value, kind="counter")


def gauge(value: float) -> Sample:
    return Sample(name="open", labels=(), value=value, kind="gauge")


def test_a_snapshot_replaces_the_one_before() -> None:
    totals = Totals()
    totals.push(PROXY, [counter(3)])
    totals.push(PROXY, [counter(5)])
    assert totals.samples() == [Sample(name="requests_total", labels=WHERE, value=5, kind="counter")]


def test_a_dead_worker_leaves_its_counters_and_takes_its_gauges() -> None:
    totals = Totals()
    totals.push(PROXY, [counter(5), gauge(7)])
    totals.end(PROXY)
    assert totals.samples() == [Sample(name="requests_total", labels=WHERE, value=5, kind="counter")]


def test_a_successor_counts_on() -> None:
    totals = Totals()
    totals.push(PROXY, [counter(5), counter(1, reason="x")])
    totals.end(PROXY)
    totals.push(PROXY, [counter(2), gauge(1)])
    assert [(s.name, s.labels, s.value) for s in totals.samples()] == [
        ("open", WHERE, 1),
        ("requests_total", (("reason", "x"), *WHERE), 1),
        ("requests_total", WHERE, 7),
    ]


def test_a_worker_that_never_reported_leaves_nothing() -> None:
    totals = Totals()
    totals.end(PROXY)
    assert totals.samples() == []


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans())))
def test_a_counter_never_falls(steps: list[tuple[int, bool]]) -> None:
    totals, current, last = Totals(), 0, 0.0
    for more, dies in steps:
        current += more
        totals.push(PROXY, [counter(current)])
        if dies:
            totals.end(PROXY)
            current = 0
        (sample,) = totals.samples()
        assert sample.value >= last
        last = sample.value
    assert last == sum(more for more, _ in steps)


def exemplar(value: float, at: float) -> Exemplar:
    return Exemplar(value, Trace((("trace_id", f"{at:032.0f}"),), at))


def test_an_exemplar_outlives_its_worker_until_a_newer_one_comes() -> None:
    totals = Totals()
    old, new = exemplar(0.2, at=100), exemplar(0.3, at=200)
    totals.push(PROXY, [replace(counter(5, "x_bucket", le="1.0"), exemplar=old)])
    totals.end(PROXY)
    assert [each.exemplar for each in totals.samples()] == [old]
    totals.push(PROXY, [counter(1, "x_bucket", le="1.0")])
    assert [(each.value, each.exemplar) for each in totals.samples()] == [(6, old)]
    totals.push(PROXY, [replace(counter(2, "x_bucket", le="1.0"), exemplar=new)])
    assert [each.exemplar for each in totals.samples()] == [new]
    totals.end(PROXY)
    assert [(each.value, each.exemplar) for each in totals.samples()] == [(7, new)]
