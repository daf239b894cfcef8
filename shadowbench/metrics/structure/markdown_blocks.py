"""How Markdown answers are laid out: headings, lists, tables, blocks of code. By markdown-it-py: CommonMark, with tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from shadowbench.metrics.base import Value, comparison
from shadowbench.metrics.bounds import bounded

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LISTS = ("bullet_list_open", "ordered_list_open")
_COUNTED = ("list_item_open", "table_open", "th_open", "tr_open")


class Block(NamedTuple):
    """A block of code within fences."""

    language: str  # the first word behind the fence, in lower case; "": none
    code: str


class Layout(NamedTuple):
    """What a text is made of.

    `marks`   elements of structure in order: `h2`, `ul 0`, `li`, `table`, `th`, `tr`, `code:python`, …; lists with their depth
    `blocks`  what stands within code fences
    """

    marks: tuple[str, ...]
    blocks: tuple[Block, ...]


@comparison(version="1")
@bounded()
def markdown_structure(text: str, target: str) -> Value:
    """How alike the sequences of headings, lists, items, tables, rows and code blocks are; 1 where neither has any."""
    from rapidfuzz.distance import Indel

    return Indel.normalized_similarity(layout(text).marks, layout(target).marks)


@lru_cache(maxsize=4)  # several metrics in turn look at the same two or three texts
def layout(text: str) -> Layout:
    """What blocks a Markdown text has."""
    tokens = _reader().parse(text)
    fences = (token for token in tokens if token.type == "fence")
    blocks = (Block((token.info.split() or [""])[0].lower(), token.content) for token in fences)
    return Layout(tuple(_marks(tokens)), tuple(blocks))


def _marks(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "heading_open":
            yield token.tag
        elif token.type == "fence":
            yield f"code:{token.info.strip().lower()}"
        elif token.type == "code_block":
            yield "code:"
        elif token.type in _LISTS:
            yield f"{token.tag} {token.level}"
        elif token.type in _COUNTED:
            yield token.tag


@cache
def _reader() -> MarkdownIt:
    """A parser of blocks: what is within a paragraph is no structure."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark").enable("table")
    reader.core.ruler.enableOnly(["normalize", "block"])
    return reader
