"""Parts of the traffic, and whether they say the same as the whole."""

from __future__ import annotations

from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.parts import SliceRow, SliceTable
from shadowbench.report.document.root import Candidate
from shadowbench.report.html.changes import units_of
from shadowbench.report.html.tables import Cell, Table, estimated, p_in_column, sized, table


@dataclass(frozen=True, slots=True, kw_only=True)
class Slices:
    """One measure by one property."""

    title: str
    reversed: bool
    table: Table
    notes: tuple[str, ...]


def slices(candidate: Candidate) -> tuple[Slices, ...]:
    """Every table of slices, those that contradict the whole first."""
    units = units_of(candidate)
    return tuple(_slices(candidate.name, each, units.get(each.measure, "")) for each in ordered(candidate))


def ordered(candidate: Candidate) -> list[SliceTable]:
    """What a reader must see comes first: reversals, slices against the whole, slices that differ."""

    def rank(found: SliceTable) -> tuple[bool, bool, float]:
        odd = any(row.against_the_whole for row in found.rows)
        return not found.reversed, not odd, 1.0 if found.differ.p is None else found.differ.p

    return sorted(candidate.slices, key=rank)


def title(found: SliceTable) -> str:
    """`helpfulness by path`."""
    return f"{words.measure_title(found.measure)} by {found.by.removesuffix('_key')}"


def _slices(candidate: str, found: SliceTable, unit: str) -> Slices:
    columns = (found.by.removesuffix("_key").capitalize(), "Effect", "p, adjusted", "Pairs, share of traffic")
    rows = (_row(row, found.scale, unit) for row in found.rows)
    return Slices(
        title=title(found).capitalize(),
        reversed=found.reversed,
        table=table(f"{candidate}: {title(found)}", columns, rows, numeric=(1, 2, 3)),
        notes=tuple(_notes(found)),
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


def _notes(found: SliceTable) -> list[str]:
    notes = []
    if found.differ.p is not None:
        notes.append(f"That all slices are alike: {words.p_value(found.differ.p)}.")
    if found.others:
        notes.append(f"{words.count(found.others, 'pair')} in slices too small to be shown.")
    return notes
