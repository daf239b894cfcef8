"""Everything at a glance: the radar with its declared anchors, and quality against cost."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.charts import front as fronts
from shadowbench.report.charts.radar import Spoke, radar
from shadowbench.report.document.parts import Axis
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.html.figures.plan import Plan
from shadowbench.report.html.targets import reached
from shadowbench.report.html.texts import shown


def radars(document: Document) -> Iterator[Plan]:
    """One per candidate."""
    for number, candidate in enumerate(document.candidates, start=1):
        yield _radar(number, candidate)


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


def _spoke(axis: Axis) -> Spoke:
    return Spoke(
        label=shown(words.measure_title(axis.measure)),
        production=None if axis.production is None else reached(axis, axis.production.value),
        candidate=reached(axis, axis.candidate.value),
        low=reached(axis, axis.candidate.low),
        high=reached(axis, axis.candidate.high),
    )
