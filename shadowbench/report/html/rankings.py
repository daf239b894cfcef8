"""Candidates in the order in which judges prefer them, and what goes together with what."""

from __future__ import annotations

from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.document.parts import Correlation, Place, Ranking
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.html.tables import Cell, Table, estimated, sized, table
from shadowbench.report.words import remarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """By one judge."""

    table: Table
    notes: tuple[str, ...]


def rankings(document: Document) -> tuple[Order, ...]:
    """One for each judge that compares."""
    return tuple(_order(each) for each in document.rankings)


def correlations(candidate: Candidate) -> Table | None:
    """Whether better scores go with more time or money. None: nothing was correlated."""
    if not candidate.correlations:
        return None
    columns = ("Measure", "Goes with", "Rank correlation", "Pairs")
    rows = map(_correlation, candidate.correlations)
    return table(f"{candidate.name}: differences that go together", columns, rows, numeric=(2, 3))


def _order(found: Ranking) -> Order:
    title = f"Strength by {words.measure_title(found.measure)}"
    rows = map(_place, found.places)
    return Order(
        table=table(title, ("Endpoint", "Strength", "Pairs"), rows, numeric=(1, 2)),
        notes=tuple(remarks.ranking(found)),
    )


def _place(found: Place) -> tuple[Cell | str, ...]:
    return (
        Cell(text=found.name, small="A/A lane" if found.again else ""),
        estimated(words.interval(found.strength, signed=True)),
        sized(found.strength.n, found.strength.clusters),
    )


def _correlation(found: Correlation) -> tuple[Cell | str, ...]:
    return (
        Cell(text=words.measure_title(found.measure), small="a seeded subsample" if found.subsampled else ""),
        words.measure_title(found.of),
        estimated(words.interval(found.rho, signed=True)),
        sized(found.rho.n, found.rho.clusters),
    )
