"""Recommendations by goal, and where everybody stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Note, Standpoint
from shadowbench.report.html.tables import Cell, Table, table
from shadowbench.report.words import remarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Whom to take where one thing matters most."""

    goal: str
    choose: str
    because: tuple[str, ...]
    would_change: tuple[str, ...]


def choices(document: Document) -> tuple[Choice, ...]:
    """One per goal."""
    return tuple(
        Choice(
            goal=words.goal(each.goal).capitalize(),
            choose=each.choose,
            because=sentences(each.because),
            would_change=sentences(each.would_change),
        )
        for each in document.recommendations
    )


def sentences(notes: Sequence[Note]) -> tuple[str, ...]:
    """What notes say."""
    return tuple(words.sentence(note) for note in notes)


def front(document: Document) -> Table | None:
    """Who is as good as anybody in quality, latency and cost at once. None: nobody is placed."""
    if not document.standpoints:
        return None
    columns = ("Endpoint", _quality(document.standpoints), "Latency", "Cost of a request", "Pareto front")
    return table("Quality, latency and cost (means)", columns, map(_stand, document.standpoints), numeric=(1, 2, 3))


def _quality(stands: Sequence[Standpoint]) -> str:
    """Which measure stands for it."""
    names = sorted({words.measure_title(each.quality_of) for each in stands if each.quality_of is not None})
    return f"Quality ({', '.join(names)})" if names else "Quality"


def _stand(stand: Standpoint) -> tuple[Cell | str, ...]:
    return (
        stand.name,
        words.number(stand.quality),
        words.number(stand.latency_s, "s"),
        words.number(stand.cost_usd, "USD"),
        _place(stand),
    )


def _place(stand: Standpoint) -> Cell:
    known = None not in (stand.quality, stand.latency_s, stand.cost_usd)
    return Cell(text=remarks.place(stand), tone="on-front" if known and not stand.dominated_by else "")
