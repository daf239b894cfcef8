"""Each kind of chart is drawn, with what it must show and in the page's colours alone."""

import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

pytest.importorskip("altair", reason="the extra `charts` is not installed")
pytest.importorskip("vl_convert", reason="the extra `charts` is not installed")

import altair as alt

from shadowbench.report.charts.colours import Colour
from shadowbench.report.charts.curves import Side, curves
from shadowbench.report.charts.drawing import Chart, draw, unchecked
from shadowbench.report.charts.front import Stand, front
from shadowbench.report.charts.intervals import Row, Sign, intervals
from shadowbench.report.charts.radar import Spoke, radar
from shadowbench.report.charts.series import Mark, Moment, series

_ROWS = [
    Row(
        label="errors <b>",
        number="+1",
        value=-0.5,
        low=-0.7,
        high=-0.3,
        margin=-0.1,
        noise_low=-0.1,
        noise_high=0.1,
        sign=sign,
    )
    for sign in Sign
]
_MOMENTS = [
    Moment(
        begin=day * 86400.0, end=day * 86400.0 + 43200, value=0.5, low=0.3, high=0.7,
        so_far=0.5, so_far_low=None if day == 0 else 0.4, so_far_high=None if day == 0 else 0.6,
    )
    for day in range(5)
]  # fmt: skip
_SPOKES = [Spoke(label=f"axis {n}", production=0.5, candidate=1.4, low=0.8, high=1.6) for n in range(4)]


def _curves() -> Chart:
    levels = (0.1, 0.5, 0.9, 0.99, 1.0)
    chart = curves(
        Side(levels=levels, seconds=(0.1, 0.5, 2.0, 4.0, 9.0), colour=Colour.PRODUCTION, dashed=True),
        Side(levels=levels, seconds=(0.0, 0.4, 1.0, None, None), colour=Colour.CANDIDATE),
        title="seconds",
    )
    assert chart is not None
    return chart


def _radar() -> Chart:
    chart = radar(_SPOKES)
    assert chart is not None
    return chart


_CHARTS: dict[str, Any] = {
    "own scales": lambda: intervals(_ROWS, domain=(-1.0, 1.0)),
    "one scale": lambda: intervals(_ROWS, title="candidate − production"),
    "curves": _curves,
    "series": lambda: series(_MOMENTS, [Mark(at=86400.0, label="1")], null=0.5),
    "radar": _radar,
    "front": lambda: front(
        [Stand(name="production", cost=0.004, quality=0.5, chosen=True, production=True),
         Stand(name="small", cost=0.001, quality=0.4, chosen=False)],
        across="cost", up="quality",
    ),
}  # fmt: skip


@cache
def _drawn(kind: str) -> str:
    return _again(kind)


def _again(kind: str) -> str:
    return draw(_CHARTS[kind](), name="chart", title="title", description="1")


@pytest.mark.parametrize("kind", _CHARTS)
def test_all_colours_are_the_pages(kind: str) -> None:
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', _drawn(kind)))
    assert colours <= {colour.value for colour in Colour} | {"none", "transparent"}


@pytest.mark.parametrize("kind", _CHARTS)
def test_it_is_what_vega_lite_knows(kind: str) -> None:
    assert _CHARTS[kind]().to_dict(validate=True)["$schema"].startswith("https://vega.github.io/schema/vega-lite/")


def test_altair_checks_nothing_where_many_charts_are_made_and_goes_on_checking_after() -> None:
    with unchecked():
        alt.Chart(alt.Data(values=[])).mark_bar(size="wide")
    with pytest.raises(Exception, match="wide"):
        alt.Chart(alt.Data(values=[])).mark_bar(size="wide")


@pytest.mark.parametrize("kind", _CHARTS)
def test_it_fits_a_phone(kind: str) -> None:
    found = re.search(r'viewBox="0 0 ([\d.]+) ', _drawn(kind))
    assert found is not None and float(found[1]) <= 380


@pytest.mark.parametrize("kind", _CHARTS)
def test_the_same_rows_are_the_same_bytes(kind: str) -> None:
    assert _drawn(kind) == _again(kind)


@pytest.mark.parametrize("kind", _CHARTS)
def test_there_is_no_style_attribute_that_a_strict_policy_would_drop(kind: str) -> None:
    assert "style=" not in _drawn(kind)


def test_labels_are_text() -> None:
    assert "errors &lt;b>" in _drawn("own scales") or "errors &lt;b&gt;" in _drawn("own scales")


def test_an_axis_names_what_it_shows() -> None:
    assert "candidate − production" in _drawn("one scale")
    assert "candidate − production" not in _drawn("own scales")


def test_levels_are_told_in_percent() -> None:
    svg = _drawn("curves")
    assert all(f">{level}<" in svg for level in ("50%", "90%", "99%"))


def test_marks_have_their_numbers() -> None:
    assert ">1<" in _drawn("series")


def test_a_radar_s_line_has_a_gap_beside_an_axis_without_a_value() -> None:
    spokes = [replace(_SPOKES[0], production=None), *(replace(each, production=0.5) for each in _SPOKES[1:])]
    chart = radar(spokes)
    assert chart is not None
    lines = [layer for layer in chart.to_dict()["layer"] if "detail" in layer["encoding"]]
    drawn = [len({row["edge"] for row in layer["data"]["values"]}) for layer in lines]
    assert drawn == [len(spokes) - 2, len(spokes)]


def test_two_axes_are_no_radar() -> None:
    assert radar(_SPOKES[:2]) is None


def test_times_of_zero_alone_are_no_curve() -> None:
    nothing = Side(levels=(0.5,), seconds=(0.0,), colour=Colour.CANDIDATE)
    assert curves(nothing, nothing, title="seconds") is None
