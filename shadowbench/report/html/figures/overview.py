"""Everything at a glance: the radar with its declared anchors, and quality against cost."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.charts import front as fronts
from shadowbench.report.charts.colours import PERCENT
from shadowbench.report.charts.intervals import Row, intervals
from shadowbench.report.charts.radar import Spoke, radar
from shadowbench.report.document.parts import Axis
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.html.figures.plan import Plan, told
from shadowbench.report.html.targets import reached
from shadowbench.report.html.texts import shown


def radars(document: Document) -> Iterator[Plan]:
    """Two per candidate: radars mislead by their areas, so the same numbers stand beside them as dots and intervals."""
    for number, candidate in enumerate(document.candidates, start=1):
        yield _radar(number, candidate)
        yield _targets(number, candidate)


def front(document: Document) -> Plan:
    """Everybody whose quality and cost are known."""
    stands = [
        fronts.Stand(
            name=shown(each.name),
            cost=each.cost_usd,
            quality=each.quality,
            chosen=not each.dominated_by,
            production=each.name == "production",
        )
        for each in document.standpoints
        if each.cost_usd is not None and each.quality is not None
    ]
    numbers = (
        f"{each.name}: quality {words.number(each.quality)}, {words.number(each.cost, 'USD')} a request"
        for each in stands
    )
    return Plan(
        name="front",
        chart=fronts.front(stands, across="cost of a request, USD", up="quality") if len(stands) > 1 else None,
        title="Quality against cost",
        description="; ".join(numbers),
        caption="Up and left is better. Who is hollow is beaten in everything by somebody.",
    )


def _radar(number: int, candidate: Candidate) -> Plan:
    numbers = (
        f"{words.measure_title(axis.measure)}: {words.interval(axis.candidate, axis.unit)}, target "
        f"{words.number(axis.target, axis.unit)}"
        for axis in candidate.radar
    )
    return Plan(
        name=f"radar-{number}",
        chart=radar([_spoke(axis) for axis in candidate.radar]),
        title=f"{candidate.name}: targets",
        description="; ".join(numbers),
        caption="The outer ring is the target, the middle is where the axis begins, both as declared.",
        legend=(("candidate", candidate.name), ("production", "production")),
    )


def _targets(number: int, candidate: Candidate) -> Plan:
    rows = [_row(axis) for axis in candidate.radar]
    return Plan(
        name=f"targets-{number}",
        chart=intervals(rows, reference=1.0, title="share of the way to the target", form=PERCENT) if rows else None,
        title=f"{candidate.name}: how near the targets are",
        description=told(rows),
        caption="The same as dots and intervals; the stroke is the target. Right is better.",
        legend=(("told", candidate.name), ("null", "target")),
    )


def _row(axis: Axis) -> Row:
    """From where the axis begins, at 0, to its target, at 1; intervals of axes that run downwards are turned round."""
    ends = [reached(axis, end) for end in (axis.candidate.low, axis.candidate.high)]
    known = sorted(end for end in ends if end is not None)
    low, high = known if len(known) == len(ends) else (None, None)
    return Row(
        label=shown(words.measure_title(axis.measure)),
        number=words.interval(axis.candidate, axis.unit).partition(" (no interval")[0],
        value=reached(axis, axis.candidate.value),
        low=low,
        high=high,
    )


def _spoke(axis: Axis) -> Spoke:
    return Spoke(
        label=shown(words.measure_title(axis.measure)),
        production=None if axis.production is None else reached(axis, axis.production.value),
        candidate=reached(axis, axis.candidate.value),
        low=reached(axis, axis.candidate.low),
        high=reached(axis, axis.candidate.high),
    )
