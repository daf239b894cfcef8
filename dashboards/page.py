"""docs/grafana.md: how to import the dashboards, and what each panel answers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dashboards.board import Board
from dashboards.panels import Panel, Section

HEAD = Path(__file__).with_name("page_head.md")


def page(boards: Sequence[Board]) -> str:
    """The whole page."""
    return "\n".join([HEAD.read_text("utf-8"), *(line for board in boards for line in _board(board))])


def _board(board: Board) -> Iterator[str]:
    yield f"## {board.title.partition(': ')[2].capitalize()}\n"
    yield f"{board.description}\n"
    for section in board.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield f"### {section.title}\n"
    yield "| panel | what it tells |"
    yield "|---|---|"
    yield from (_row(panel) for panel in section.panels)
    yield ""


def _row(panel: Panel) -> str:
    title = "one for each declared measure" if panel.repeat else panel.title
    return f"| {title} | {_first_sentence(panel.description)} |"


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].removesuffix(".") + "."
