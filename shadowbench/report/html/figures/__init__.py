"""The page's charts, by the name under which a template asks for them: `effects-1-declared`, `times-2-1` … Needs the extra
`charts`.

Each module plans charts of one kind: it turns what the document says into the plain rows of `report.charts`. There is a most of
each kind: a report of many candidates and measures stays quick, and whatever has no chart is in a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shadowbench.report.charts.drawing import Chart, draw, unchecked
from shadowbench.report.document.root import Document
from shadowbench.report.html.figures.changes import courses, trends
from shadowbench.report.html.figures.costs import costs
from shadowbench.report.html.figures.effects import effects
from shadowbench.report.html.figures.overview import front, radars
from shadowbench.report.html.figures.parts import slices
from shadowbench.report.html.figures.plan import Figure, Plan
from shadowbench.report.html.figures.times import times
from shadowbench.report.html.texts import shown


def figures(document: Document) -> Mapping[str, Figure]:
    """All charts of a report."""
    with unchecked():
        return {plan.name: _drawn(plan, plan.chart) for plan in _plans(document) if plan.chart is not None}


def _plans(document: Document) -> Iterator[Plan]:
    yield front(document)
    yield from radars(document)
    for number, candidate in enumerate(document.candidates, start=1):
        yield from effects(number, candidate)
        yield from times(number, candidate)
        yield from costs(number, candidate)
        yield from courses(number, candidate, document.marks)
        yield from slices(number, candidate)
    yield from trends(document)


def _drawn(plan: Plan, chart: Chart) -> Figure:
    svg = draw(chart, name=plan.name, title=shown(plan.title), description=shown(plan.description))
    return Figure(svg=svg, caption=plan.caption, legend=plan.legend)
