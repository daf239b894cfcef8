"""Quantile curves of both sides."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.charts.colours import Colour
from shadowbench.report.charts.curves import Side, curves
from shadowbench.report.document.root import Candidate
from shadowbench.report.document.times import Distribution
from shadowbench.report.html.figures.plan import Plan
from shadowbench.report.html.texts import titled

_CENSORED = " An arrow, and the bar at the top: failures, which took longer than anybody waited for."


def times(number: int, candidate: Candidate) -> Iterator[Plan]:
    """One per distribution."""
    for order, found in enumerate(candidate.distributions, start=1):
        yield _plan(f"times-{number}-{order}", candidate.name, found)


def _plan(name: str, candidate: str, found: Distribution) -> Plan:
    called = words.measure_title(found.measure)
    ours, theirs = found.production, found.candidate
    censored = None in ours.seconds or None in theirs.seconds
    numbers = (
        f"p{row.level * 100:g}: {words.number(row.candidate.value, 's')}, production {words.number(row.production.value, 's')}"
        for row in found.rows
    )
    return Plan(
        name=name,
        chart=curves(
            Side(levels=ours.levels, seconds=ours.seconds, colour=Colour.PRODUCTION, dashed=True),
            Side(levels=theirs.levels, seconds=theirs.seconds, colour=Colour.CANDIDATE),
            title="seconds",
        ),
        title=f"{candidate}: {called}",
        description="; ".join(numbers),
        caption=f"{titled(called)}, lower is better.{_CENSORED if censored else ''}",
        legend=(("candidate", candidate), ("production", "production")),
    )
