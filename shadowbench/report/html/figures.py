"""The page's charts, by the name under which a template asks for them: `effects-1-declared`, `latency-2` … Needs the extra
`charts`.

There is a most of each kind: a report of many candidates and measures stays quick, and whatever has no chart is in a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.charts.colours import Colour
from shadowbench.report.charts.curves import Side, curves
from shadowbench.report.charts.drawing import Chart, draw
from shadowbench.report.charts.front import Stand, front
from shadowbench.report.charts.intervals import Row, Sign, intervals
from shadowbench.report.charts.radar import Spoke, radar
from shadowbench.report.charts.series import Mark, Moment, series
from shadowbench.report.document.comparisons import Comparison, Role, Scale
from shadowbench.report.document.parts import Axis, SliceTable
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.times import Distribution, Series, Trend
from shadowbench.report.html.changes import scale_of, units_of
from shadowbench.report.html.matrix import measure
from shadowbench.report.html.orientation import place
from shadowbench.report.html.slices import ordered, title
from shadowbench.report.html.targets import reached
from shadowbench.report.html.texts import shown
from shadowbench.scores import Direction
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.margins import Standing

_MOST_ROWS = 30  # of one dot-and-interval plot
_MOST_SLICES = 4  # plots of one candidate
_MOST_SERIES = 6
_MOST_TRENDS = 8
_SIGNS = {
    Standing.BETTER: Sign.BETTER,
    Standing.NON_INFERIOR: Sign.NOT_WORSE,
    Standing.INFERIOR: Sign.WORSE,
    Standing.INCONCLUSIVE: Sign.OPEN,
}
_AXES = {
    Scale.DIFFERENCE: "candidate − production",
    Scale.RATIO: "candidate / production",
    Scale.PREFERENCE: "how often the candidate is preferred",
    Scale.LEVEL: "value",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One chart. `legend`: signs of the style sheet and what they mean."""

    svg: str
    caption: str
    legend: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A chart that is to be drawn. `chart` is None where there is nothing to draw."""

    name: str
    chart: Chart | None
    title: str
    description: str
    caption: str
    legend: tuple[tuple[str, str], ...] = ()


def figures(document: Document) -> Mapping[str, Figure]:
    """All charts of a report."""
    return {plan.name: _drawn(plan, plan.chart) for plan in _plans(document) if plan.chart is not None}


def _drawn(plan: _Plan, chart: Chart) -> Figure:
    svg = draw(chart, name=plan.name, title=shown(plan.title), description=shown(plan.description))
    return Figure(svg=svg, caption=plan.caption, legend=plan.legend)


def _plans(document: Document) -> Iterator[_Plan]:
    yield _front(document)
    for number, candidate in enumerate(document.candidates, start=1):
        yield from _effects(number, candidate)
        yield _radar(number, candidate)
        for place_, distribution in enumerate(candidate.distributions, start=1):
            yield _curves(f"times-{number}-{place_}", candidate, distribution)
        for place_, found in enumerate(candidate.series[:_MOST_SERIES], start=1):
            yield _series(f"series-{number}-{place_}", document, candidate, found)
        for place_, slices in enumerate(ordered(candidate)[:_MOST_SLICES], start=1):
            yield _slices(f"slices-{number}-{place_}", candidate, slices)
    for place_, trend in enumerate(document.trend[:_MOST_TRENDS], start=1):
        yield _trend(f"trend-{place_}", document, trend)


# --- effects ---------------------------------------------------------------------------------------------------------


def _effects(number: int, candidate: Candidate) -> Iterator[_Plan]:
    declared = [each for each in candidate.comparisons if each.role is not Role.SECONDARY]
    others = [each for each in candidate.comparisons if each.role is Role.SECONDARY]
    for name, told, comparisons in (
        (f"effects-{number}-declared", "what was declared", declared),
        (f"effects-{number}-others", "everything else", others),
    ):
        rows = [row for row in map(_effect, comparisons) if row is not None][:_MOST_ROWS]
        yield _Plan(
            name=name,
            chart=intervals(rows, domain=(-1.0, 1.0)) if rows else None,
            title=f"{candidate.name}: effects on {told}",
            description=_told(rows),
            caption="Right is better; each row has its own scale.",
            legend=_effects_legend(rows),
        )


def _effect(comparison: Comparison) -> Row | None:
    found = place(comparison)
    if found is None:
        return None
    neither = comparison.subject.direction is Direction.NEITHER
    return Row(
        label=shown(measure(comparison)) + (" (right is more)" if neither else ""),
        number=_short(comparison),
        value=found.value,
        low=found.low,
        high=found.high,
        margin=found.margin,
        noise_low=found.noise_low,
        noise_high=found.noise_high,
        sign=Sign.TOLD if comparison.standing is None else _SIGNS[comparison.standing],
    )


def _short(comparison: Comparison) -> str:
    """A row has little room: why there is no interval is in the table."""
    return words.effect(comparison.effect, comparison.subject.unit).partition(" (no interval")[0]


_SIGNS_TOLD = {
    Sign.BETTER: ("better", "better"),
    Sign.NOT_WORSE: ("not-worse", "not worse than allowed"),
    Sign.WORSE: ("worse", "worse than allowed"),
    Sign.OPEN: ("open", "inconclusive"),
    Sign.TOLD: ("told", "nothing was declared"),
}


def _effects_legend(rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    signs = [told for sign, told in _SIGNS_TOLD.items() if any(row.sign is sign for row in rows)]
    if any(row.margin is not None for row in rows):
        signs.append(("margin", "margin"))
    if any(row.noise_low is not None for row in rows):
        signs.append(("noise", "A/A lane"))
    return tuple(signs)


def _told(rows: Sequence[Row]) -> str:
    return "; ".join(f"{row.label}: {row.number}" for row in rows)


# --- radar and front -------------------------------------------------------------------------------------------------


def _radar(number: int, candidate: Candidate) -> _Plan:
    spokes = [_spoke(axis) for axis in candidate.radar]
    return _Plan(
        name=f"radar-{number}",
        chart=radar(spokes),
        title=f"{candidate.name}: targets",
        description="; ".join(
            f"{axis.measure}: {words.interval(axis.candidate, axis.unit)}" for axis in candidate.radar
        ),
        caption="The outer ring is the target, the middle is where the axis begins, as declared.",
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


def _front(document: Document) -> _Plan:
    stands = [
        Stand(
            name=shown(each.name),
            cost=each.cost_usd,
            quality=each.quality,
            chosen=not each.dominated_by,
            production=each.name == "production",
        )
        for each in document.standpoints
        if each.cost_usd is not None and each.quality is not None
    ]
    return _Plan(
        name="front",
        chart=front(stands, across="cost of a request, USD", up="quality") if len(stands) > 1 else None,
        title="Quality against cost",
        description="; ".join(
            f"{each.name}: quality {words.number(each.quality)}, {words.number(each.cost, 'USD')} a request"
            for each in stands
        ),
        caption="Up and left is better. Who is hollow is beaten in everything by somebody.",
    )


# --- times -----------------------------------------------------------------------------------------------------------


def _curves(name: str, candidate: Candidate, found: Distribution) -> _Plan:
    called = words.measure_title(found.measure)
    ours = Side(
        levels=found.production.levels, seconds=found.production.seconds, colour=Colour.PRODUCTION, dashed=True
    )  # fmt: skip
    theirs = Side(levels=found.candidate.levels, seconds=found.candidate.seconds, colour=Colour.CANDIDATE)
    censored = None in found.production.seconds or None in found.candidate.seconds
    return _Plan(
        name=name,
        chart=curves(ours, theirs, title="seconds"),
        title=f"{candidate.name}: {called}",
        description="; ".join(
            f"p{row.level * 100:g}: {words.number(row.production.value, 's')} and {words.number(row.candidate.value, 's')}"
            for row in found.rows
        ),
        caption=f"{called.capitalize()}, lower is better. The further right, the slower the requests."
        + (" A bar at the top: failures, which took longer than anybody waited for." if censored else ""),
        legend=(("candidate", candidate.name), ("production", "production")),
    )


def _series(name: str, document: Document, candidate: Candidate, found: Series) -> _Plan:
    unit = units_of(candidate).get(found.measure, "")
    called = words.measure_title(found.measure)
    moments = [
        Moment(
            middle=(point.from_at + point.to_at) / 2,
            end=point.to_at,
            value=point.window.value,
            low=point.window.low,
            high=point.window.high,
            so_far=point.running.value,
            so_far_low=point.running.low,
            so_far_high=point.running.high,
        )
        for point in found.points
    ]
    marks = [Mark(at=mark.at, label=str(number)) for number, mark in enumerate(document.marks, start=1)]
    return _Plan(
        name=name,
        chart=series(moments, marks, null=found.scale.null, title=_axis(found.scale, unit)) if moments else None,
        title=f"{candidate.name}: {called} over time",
        description=f"At the end: {words.scaled(found.points[-1].running, found.scale, unit)}" if moments else "",
        caption=f"{called.capitalize()} (UTC).",
        legend=(("band", "all until then, with the band that holds at all looks"), ("stretch", "each stretch alone")),
    )


def _axis(scale: Scale, unit: str) -> str:
    return f"{_AXES[scale]}, {unit}" if unit and scale is not Scale.RATIO else _AXES[scale]


# --- slices and trend ------------------------------------------------------------------------------------------------


def _slices(name: str, candidate: Candidate, found: SliceTable) -> _Plan:
    unit = units_of(candidate).get(found.measure, "")
    rows = [
        _level(row.value, row.effect, found.scale, unit, Sign.STRANGE if row.against_the_whole else Sign.TOLD)
        for row in found.rows[:_MOST_ROWS]
    ]
    strange = any(row.sign is Sign.STRANGE for row in rows)
    return _Plan(
        name=name,
        chart=intervals(rows, reference=found.scale.null, title=_axis(found.scale, unit)) if rows else None,
        title=f"{candidate.name}: {title(found)}",
        description=_told(rows),
        caption=f"{title(found).capitalize()}.",
        legend=(("strange", "points the other way than the whole"),) if strange else (),
    )


def _trend(name: str, document: Document, found: Trend) -> _Plan:
    scale, unit = scale_of(document, found)
    rows = [_level(words.moment(point.made_at)[:10], point.effect, scale, unit, Sign.TOLD) for point in found.points]
    called = words.measure_title(found.measure)
    return _Plan(
        name=name,
        chart=intervals(rows[-_MOST_ROWS:], reference=scale.null, title=_axis(scale, unit)) if len(rows) > 1 else None,
        title=f"{found.candidate}: {called} in earlier reports",
        description=_told(rows),
        caption=f"{found.candidate}: {called}, report by report.",
    )


def _level(label: str, effect: Estimate, scale: Scale, unit: str, sign: Sign) -> Row:
    return Row(
        label=shown(label),
        number=words.scaled(effect, scale, unit).partition(" (no interval")[0],
        value=effect.value,
        low=effect.low,
        high=effect.high,
        sign=sign,
    )
