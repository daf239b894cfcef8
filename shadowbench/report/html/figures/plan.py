"""Charts that are to be drawn, and drawn ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.charts.colours import NUMBERS, PERCENT
from shadowbench.report.charts.drawing import Chart
from shadowbench.report.charts.intervals import Row, Sign
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.html.texts import shown
from shadowbench.stats.estimates import Estimate

MOST_ROWS = 30  # of one dot-and-interval plot
_AXES = {
    Scale.DIFFERENCE: "candidate − production",
    Scale.RATIO: "candidate / production",
    Scale.PREFERENCE: "share of wins, ties half",
    Scale.LEVEL: "value",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One chart. `legend`: signs of the style sheet and what they mean."""

    svg: str
    caption: str
    legend: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A chart that is to be drawn. `chart` is None where there is nothing to draw."""

    name: str
    chart: Chart | None
    title: str
    description: str  # its numbers, for those who do not see it
    caption: str
    legend: tuple[tuple[str, str], ...] = ()


def axis_title(scale: Scale, unit: str) -> str:
    """What an axis of effects shows."""
    return f"{_AXES[scale]}, {unit}" if unit and scale is not Scale.RATIO else _AXES[scale]


def form(scale: Scale) -> str:
    """How an axis of effects shows its numbers."""
    return PERCENT if scale is Scale.PREFERENCE else NUMBERS


def row(label: str, effect: Estimate, scale: Scale, unit: str, sign: Sign = Sign.TOLD) -> Row:
    """An effect on a shared axis. Rows have little room: why there is no interval is in the table."""
    return Row(
        label=shown(label),
        number=words.scaled(effect, scale, unit, brief=True).partition(" (no interval")[0],
        value=effect.value,
        low=effect.low,
        high=effect.high,
        sign=sign,
    )


def told(rows: Sequence[Row]) -> str:
    """Rows as a sentence."""
    return "; ".join(f"{each.label}: {each.number}" for each in rows)
