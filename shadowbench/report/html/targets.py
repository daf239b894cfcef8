"""The axes of the radar as numbers: where each begins, its target, and how near both sides are."""

from __future__ import annotations

from shadowbench.report import words
from shadowbench.report.document.parts import Axis
from shadowbench.report.document.root import Candidate
from shadowbench.report.html.tables import Cell, Table, table
from shadowbench.stats.estimates import Estimate


def targets(candidate: Candidate) -> Table | None:
    """None: none was declared."""
    if not candidate.radar:
        return None
    columns = ("Measure", "Begins at", "Target", "Production", "Candidate")
    return table(f"{candidate.name}: targets", columns, map(_row, candidate.radar), numeric=(1, 2, 3, 4))


def reached(axis: Axis, value: float | None) -> float | None:
    """The share of the way from where the axis begins to its target."""
    if value is None or axis.target == axis.begin:
        return None
    return (value - axis.begin) / (axis.target - axis.begin)


def _row(axis: Axis) -> tuple[Cell | str, ...]:
    return (
        words.measure_title(axis.measure),
        words.number(axis.begin, axis.unit),
        words.number(axis.target, axis.unit),
        _side(axis, axis.production),
        _side(axis, axis.candidate),
    )


def _side(axis: Axis, estimate: Estimate | None) -> Cell:
    if estimate is None:
        return Cell(text=words.ABSENT)
    way = reached(axis, estimate.value)
    told = "" if way is None else f"{words.share(round(way, 2))} of the way"
    return Cell(text=words.interval(estimate, axis.unit), small=told)
