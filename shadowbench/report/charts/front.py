"""Quality against cost: who is worth choosing at all (the Pareto front), and who is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from shadowbench.report.charts.colours import WIDTH, Colour
from shadowbench.report.charts.rows import data
from shadowbench.report.charts.ticks import span

_HEIGHT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where one endpoint stands. `chosen`: nobody is at least as good in everything and better in something."""

    name: str
    cost: float
    quality: float
    chosen: bool
    production: bool = False


def front(stands: Sequence[Stand], *, across: str, up: str) -> alt.LayerChart:
    """`across`, `up`: titles of the axes."""
    x = alt.X("cost:Q", scale=_scale([stand.cost for stand in stands]), axis=_axis(across))
    y = alt.Y("quality:Q", scale=_scale([stand.quality for stand in stands]), axis=_axis(up))
    rows = [
        {
            "cost": stand.cost,
            "quality": stand.quality,
            "name": stand.name,
            "stroke": Colour.PRODUCTION if stand.production else Colour.CANDIDATE,
            "fill": (Colour.PRODUCTION if stand.production else Colour.CANDIDATE) if stand.chosen else Colour.PAPER,
            "shape": "square" if stand.production else "circle",
        }
        for stand in stands
    ]
    chart = alt.Chart(data(rows)).encode(x=x, y=y)
    dots = chart.mark_point(size=90, strokeWidth=2, opacity=1).encode(
        stroke=alt.Stroke("stroke:N", scale=None, legend=None),
        fill=alt.Fill("fill:N", scale=None, legend=None),
        shape=alt.Shape("shape:N", scale=None, legend=None),
    )
    names = chart.mark_text(dy=-13, limit=150).encode(text=alt.Text("name:N"))
    return alt.layer(dots, names, width=WIDTH - 60, height=_HEIGHT)


def _scale(values: Sequence[float]) -> alt.Scale:
    """Names stand above and beside their dots: the room is theirs."""
    return alt.Scale(domain=list(span(values, padding=0.25)), nice=False, zero=False)


def _axis(title: str) -> alt.Axis:
    return alt.Axis(title=title, tickCount=4, format=".3~g")
