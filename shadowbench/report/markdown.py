"""The report as Markdown, for comments on pull requests and for job summaries (GitHub Flavored Markdown).

Whatever comes from logs and configuration is text, never markup: no link, image, mention or HTML of a model's making takes
effect. GitHub refuses comments of more than 65,536 characters (github.com, `body is too long`): what does not fit is left out
from the end, and that it was is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from shadowbench.report.chapters.contents import contents
from shadowbench.report.chapters.nouns import Chapter, Column, Line, Row, Table
from shadowbench.report.document.root import Document

LIMIT = 65_000
"""Characters: below GitHub's 65,536, with room for a line of whoever posts it."""
_LEFT_OUT = "\n_Left out, as it would not fit: {}. The HTML and JSON forms have all of it._\n"
_OPEN_CHAPTERS = ("Verdict", "Summary", "Key findings", "Warnings", "Recommendations")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~$])")  # of CommonMark and GFM; `$` begins mathematics
_MENTION = re.compile(r"([@#:])(?=\w)")  # @name, #123, :emoji:
_LIST_START = re.compile(r"^(\d+)([.)])|^([-=])")
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp)(:)|\b(www)(\.)")
_NOTHING = "\N{WORD JOINER}"


def render(document: Document, *, limit: int = LIMIT) -> str:
    """Chapters in order; details are folded. At most `limit` characters."""
    told, left_out = "", list[str]()
    reserved = len(_LEFT_OUT) + 200
    for chapter in contents(document):
        text = _chapter(chapter)
        if left_out or len(told) + len(text) + reserved > limit:
            left_out.append(chapter.title.lower())
        else:
            told += text
    return told + (_LEFT_OUT.format(", ".join(left_out)) if left_out else "")


def _chapter(chapter: Chapter) -> str:
    body = "\n\n".join(_blocks(chapter.blocks))
    if chapter.title in _OPEN_CHAPTERS:
        return f"## {chapter.title}\n\n{body}\n\n"
    return f"<details><summary><b>{chapter.title}</b></summary>\n\n{body}\n\n</details>\n\n"


def _blocks(blocks: Sequence[Table | Line]) -> Iterator[str]:
    """Items that follow each other are one list."""
    items: list[str] = []
    for block in blocks:
        if isinstance(block, Line) and (block.item or (block.depth and items)):
            items.append(f"- {text(block.text)}" if block.item else f"  {text(block.text)}")
            continue
        if items:
            yield "\n".join(items)
            items = []
        yield text(block.text) if isinstance(block, Line) else _table(block)
    if items:
        yield "\n".join(items)


def _table(table: Table) -> str:
    title = [f"**{text(table.title)}**"] if table.title else []
    rows = [_titles(table.columns), _rule(table.columns), *(_row(row) for row in table.rows)]
    return "\n\n".join([*title, "\n".join(rows), *(f"<sub>{text(note.text)}</sub>" for note in table.notes)])


def _titles(columns: Sequence[Column]) -> str:
    return _cells(text(column.title) for column in columns)


def _rule(columns: Sequence[Column]) -> str:
    return _cells("---:" if column.numbers else ":---" for column in columns)


def _row(row: Row) -> str:
    first, *others = (text(cell) for cell in row.cells)
    return _cells([f"{'&emsp;' * row.depth}{first}", *others])


def _cells(cells: Sequence[str] | Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def text(told: str) -> str:
    """Anybody's text, on one line, as it is read: nothing in it is markup."""
    line = "".join(character if character.isprintable() else " " for character in told)
    line = _LIST_START.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", line.strip())
    line = _MENTION.sub(rf"\1{_NOTHING}", _ADDRESS.sub(rf"\1\3{_NOTHING}\2\4", line))
    return "".join(_NAMED.get(character, character) for character in _MARKUP.sub(r"\\\1", line))
