"""Chapters on a terminal: readable at 80 columns, without colour, and where there are no characters but ASCII's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table as RichTable
from rich.text import Text

from shadowbench.report.chapters.contents import contents, in_brief
from shadowbench.report.chapters.nouns import Chapter, Line, Row, Table, Tone
from shadowbench.report.chapters.verdicts import in_short
from shadowbench.report.document.root import Document
from shadowbench.report.visible import visible

_ROOM_FOR_SPARE = 110  # columns; below, the spare ones would make all of them unreadable
_STYLES = {Tone.GOOD: "green", Tone.BAD: "bold red", Tone.OPEN: "yellow", Tone.FAINT: "dim"}
_ASCII = str.maketrans(
    {
        "\N{MINUS SIGN}": "-",
        "–": "-",
        "×": "x",
        "µ": "u",
        "∞": "inf",
        "…": "...",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "⟨": "<",
        "⟩": ">",
    }
)
# A number goes to the next line together with its unit, and an interval as a whole, where it is not so long that it would
# leave no room. No-break spaces would break all the same.
_UNITS = r"(?<=\d) (?=%|×|[mµ]?s\b)|\bp [<=] |(?<=\]) (?=\S+$)"
_HELD = re.compile(rf"{_UNITS}|\[[^\]]{{1,16}}\]")
_HELD_IN_A_CROWD = re.compile(rf"{_UNITS}|\[[^\]]{{1,12}}\]")
_CROWD = 3  # columns of intervals
_SPACE = "\ue000"
_Told = Callable[[str], str]


def show(document: Document, console: Console, *, full: bool = False) -> None:
    """Print the answer, and how to get the rest; or the whole report, with the verdicts once more where a terminal stands at
    its end."""
    show_chapters((*contents(document), in_short(document)) if full else in_brief(document), console)


def show_chapters(chapters: Iterable[Chapter], console: Console) -> None:
    """Print those that say something. Providers choose some of the words: no escape sequence of theirs reaches the terminal."""
    told = _printable if console.encoding.lower().startswith("utf") else _ascii
    for chapter in chapters:
        if chapter.blocks:
            console.print(_Whole(_chapter(chapter, told, console.width)))


@dataclass(frozen=True, slots=True)
class _Whole:
    """Draws what is inside, then makes spaces of those at which no line was to break."""

    inside: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self.inside, options):
            yield Segment(text.replace(_SPACE, " "), style, control)


def _chapter(chapter: Chapter, told: _Told, width: int) -> RenderableType:
    parts: list[RenderableType] = [Text(chapter.title.upper(), style="bold")]
    before: Line | Table | None = None
    for block in chapter.blocks:
        if isinstance(block, Table):
            parts.append(
                _table(
                    block, told, width, apart=before is not None and (bool(block.title) or isinstance(before, Table))
                )
            )
        else:
            parts.append(Padding(_line(block, told), (1 if isinstance(before, Table) else 0, 0, 0, 2 * block.depth)))
        before = block
    return Padding(_stacked(parts), (0, 0, 1, 0))


def _line(line: Line, told: _Told) -> RenderableType:
    text = Text(_with_held(told(line.text), _HELD), style=_style(line.tone))
    if not line.item:
        return text
    grid = RichTable.grid(padding=(0, 1, 0, 0))
    grid.add_row("-", text)
    return grid


def _table(table: Table, told: _Told, width: int, *, apart: bool) -> RenderableType:
    """`apart`: with an empty line before."""
    kept = [place for place, column in enumerate(table.columns) if width >= _ROOM_FOR_SPARE or not column.spare]
    has_titles = any(column.title for column in table.columns)
    drawn = RichTable(box=box.SIMPLE_HEAD, show_header=has_titles, show_edge=False, pad_edge=False)
    for place in kept:
        column = table.columns[place]
        drawn.add_column(Text(told(column.title)), justify="right" if column.numbers else "left", overflow="fold")
    held = (
        _HELD
        if sum(any("[" in row.cells[place] for row in table.rows) for place in kept) < _CROWD
        else _HELD_IN_A_CROWD
    )
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in _cells(row, kept, told, held)), style=_style(row.tone))
    title = [Text(told(table.title), style="bold")] if table.title else []
    return Padding(_stacked([*title, drawn, *(_line(note, told) for note in table.notes)]), (int(apart), 0, 0, 2))


def _cells(row: Row, kept: list[int], told: _Told, held: re.Pattern[str]) -> list[str]:
    cells = [_with_held(told(row.cells[place]), held) for place in kept]
    return [f"{'  ' * row.depth}{cells[0]}", *cells[1:]]


def _with_held(text: str, held: re.Pattern[str]) -> str:
    return held.sub(lambda found: found[0].replace(" ", _SPACE), text)


def _stacked(parts: Iterable[RenderableType]) -> RenderableType:
    grid = RichTable.grid()
    for part in parts:
        grid.add_row(part)
    return grid


def _style(tone: Tone | None) -> str:
    return "" if tone is None else _STYLES[tone]


def _printable(text: str) -> str:
    named = visible(text)
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in named)


def _ascii(text: str) -> str:
    named = visible(text).translate(_ASCII)
    return "".join(character if character.isprintable() else "?" for character in named)
