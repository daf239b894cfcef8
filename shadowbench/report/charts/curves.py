"""Times of both sides, or costs, by how many are below: the tail has as much room as the middle.

The horizontal axis is −log₁₀(1 − level), so that half, 90 %, 99 % and 99.9 % stand at equal distances, as in HdrHistogram's
plots. Where a side's quantiles are censored (it failed, or was not waited for), its line ends in an arrow, and a strip at the
top goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import altair as alt

from shadowbench.report.charts.colours import DASHES, WIDTH, Colour
from shadowbench.report.charts.layered import Layered
from shadowbench.report.charts.rows import data
from shadowbench.report.charts.ticks import round_steps

_HEIGHT = 210
_STRIP = 6  # pixels
_ROOM = 1.06  # beyond the last level: for what is censored there
_LEVELS = (0.5, 0.9, 0.99, 0.999, 0.9999)
_WIDEST = -math.log10(1 - 0.99999)  # the slowest of all is drawn here, not at infinity


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """`seconds[i]`, of costs USD, is the quantile at `levels[i]`; None: censored."""

    levels: Sequence[float]
    seconds: Sequence[float | None]
    colour: Colour
    dashed: bool = False


def curves(
    production: Side, candidate: Side, *, title: str, across: str = "share of requests that are faster"
) -> Layered | None:
    """None: no side has a time above zero to draw."""
    points = [*_points(production), *_points(candidate)]
    if not points:
        return None
    x, y = _axes(production, candidate, points, (across, title))
    sides = production, candidate
    censored = [side for side in sides if None in side.seconds]
    lines = [layer for side in sides for layer in _line(side, x, y)]
    layers = [*lines, *(_strip(side, number, x) for number, side in enumerate(censored))]
    return Layered(layers, width=WIDTH - 48, height=_HEIGHT)


def _points(side: Side) -> list[dict[str, float]]:
    """Times of zero have no place on a logarithmic axis."""
    pairs = zip(side.levels, side.seconds, strict=True)
    return [{"x": _place(level), "y": seconds} for level, seconds in pairs if seconds is not None and seconds > 0]


def _place(level: float) -> float:
    return min(-math.log10(1 - level), _WIDEST) if level < 1 else _WIDEST


def _axes(
    production: Side, candidate: Side, points: Sequence[dict[str, float]], titles: tuple[str, str]
) -> tuple[alt.X, alt.Y]:
    right = max(_place(level) for side in (production, candidate) for level in side.levels) * _ROOM
    low, high = min(point["y"] for point in points) / 1.15, max(point["y"] for point in points) * 1.3
    levels = [_place(level) for level in _LEVELS if _place(level) <= right]
    named = "format(1 - pow(10, -datum.value), '.2~%')"
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[0, right], nice=False),
        axis=alt.Axis(values=levels, labelExpr=named, title=titles[0]),
    )
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        axis=alt.Axis(values=round_steps(low, high) or [float(f"{points[0]['y']:.2g}")], format="~g", title=titles[1]),
    )
    return x, y


def _line(side: Side, x: alt.X, y: alt.Y) -> Iterator[alt.Chart]:
    chart = alt.Chart(data(_points(side)))
    dash = DASHES if side.dashed else [1, 0]
    yield chart.mark_line(stroke=side.colour, strokeWidth=2, strokeDash=dash, clip=True).encode(x=x, y=y)
    if None in side.seconds:
        last = alt.Chart(data(_points(side)[-1:]))
        yield last.mark_point(shape="triangle-up", size=60, filled=True, fill=side.colour, opacity=1).encode(x=x, y=y)


def _strip(side: Side, number: int, x: alt.X) -> alt.Chart:
    """From the first level that is censored to the right end; the first at the top, the next below."""
    first = min(level for level, seconds in zip(side.levels, side.seconds, strict=True) if seconds is None)
    top = number * (_STRIP + 2)
    strip = alt.Chart(data([{"x": _place(first)}])).mark_rect(fill=side.colour, opacity=0.8)
    return strip.encode(x=x, x2=alt.X2Value(WIDTH - 48), y=alt.YValue(top), y2=alt.Y2Value(top + _STRIP))
