"""Tables as they stand in the page: plain nouns that a template prints with captions and scopes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shadowbench.report import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell. `tone` is a class of the style sheet; it never says anything that the text does not."""

    text: str
    tone: str = ""
    small: str = ""  # a second line


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The first cell of each row is its heading. `numeric`: columns of numbers, from 0."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[Cell | str]], *, numeric: Iterable[int] = ()
) -> Table:
    """Strings become cells. Raises ValueError where a row is not as long as the heading."""
    made = tuple(tuple(_cell(each) for each in row) for row in rows)
    if any(len(row) != len(columns) for row in made):
        raise ValueError(f"a row of {caption!r} has not {len(columns)} cells")
    return Table(caption=caption, columns=tuple(columns), rows=made, numeric=frozenset(numeric))


def _cell(each: Cell | str) -> Cell:
    return each if isinstance(each, Cell) else Cell(text=each)


def estimated(told: str) -> Cell:
    """An estimate in words: its numbers are not broken; how ties count, and why there is no interval, stand below."""
    numbers, _, why = told.partition(" (no interval")
    plain = numbers.removesuffix(words.TIES)
    ties = "ties half" if plain != numbers else ""
    no_interval = f"no interval{why.removesuffix(')')}" if why else ""
    return Cell(text=plain, small="; ".join(filter(None, (ties, no_interval))))


def parts(text: str) -> list[str]:
    """Numbers as what must stay on one line: a value, and its interval."""
    value, bracket, interval = text.partition(" [")
    return [value, f"[{interval}"] if bracket else [value]


def sized(n: int, clusters: int, share: str = "") -> Cell:
    """What a row rests on: pairs, and below them their share, if any, and their clusters."""
    return Cell(text=f"{n:,}", small=f"{share}{words.count(clusters, 'cluster')}", tone="size")


def p_in_column(p: float | None) -> str:
    """A p below a heading that says so: `0.032`, `< 0.001`."""
    return words.p_value(p).removeprefix("p = ").removeprefix("p ")
