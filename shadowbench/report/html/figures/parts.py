"""Slices of the traffic beside each other."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report.charts.intervals import Sign, intervals
from shadowbench.report.document.parts import SliceTable
from shadowbench.report.document.root import Candidate
from shadowbench.report.html.changes import units_of
from shadowbench.report.html.figures.plan import MOST_ROWS, Plan, axis_title, form, row, told
from shadowbench.report.html.slices import noteworthy, title
from shadowbench.report.html.texts import titled

_MOST = 4  # of one candidate: those come first that a reader must see


def slices(number: int, candidate: Candidate) -> Iterator[Plan]:
    """One per table."""
    units = units_of(candidate)
    for order, found in enumerate(noteworthy(candidate)[:_MOST], start=1):
        yield _plan(f"slices-{number}-{order}", candidate.name, found, units.get(found.measure, ""))


def _plan(name: str, candidate: str, found: SliceTable, unit: str) -> Plan:
    rows = [
        row(each.value, each.effect, found.scale, unit, Sign.STRANGE if each.against_the_whole else Sign.TOLD)
        for each in found.rows[:MOST_ROWS]
    ]
    called = title(found)
    strange = any(each.sign is Sign.STRANGE for each in rows)
    return Plan(
        name=name,
        chart=intervals(rows, reference=found.scale.null, title=axis_title(found.scale, unit), form=form(found.scale)),
        title=f"{candidate}: {called}",
        description=told(rows),
        caption=f"{titled(called)}.",
        legend=(("strange", "points the other way than the whole"),) if strange else (),
    )
