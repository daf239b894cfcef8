"""What changed: over the period, within it, and since earlier reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.times import Drift, MarkShown, Point, Series, Trend, TrendPoint
from shadowbench.report.html.tables import Cell, Table, estimated, p_in_column, sized, table
from shadowbench.report.html.texts import titled
from shadowbench.report.words import remarks

_EXPLAINED = 3  # features that are told, of a classifier
_ARROWS = {"up": "▲", "down": "▼"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One measure over time."""

    title: str
    changed: bool
    table: Table


def courses(candidate: Candidate) -> tuple[Course, ...]:
    """Every series of one candidate."""
    units = units_of(candidate)
    return tuple(_course(candidate.name, each, units.get(each.measure, "")) for each in candidate.series)


def unchanged(candidate: Candidate) -> str:
    """Of all that went on as it was. Empty: nothing did."""
    found = [each for each in candidate.series if not each.changed]
    told = remarks.unchanged(found) if found else ""
    return f"{told[:1].upper()}{told[1:]}"


def marks(document: Document) -> Table | None:
    """The numbered lines of the charts."""
    if not document.marks:
        return None
    rows = (_mark(number, mark) for number, mark in enumerate(document.marks, start=1))
    columns = ("", "When (UTC)", "What changed", "Of", "From", "To")
    return table("What changed while pairs were gathered", columns, rows)


def drift(document: Document) -> Table | None:
    """Where the last part of the period is unlike the first. None: nowhere."""
    drifted = [each for each in document.drift if each.drifted]
    if not drifted:
        return None
    columns = ("What", "Of", "Statistic", "p, adjusted", "Values before and after")
    return table("The last part of the period against the first", columns, map(_drift, drifted), numeric=(2, 3, 4))


def quiet(document: Document) -> str:
    """Of all that did not drift, or of which nobody can say. Empty: there is none."""
    found = [each for each in document.drift if not each.drifted]
    return remarks.quiet(found) if found else ""


def trend(document: Document) -> Table | None:
    """This report's effects against those of earlier ones."""
    if not document.trend:
        return None
    columns = ("Candidate", "Measure", "Earlier reports", "Now", "Change", "Arrow")
    return table("Since earlier reports", columns, (_trend(document, each) for each in document.trend), numeric=(3, 4))


def units_of(candidate: Candidate) -> Mapping[str, str]:
    """Units by measure."""
    return {each.subject.name: each.subject.unit for each in candidate.comparisons}


def scale_of(document: Document, found: Trend) -> tuple[Scale, str]:
    """On which scale a trend's effects are, and their unit: those of the comparison that it is of."""
    for candidate in document.candidates:
        for each in candidate.comparisons:
            named = (candidate.name, each.subject.name, each.statistic.value)
            if named == (found.candidate, found.measure, found.statistic):
                return each.effect.scale, each.subject.unit
    return Scale.DIFFERENCE, ""


def _course(candidate: str, series: Series, unit: str) -> Course:
    title = words.measure_title(series.measure)
    columns = ("Until (UTC)", "This stretch", "All until then", "Pairs")
    rows = (_point(point, series.scale, unit) for point in series.points)
    return Course(
        title=titled(title),
        changed=series.changed,
        table=table(f"{candidate}: {title} over time", columns, rows, numeric=(1, 2, 3)),
    )


def _point(point: Point, scale: Scale, unit: str) -> tuple[Cell | str, ...]:
    return (
        words.moment(point.to_at),
        estimated(words.scaled(point.window, scale, unit)),
        estimated(words.scaled(point.running, scale, unit)),
        sized(point.n, point.clusters),
    )


def _mark(number: int, mark: MarkShown) -> tuple[Cell | str, ...]:
    return (
        str(number),
        words.moment(mark.at),
        mark.kind.replace("_", " "),
        mark.endpoint or words.ABSENT,
        mark.before or words.ABSENT,
        mark.after or words.ABSENT,
    )


def _drift(found: Drift) -> tuple[Cell | str, ...]:
    explained = ", ".join(name for name, _ in found.explanation[:_EXPLAINED])
    return (
        Cell(text=found.of.replace("_", " "), small=f"by {explained}" if explained else ""),
        found.side,
        Cell(text=words.number(found.statistic), small=found.method.replace("_", " ")),
        p_in_column(found.p_adjusted),
        Cell(text=f"{found.n_before:,} and {found.n_after:,}", small="a seeded subsample" if found.subsampled else ""),
    )


def _trend(document: Document, found: Trend) -> tuple[Cell | str, ...]:
    scale, unit = scale_of(document, found)
    return (
        found.candidate,
        Cell(text=words.measure_title(found.measure), small=found.statistic),
        "; ".join(_earlier(found.points[-3:], scale, unit)) or "none",
        words.ABSENT if found.now is None else estimated(words.scaled(found.now, scale, unit)),
        words.ABSENT if found.change is None else estimated(words.interval(found.change, unit, signed=True)),
        _arrow(found),
    )


def day_of(point: TrendPoint) -> str:
    """On which day an earlier report's traffic ended; where it had none, when it was made."""
    return words.moment(point.made_at if point.last_at is None else point.last_at)[:10]


def _earlier(points: tuple[TrendPoint, ...], scale: Scale, unit: str) -> Iterator[str]:
    for point in points:
        yield f"{day_of(point)}: {words.scaled(point.effect, scale, unit)}"


def _arrow(found: Trend) -> Cell:
    told = f"{_ARROWS.get(found.arrow, '')} {remarks.arrow(found)}".strip()
    if found.better is None or found.arrow == "none":
        return Cell(text=told)
    return Cell(text=told, tone="better" if found.better else "inferior")
