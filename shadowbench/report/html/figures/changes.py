"""Effects over time: within this report, and over earlier ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shadowbench.report import words
from shadowbench.report.charts.intervals import intervals
from shadowbench.report.charts.series import Mark, Moment, series
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.times import MarkShown, Point, Series, Trend
from shadowbench.report.html.changes import day_of, scale_of, units_of
from shadowbench.report.html.figures.plan import MOST_ROWS, Plan, axis_title, form, row, told
from shadowbench.report.html.texts import titled

_MOST_SERIES = 6  # of one candidate
_MOST_TRENDS = 8
_LEGEND = (
    ("band", "all until then, with the band that holds at all looks"),
    ("stretch", "each stretch alone"),
    ("null", "no difference"),
)


def courses(number: int, candidate: Candidate, marks: Sequence[MarkShown]) -> Iterator[Plan]:
    """One per series."""
    numbered = [Mark(at=mark.at, label=str(order)) for order, mark in enumerate(marks, start=1)]
    for order, found in enumerate(candidate.series[:_MOST_SERIES], start=1):
        yield _course(f"series-{number}-{order}", candidate, found, numbered)


def trends(document: Document) -> Iterator[Plan]:
    """One per trend."""
    for order, found in enumerate(document.trend[:_MOST_TRENDS], start=1):
        yield _trend(f"trend-{order}", document, found)


def _course(name: str, candidate: Candidate, found: Series, marks: Sequence[Mark]) -> Plan:
    unit = units_of(candidate).get(found.measure, "")
    called = words.measure_title(found.measure)
    moments = [_moment(point) for point in found.points]
    return Plan(
        name=name,
        chart=series(moments, marks, null=found.scale.null, form=form(found.scale)) if moments else None,
        title=f"{candidate.name}: {called} over time",
        description=f"At the end: {words.scaled(found.points[-1].running, found.scale, unit)}" if moments else "",
        caption=f"{titled(called)}: {axis_title(found.scale, unit)}. Times are UTC.",
        legend=(*_LEGEND, ("margin", "a change, by its number")) if marks else _LEGEND,
    )


def _moment(point: Point) -> Moment:
    return Moment(
        begin=point.from_at,
        end=point.to_at,
        value=point.window.value,
        low=point.window.low,
        high=point.window.high,
        so_far=point.running.value,
        so_far_low=point.running.low,
        so_far_high=point.running.high,
    )


def _trend(name: str, document: Document, found: Trend) -> Plan:
    scale, unit = scale_of(document, found)
    rows = [row(day_of(point), point.effect, scale, unit) for point in found.points]
    if found.now is not None:
        rows.append(row("this report", found.now, scale, unit))
    rows = rows[-MOST_ROWS:]
    called = words.measure_title(found.measure)
    return Plan(
        name=name,
        chart=intervals(rows, reference=scale.null, title=axis_title(scale, unit), form=form(scale))
        if len(rows) > 1
        else None,
        title=f"{found.candidate}: {called} in earlier reports",
        description=told(rows),
        caption=f"{found.candidate}: {called}, report by report.",
    )
