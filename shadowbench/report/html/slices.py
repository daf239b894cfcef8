"""Parts of the traffic, and whether they say the same as the whole."""

from __future__ import annotations

from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.parts import SliceRow, SliceTable
from shadowbench.report.document.root import Candidate
from shadowbench.report.html.changes import units_of
from shadowbench.report.html.tables import Cell, Table, estimated, p_in_column, sized, table
from shadowbench.report.html.texts import titled
from shadowbench.report.words import remarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Slices:
    """One measure by one property."""

    title: str
    reversed: bool
    table: Table
    notes: tuple[str, ...]


def slices(candidate: Candidate) -> tuple[Slices, ...]:
    """Tables of slices that differ, those that contradict the whole first."""
    units = units_of(candidate)
    return tuple(_slices(candidate.name, each, units.get(each.measure, "")) for each in noteworthy(candidate))


def noteworthy(candidate: Candidate) -> list[SliceTable]:
    """What a reader must see comes first: reversals, slices against the whole, slices that differ. Those of noise are noise."""

    def rank(found: SliceTable) -> tuple[bool, bool, float]:
        odd = any(row.against_the_whole for row in found.rows)
        return not found.reversed, not odd, 1.0 if found.differ.p is None else found.differ.p

    return [] if candidate.again else sorted(filter(remarks.is_noteworthy, candidate.slices), key=rank)


def alike(candidate: Candidate) -> tuple[str, ...]:
    """A sentence for each property by which no measure differs."""
    quiet: dict[str, list[SliceTable]] = {}
    for each in () if candidate.again else candidate.slices:
        if not remarks.is_noteworthy(each):
            quiet.setdefault(each.by, []).append(each)
    return tuple(f"By {by}: {remarks.alike(tables)}." for by, tables in quiet.items())


def title(found: SliceTable) -> str:
    """`helpfulness by path`."""
    return f"{words.measure_title(found.measure)} by {found.by.removesuffix('_key')}"


def _slices(candidate: str, found: SliceTable, unit: str) -> Slices:
    columns = (found.by.capitalize(), "Effect", "p, adjusted", "Pairs, share of traffic")
    rows = (_row(row, found.scale, unit) for row in found.rows)
    return Slices(
        title=titled(title(found)),
        reversed=found.reversed,
        table=table(f"{candidate}: {title(found)}", columns, rows, numeric=(1, 2, 3)),
        notes=tuple(remarks.slices(found)),
    )


def _row(row: SliceRow, scale: Scale, unit: str) -> tuple[Cell | str, ...]:
    return (
        Cell(text=row.value, small="points the other way than the whole", tone="odd")
        if row.against_the_whole
        else row.value,
        estimated(words.scaled(row.effect, scale, unit)),
        p_in_column(row.p_adjusted),
        sized(row.n, row.clusters, f"{words.share(row.share)}, "),
    )
