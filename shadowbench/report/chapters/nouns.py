"""What a chapter is made of. Cells are plain text; whoever draws them escapes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a row or line is meant, for colours; the words say it, too."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"
    FAINT = "faint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`numbers` are set right. `spare`: left out where there is little room."""

    title: str = ""
    numbers: bool = False
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One cell for each column. `depth`: more of what the row above says."""

    cells: tuple[str, ...]
    tone: Tone | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A paragraph, or an item of a list. `depth`: more of what the line above says."""

    text: str
    tone: Tone | None = None
    item: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under a title, with notes beneath. A table without column titles is a list of names and what they are."""

    title: str = ""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[Line, ...] = ()


def notes(texts: Iterable[str], tone: Tone = Tone.FAINT) -> tuple[Line, ...]:
    """What goes beneath a table."""
    return tuple(Line(text=text, tone=tone) for text in texts)


def under(about: str, blocks: Iterable[Table | Line]) -> tuple[Table | Line, ...]:
    """Blocks below what is to be known of their numbers; where there is no table that goes without saying."""
    found = tuple(blocks)
    has_numbers = about and any(isinstance(block, Table) for block in found)
    return (Line(text=about, tone=Tone.FAINT), *found) if has_numbers else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """`detail`: for who wants to know more; it may be folded, or left out where there is little room."""

    title: str
    blocks: tuple[Table | Line, ...]
    detail: bool = False
