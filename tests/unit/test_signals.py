"""Counters and gauges of one worker."""

from __future__ import annotations

from shadowbench.signals import Counters, Sample

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
