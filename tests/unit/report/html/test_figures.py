"""Charts of a report: which there are, and that the page asks for every one of them."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest

from shadowbench.report import charts

if not charts.installed():
    pytest.skip("the extra `charts` is not installed", allow_module_level=True)

from shadowbench.report.html import render
from shadowbench.report.html.figures import figures
from shadowbench.report.html.figures.overview import _row
from shadowbench.report.html.figures.plan import Figure
from tests.unit.report.documents import estimate, example, small


@cache
def _drawn() -> Mapping[str, Figure]:
    return figures(example())


def test_every_kind_is_there() -> None:
    kinds = {name.partition("-")[0] for name in _drawn()}
    assert kinds == {"front", "radar", "effects", "times", "costs", "series", "slices", "targets", "trend"}


def test_the_page_shows_every_chart_once() -> None:
    page = render(example(), charts=True)
    assert [page.count(f'<title id="{name}-title">') for name in _drawn()] == [1] * len(_drawn())


def test_many_slices_are_left_to_their_tables() -> None:
    candidate = small()
    reversed_ = next(each for each in candidate.slices if each.reversed)
    many = tuple(replace(reversed_, by=f"by {number}") for number in range(9))
    drawn = figures(replace(example(), candidates=(replace(candidate, slices=many),)))
    assert [name for name in drawn if name.startswith("slices")] == [f"slices-1-{number}" for number in range(1, 5)]


def test_a_chart_is_described_by_its_numbers() -> None:
    drawn = _drawn()
    number = next(number for number, each in enumerate(example().candidates, start=1) if each.name == "small")
    assert "latency (p95): 0.56 × [0.47, 0.65]" in drawn[f"effects-{number}-declared"].svg


def test_intervals_of_axes_that_run_downwards_are_turned_round() -> None:
    latency = next(axis for axis in small().radar if axis.measure == "latency")
    row = _row(latency)
    assert row.low is not None and row.value is not None and row.high is not None
    assert 0 < row.low < row.value < row.high < 1


def test_a_trend_ends_with_this_report() -> None:
    trend = replace(example().trend[0], now=estimate(0.49, 0.02))
    drawn = figures(replace(example(), candidates=(), trend=(trend,)))
    assert "2025-10-27: +0.45 [+0.42, +0.48]; this report: +0.490 [+0.470, +0.510]" in drawn["trend-1"].svg


def test_charts_of_nothing_are_none() -> None:
    nothing = replace(example(), candidates=(), standpoints=(), trend=())
    assert figures(nothing) == {}


def test_what_requests_cost_is_drawn_where_both_sides_are_known() -> None:
    number = next(number for number, each in enumerate(example().candidates, start=1) if each.name == "small")
    drawn = _drawn()[f"costs-{number}"]
    assert "share of requests that are cheaper" in drawn.svg
    assert "p50: " in drawn.svg and "production $" in drawn.svg
    assert drawn.caption.endswith("Of 2,380 pairs where both costs are known.")
    unknown = replace(small(), costs=replace(small().costs, candidate_curve=None))
    assert not [name for name in figures(replace(example(), candidates=(unknown,))) if name.startswith("costs")]
