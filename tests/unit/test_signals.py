"""Counters and gauges of one worker."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.signals import Counters, Exemplar, Histogram, Sample, Trace, from_wire, to_wire

LABELS = (("reason", "x"),)


def test_a_series_that_is_kept_by_whom_counts_it_is_the_one_that_is_told() -> None:
    counters = Counters()
    cell = counters.cell("a_total", LABELS)
    cell.value += 2
    counters.add("a_total", LABELS)

    assert counters.cell("a_total", LABELS) is cell
    assert counters.get("a_total", LABELS) == 3
    assert counters.series("a_total") == [(LABELS, 3)]
    assert counters.snapshot() == [Sample(name="a_total", labels=LABELS, value=3, kind="counter")]


def test_what_was_never_counted_is_zero_and_no_series() -> None:
    counters = Counters()
    assert counters.get("a_total") == 0
    assert counters.snapshot() == []


def test_a_gauge_that_is_forgotten_is_told_no_more() -> None:
    counters = Counters()
    counters.gauge("depth", 1, (("lane", "a"),))
    counters.gauge("depth", 2, (("lane", "b"),))
    counters.gauge("height", 3)
    counters.add("depth")  # a counter of that name is another series
    counters.forget("depth")
    assert [(sample.name, sample.kind) for sample in counters.snapshot()] == [("depth", "counter"), ("height", "gauge")]
    counters.forget("depth")


@given(st.lists(st.floats(0, 10)))
def test_a_histogram_adds_up(values: list[float]) -> None:
    histogram, counters = Histogram((1.0, 5.0)), Counters()
    for value in values:
        histogram.observe(value)
    histogram.report(counters, "x", (("target", "a"),))
    buckets = {dict(labels)["le"]: count for labels, count in counters.series("x_bucket")}
    assert buckets == {
        "1.0": sum(value <= 1 for value in values),
        "5.0": sum(value <= 5 for value in values),
        "+Inf": len(values),
    }
    assert counters.get("x_count", (("target", "a"),)) == len(values)
    assert counters.get("x_sum", (("target", "a"),)) == histogram.sum
    assert histogram.sum == pytest.approx(sum(values))


def trace(at: float) -> Trace:
    return Trace((("trace_id", "0af7651916cd43dd8448eb211c80319c"),), at)


def test_a_bucket_remembers_the_newest_value_that_came_with_a_trace() -> None:
    histogram, counters = Histogram((1.0, 5.0)), Counters()
    for value, at in ((0.5, 100.0), (0.7, 300.0), (0.6, 200.0), (9.0, 150.0)):
        histogram.observe(value)
        histogram.exemplify(value, trace(at))
    histogram.report(counters, "x")
    told = {dict(each.labels).get("le"): each.exemplar for each in counters.snapshot()}
    assert told == {"1.0": Exemplar(0.7, trace(300)), "5.0": None, "+Inf": Exemplar(9.0, trace(150)), None: None}


def test_the_way_to_the_parent_changes_nothing() -> None:
    counters = Counters()
    counters.add("a_total", LABELS)
    counters.gauge("depth", 2)
    counters.set_total("x_bucket", 3, (("le", "1.0"),), Exemplar(0.7, trace(300)))
    rows = json.loads(json.dumps(to_wire(counters.snapshot())))
    assert from_wire(rows) == counters.snapshot()
    assert [len(row) for row in rows] == [4, 4, 5]
