"""The report as Markdown, for comments on pull requests and for job summaries (GitHub Flavored Markdown).

Whatever comes from logs and configuration is text, never markup: no link, image, mention or HTML of a model's making takes
effect. GitHub refuses comments of more than 65,536 characters (github.com, `body is too long`): what does not fit is left out
from the end, and that it was is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from shadowbench.report.chapters.contents import contents
from shadowbench.report.chapters.nouns import Chapter, Column, Line, Row, Table, Tone
from shadowbench.report.document.root import Document

LIMIT = 65_000
"""Characters: below GitHub's 65,536, with room for a line of whoever posts it."""
_LEFT_OUT = "\n_Left out, as it would not fit: {}. The HTML and JSON forms have all of it._\n"
_OPEN_CHAPTERS = (
    "Gate",
    "Verdict",
    "Since the baseline",
    "What to do",
    "Summary",
    "Key findings",
    "Warnings",
    "Recommendations",
)
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKUP = re.compile(r"[\\`*\[|~$]|(?<![^\W_])_|_(?![^\W_])")  # of CommonMark and GFM; `$` begins mathematics
_AT_START = re.compile(r"[-=+#]|\d+(?=[.)])")  # lists, headings, rules
_MENTION = re.compile(r"([@#])(?=\w)|(:)(?=[\w+-]*[a-z][\w+-]*:)")  # @name, #123, :emoji:
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp)(?=:)|\bwww(?=\.)")
_HELD = re.compile(r"(?<=\d) (?=%|×|[mµ]?s\b)|\[[^\]]{1,20}\]")
_NOTHING = "\N{WORD JOINER}"


def render(document: Document, *, limit: int = LIMIT) -> str:
    """Chapters in order; details are folded. At most `limit` characters."""
    return render_chapters(contents(document), limit=limit)


def render_chapters(chapters: Iterable[Chapter], *, limit: int = LIMIT) -> str:
    """As `render`, of these chapters."""
    told, left_out = "", list[str]()
    reserved = len(_LEFT_OUT) + 200
    for chapter in chapters:
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
            items.append(f"- {_begun(block.text)}" if block.item else f"  {_begun(block.text)}")
            continue
        if items:
            yield "\n".join(items)
            items = []
        yield _paragraph(block) if isinstance(block, Line) else _table(block)
    if items:
        yield "\n".join(items)


def _paragraph(line: Line) -> str:
    """What has a tone is what one looks for first."""
    return _begun(line.text) if line.tone in (None, Tone.FAINT) else f"**{text(line.text)}**"


def _table(table: Table) -> str:
    title = [f"**{text(table.title)}**"] if table.title else []
    rows = [_titles(table.columns), _rule(table.columns), *(_row(row) for row in table.rows)]
    notes = "<br>".join(text(note.text) for note in table.notes)
    return "\n\n".join([*title, "\n".join(rows), *([f"<sub>{notes}</sub>"] if notes else [])])


def _titles(columns: Sequence[Column]) -> str:
    return _cells(text(column.title) for column in columns)


def _rule(columns: Sequence[Column]) -> str:
    return _cells("---:" if column.numbers else ":---" for column in columns)


def _row(row: Row) -> str:
    first, *others = (_unbroken(text(cell)) for cell in row.cells)
    return _cells([f"{'&emsp;' * row.depth}{first}", *others])


def _unbroken(told: str) -> str:
    """A number stays with its unit, and an interval in one piece."""
    return _HELD.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), told)


def _cells(cells: Sequence[str] | Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def text(told: str) -> str:
    """Anybody's text, on one line, as it is read: nothing in it is markup."""
    line = "".join(character if character.isprintable() else " " for character in told)
    for what_links in (_MENTION, _ADDRESS):
        line = what_links.sub(lambda found: f"{found[0]}{_NOTHING}", line)
    return "".join(_NAMED.get(character, character) for character in _MARKUP.sub(r"\\\g<0>", line))


def _begun(told: str) -> str:
    """The same where a line begins with it."""
    line = text(told.strip())
    found = _AT_START.match(line)
    if found is None:
        return line
    return f"\\{line}" if len(found[0]) == 1 and not found[0].isdigit() else f"{found[0]}\\{line[found.end() :]}"
