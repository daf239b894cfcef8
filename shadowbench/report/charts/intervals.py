"""Dots with intervals, one row each: what is known of several things, and how well.

    answer quality                    +0.012 [−0.003, 0.027]
    ────────┊────────│──●────────
            margin   no difference

Either each row has its own scale (measures of different units: no axis, and the numbers stand above the row), or all share one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import altair as alt

from shadowbench.report.charts.colours import NUMBERS, WIDTH, Colour
from shadowbench.report.charts.layered import Layered
from shadowbench.report.charts.rows import data
from shadowbench.report.charts.ticks import span

_ROW = 44  # pixels: a line of words, and the interval below
_DIGIT = 6.9  # pixels of a character of the number, about
_LEAST_ROOM = 60  # pixels for the label, which is cut where there is no more
_ABOVE, _BELOW = -14, 7  # pixels from the middle of a row: its words, its interval


class Sign(Enum):
    """What an interval says: its colour, and its shape for those who see no colours."""

    BETTER = (Colour.BETTER, "triangle-right", True)
    NOT_WORSE = (Colour.BETTER, "circle", False)
    WORSE = (Colour.WORSE, "triangle-left", True)
    OPEN = (Colour.OPEN, "diamond", False)
    TOLD = (Colour.INK, "circle", True)  # nothing was declared about it
    STRANGE = (Colour.WORSE, "diamond", True)  # a part that points the other way than the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. Without an interval there are only its words."""

    label: str
    number: str  # what stands at the right: the numbers in words, or why there are none
    value: float | None = None
    low: float | None = None
    high: float | None = None
    margin: float | None = None
    noise_low: float | None = None  # the A/A lane's interval
    noise_high: float | None = None
    sign: Sign = Sign.TOLD


def intervals(
    rows: Sequence[Row],
    *,
    reference: float | None = 0.0,
    domain: tuple[float, float] | None = None,
    title: str | None = None,
    form: str = NUMBERS,
) -> Layered:
    """`reference`: where no difference lies. `title`: what the shared axis shows, `form`: how its numbers look; without a title
    there is no axis, since each row has a scale of its own."""
    low, high = domain or span((x for row in rows for x in (row.low, row.high, row.value)), around=reference)
    axis = None if title is None else alt.Axis(title=title, tickCount=5, format=form, grid=False)
    x = alt.X("x:Q", scale=alt.Scale(domain=[low, high], nice=False, zero=False), axis=axis)
    layers = [*_reference(rows, reference, x), *_noise(rows, x), *_margins(rows, x), *_bars(rows, x), *_words(rows)]
    return Layered(layers, width=WIDTH - 8, height=_ROW * len(rows))


def _rows(rows: Sequence[Row], keep: Any, make: Any) -> alt.Chart:
    """A layer's data: rows that have what it draws."""
    values = [{"row": number, **make(row)} for number, row in enumerate(rows) if keep(row)]
    bottom = alt.Scale(domain=[len(rows) - 0.5, -0.5], nice=False, zero=False)
    return alt.Chart(data(values)).encode(y=alt.Y("row:Q", scale=bottom, axis=None))


def _reference(rows: Sequence[Row], reference: float | None, x: alt.X) -> list[alt.Chart]:
    """A stroke in each row, so that no line runs through the words."""
    if reference is None:
        return []
    layer = _rows(rows, lambda _: True, lambda _: {"x": reference})
    return [layer.mark_tick(size=24, thickness=1, color=Colour.QUIET, yOffset=_BELOW).encode(x=x)]


def _noise(rows: Sequence[Row], x: alt.X) -> list[alt.Chart]:
    layer = _rows(
        rows, lambda row: row.noise_low is not None, lambda row: {"x": row.noise_low, "x2": row.noise_high}
    )  # fmt: skip
    return [layer.mark_bar(size=14, color=Colour.NOISE, yOffset=_BELOW).encode(x=x, x2=alt.X2("x2:Q"))]


def _margins(rows: Sequence[Row], x: alt.X) -> list[alt.Chart]:
    layer = _rows(rows, lambda row: row.margin is not None, lambda row: {"x": row.margin})
    return [layer.mark_tick(size=18, thickness=2, color=Colour.WORSE, opacity=1, yOffset=_BELOW).encode(x=x)]


def _bars(rows: Sequence[Row], x: alt.X) -> list[alt.Chart]:
    lines = _rows(
        rows, lambda row: row.low is not None, lambda row: {"x": row.low, "x2": row.high, "colour": row.sign.value[0]}
    )
    dots = _rows(rows, lambda row: row.value is not None, _dot)
    own = {"scale": None, "legend": None}
    return [
        lines.mark_rule(strokeWidth=3, yOffset=_BELOW).encode(
            x=x, x2=alt.X2("x2:Q"), stroke=alt.Stroke("colour:N", **own)
        ),
        dots.mark_point(size=80, strokeWidth=2, opacity=1, yOffset=_BELOW).encode(
            x=x, stroke=alt.Stroke("colour:N", **own), fill=alt.Fill("fill:N", **own), shape=alt.Shape("shape:N", **own)
        ),
    ]


def _dot(row: Row) -> dict[str, Any]:
    colour, shape, filled = row.sign.value
    return {"x": row.value, "colour": colour, "fill": colour if filled else Colour.PAPER, "shape": shape}


def _room(row: Row) -> float:
    """Pixels that the number leaves to the label."""
    return max(_LEAST_ROOM, WIDTH - 16 - _DIGIT * len(row.number))


def _words(rows: Sequence[Row]) -> list[alt.Chart]:
    layer = _rows(rows, lambda _: True, lambda row: {"label": row.label, "number": row.number, "room": _room(row)})
    return [
        layer.mark_text(align="left", dy=_ABOVE, limit=alt.ExprRef("datum.room"), fontWeight="bold").encode(
            x=alt.XValue(0), text=alt.Text("label:N")
        ),
        layer.mark_text(align="right", dy=_ABOVE, color=Colour.QUIET).encode(
            x=alt.XValue(WIDTH - 8), text=alt.Text("number:N")
        ),
    ]
