"""How an effect went on: each stretch by itself, and all of it up to then with the band that holds at all points at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import altair as alt

from shadowbench.report.charts.colours import NUMBERS, WIDTH, Colour
from shadowbench.report.charts.layered import Layered
from shadowbench.report.charts.rows import data
from shadowbench.report.charts.ticks import span

_HEIGHT = 170


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One stretch, and what was known at its end. Times are Unix seconds."""

    begin: float
    end: float
    value: float | None
    low: float | None
    high: float | None
    so_far: float | None
    so_far_low: float | None
    so_far_high: float | None

    @property
    def middle(self) -> float:
        """Where its own value stands."""
        return (self.begin + self.end) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that changed; `label` is its number in the list below the chart."""

    at: float
    label: str


def series(moments: Sequence[Moment], marks: Sequence[Mark], *, null: float | None, form: str = NUMBERS) -> Layered:
    """Moments are in order of time, and at least one. `null`: where no difference lies; `form`: how numbers look."""
    x, y = _when(moments), _height(moments, null, form)
    layers = [*_null(null, y), *_so_far(moments, x, y), *_stretches(moments, x, y), *_marks(marks, x)]
    return Layered(layers, width=WIDTH - 44, height=_HEIGHT)


def _when(moments: Sequence[Moment]) -> alt.X:
    """Milliseconds, shown as UTC wherever the report is made."""
    scale = alt.Scale(type="utc", domain=[moments[0].begin * 1000, moments[-1].end * 1000])
    return alt.X("at:T", scale=scale, axis=alt.Axis(title=None, grid=False, tickCount=4))


def _height(moments: Sequence[Moment], null: float | None, form: str) -> alt.Y:
    """The band and the stretches' values are inside; an early stretch's wide interval may be cut."""
    settled = moments[len(moments) // 4 :]
    inside = [x for each in settled for x in (each.so_far_low, each.so_far_high)]
    inside += [x for each in moments for x in (each.value, each.so_far)]
    domain = span(inside, around=null)
    axis = alt.Axis(title=None, tickCount=5, format=form)
    return alt.Y("y:Q", scale=alt.Scale(domain=list(domain), nice=False, zero=False), axis=axis)


def _null(null: float | None, y: alt.Y) -> Iterator[alt.Chart]:
    if null is not None:
        yield alt.Chart(data([{"y": null}])).mark_rule(color=Colour.QUIET).encode(y=y)


def _so_far(moments: Sequence[Moment], x: alt.X, y: alt.Y) -> Iterator[alt.Chart]:
    known = [each for each in moments if each.so_far_low is not None and each.so_far_high is not None]
    rows = [
        {"at": each.end * 1000, "y": each.so_far, "low": each.so_far_low, "high": each.so_far_high} for each in known
    ]
    chart = alt.Chart(data(rows)).encode(x=x)
    band = alt.Y("low:Q", scale=y["scale"], axis=y["axis"])
    yield chart.mark_area(color=Colour.CANDIDATE, opacity=0.2, clip=True).encode(y=band, y2=alt.Y2("high:Q"))
    yield chart.mark_line(stroke=Colour.CANDIDATE, strokeWidth=2, clip=True).encode(y=y)


def _stretches(moments: Sequence[Moment], x: alt.X, y: alt.Y) -> Iterator[alt.Chart]:
    rows = [{"at": each.middle * 1000, "y": each.value} for each in moments if each.value is not None]
    bars = [
        {"at": each.middle * 1000, "y": each.low, "high": each.high}
        for each in moments
        if each.low is not None and each.high is not None
    ]
    thin = alt.Chart(data(bars)).mark_rule(color=Colour.OPEN, strokeWidth=1, opacity=0.6, clip=True)
    yield thin.encode(x=x, y=y, y2=alt.Y2("high:Q"))
    dots = alt.Chart(data(rows)).mark_point(
        size=28, filled=True, fill=Colour.OPEN, opacity=1, clip=True
    )  # fmt: skip
    yield dots.encode(x=x, y=y)


def _marks(marks: Sequence[Mark], x: alt.X) -> Iterator[alt.Chart]:
    if marks:
        chart = alt.Chart(data([{"at": mark.at * 1000, "label": mark.label} for mark in marks]))
        chart = chart.encode(x=x)
        yield chart.mark_rule(color=Colour.WORSE, strokeDash=[2, 2])
        yield chart.mark_text(color=Colour.WORSE, align="left", dx=3, dy=4, fontWeight="bold").encode(
            y=alt.YValue(4), text=alt.Text("label:N")
        )
