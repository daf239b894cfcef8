"""Several measures at once, each on an axis from where it begins to its target, as declared.

Areas of radars depend on the order of axes and mislead: the dot-and-interval plot beside it is what to read; this one shows at
a glance which target is missed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from shadowbench.report.charts.colours import DASHES, WIDTH, Colour
from shadowbench.report.charts.layered import Layered
from shadowbench.report.charts.rows import data

_RINGS = (0.25, 0.5, 0.75, 1.0)
_FURTHEST = 1.2  # what is beyond its target is drawn no further out
_WIDE, _HIGH = 2.3, 1.45  # half of the plot, in radii
_SHORT = 13  # characters of a label that need one line
LEAST_AXES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoke:
    """One axis: 0 where it begins, 1 at the target. None: not known."""

    label: str
    production: float | None
    candidate: float | None
    low: float | None = None  # the candidate's interval
    high: float | None = None


def radar(spokes: Sequence[Spoke]) -> Layered | None:
    """None: fewer than three axes make no radar."""
    if len(spokes) < LEAST_AXES:
        return None
    layers = [
        *_web(len(spokes)),
        _shape([spoke.production for spoke in spokes], Colour.PRODUCTION, DASHES),
        _shape([spoke.candidate for spoke in spokes], Colour.CANDIDATE, [1, 0]),
        _intervals(spokes),
        *_labels(spokes),
    ]
    return Layered(layers, width=WIDTH - 8, height=round((WIDTH - 8) * _HIGH / _WIDE))


def _point(number: int, axes: int, radius: float) -> dict[str, float]:
    """The first axis points up, the others follow the clock."""
    angle = 2 * math.pi * number / axes
    return {"x": round(radius * math.sin(angle), 4), "y": round(radius * math.cos(angle), 4)}


def _chart(values: list[dict[str, Any]]) -> alt.Chart:
    x = alt.X("x:Q", scale=alt.Scale(domain=[-_WIDE, _WIDE], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[-_HIGH, _HIGH], nice=False), axis=None)
    return alt.Chart(data(values)).encode(x=x, y=y)


def _web(axes: int) -> Iterator[alt.Chart]:
    for ring in _RINGS:
        corners = [_point(number, axes, ring) | {"order": number} for number in range(axes + 1)]
        target = ring == 1.0
        yield (
            _chart(corners)
            .mark_line(
                stroke=Colour.QUIET if target else Colour.LINE, strokeWidth=1.5 if target else 1, strokeDash=[1, 0]
            )
            .encode(order=alt.Order("order:Q"))
        )
    ends = [_point(number, axes, 1.0) | {"x2": 0, "y2": 0} for number in range(axes)]
    yield _chart(ends).mark_rule(color=Colour.LINE).encode(x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"))


def _shape(radii: Sequence[float | None], colour: Colour, dashes: list[int]) -> alt.Chart:
    """A closed line, with a gap beside an axis without a value: passing over it would draw a value that nobody measured."""
    rows = [row for number in range(len(radii)) for row in _edge(number, radii)]
    return (
        _chart(rows)
        .mark_line(stroke=colour, strokeWidth=2, strokeDash=dashes, strokeCap="round", point=False)
        .encode(order=alt.Order("order:Q"), detail=alt.Detail("edge:N"))
    )


def _edge(number: int, radii: Sequence[float | None]) -> list[dict[str, float]]:
    """From one axis to the next; nothing where one of the two has no value."""
    places = number, (number + 1) % len(radii)
    ends = [(place, radius) for place in places if (radius := radii[place]) is not None]
    corners = [_point(place, len(radii), _inside(radius)) for place, radius in ends]
    return [corner | {"order": order, "edge": number} for order, corner in enumerate(corners)] if len(ends) == 2 else []


def _intervals(spokes: Sequence[Spoke]) -> alt.Chart:
    rows = []
    for number, spoke in enumerate(spokes):
        if spoke.low is not None and spoke.high is not None:
            low, high = (_point(number, len(spokes), _inside(end)) for end in (spoke.low, spoke.high))
            rows.append(low | {"x2": high["x"], "y2": high["y"]})
    return (
        _chart(rows)
        .mark_rule(color=Colour.CANDIDATE, strokeWidth=5, opacity=0.35)
        .encode(x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"))
    )


def _inside(radius: float) -> float:
    return min(max(radius, 0.0), _FURTHEST)


def _lines(label: str) -> list[str]:
    """A long label in two lines, broken near its middle."""
    breaks = [place for place, character in enumerate(label) if character in "_ -"]
    if len(label) <= _SHORT or not breaks:
        return [label]
    at = min(breaks, key=lambda place: abs(place - len(label) // 2)) + 1
    return [label[:at].rstrip(), label[at:]]


def _labels(spokes: Sequence[Spoke]) -> Iterator[alt.Chart]:
    """Words stand beside their axis, and end or begin there."""
    places: dict[str, list[dict[str, Any]]] = {"left": [], "right": [], "center": []}
    for number, spoke in enumerate(spokes):
        place = _point(number, len(spokes), 1.28)
        side = "center" if abs(place["x"]) < 0.1 else "left" if place["x"] > 0 else "right"
        places[side].append(place | {"label": _lines(spoke.label)})
    for side, rows in places.items():
        if rows:
            yield (
                _chart(rows)
                .mark_text(align=side, baseline="middle", limit=85, fontSize=11)
                .encode(text=alt.Text("label:N"))
            )
