"""What requests cost on both sides: the dear ones make the bill, and a mean hides them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import starmap

from shadowbench.report import words
from shadowbench.report.charts.colours import Colour
from shadowbench.report.charts.curves import Side, curves
from shadowbench.report.document.root import Candidate
from shadowbench.report.document.times import CostCurve
from shadowbench.report.html.figures.plan import Plan

_TOLD = (0.5, 0.9, 0.99)


def costs(number: int, candidate: Candidate) -> Iterator[Plan]:
    """One, where both sides' costs are known."""
    found = candidate.costs
    if found is not None and found.production_curve is not None and found.candidate_curve is not None:
        yield _plan(f"costs-{number}", candidate.name, found.production_curve, found.candidate_curve)


def _plan(name: str, candidate: str, production: CostCurve, own: CostCurve) -> Plan:
    both = list(zip(own.levels, production.usd, own.usd, strict=True))
    return Plan(
        name=name,
        chart=curves(
            Side(levels=production.levels, seconds=production.usd, colour=Colour.PRODUCTION, dashed=True),
            Side(levels=own.levels, seconds=own.usd, colour=Colour.CANDIDATE),
            title="USD",
            across="share of requests that are cheaper",
        ),
        title=f"{candidate}: cost of a request",
        description="; ".join(starmap(_told, _some(both))),
        caption=f"Cost of a request, lower is better. Of {words.count(own.n, 'pair')} where both costs are known.",
        legend=(("candidate", candidate), ("production", "production")),
    )


def _some(both: Sequence[tuple[float, float, float]]) -> Iterator[tuple[float, float, float]]:
    return (each for each in both if each[0] in _TOLD)


def _told(level: float, production: float, own: float) -> str:
    return f"p{level * 100:g}: {words.number(own, 'USD')}, production {words.number(production, 'USD')}"
