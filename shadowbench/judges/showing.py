"""An answer as a judge sees it: nothing that tells who wrote it or that plays with the page, both sides treated alike. Pure.

Left out is what a model thought aloud: one side may show it and the other not. Tool calls are written out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache

from shadowbench.judges.families import NAMES
from shadowbench.metrics.view import Side
from shadowbench.records import Choice, ToolCall
from shadowbench.wire.loose_json import sound

DEFAULT_CHARACTERS = 24_000
"""Of each answer, and of the conversation: about 6,000 tokens."""
_SPARE = 3
"""Times the characters that are shown are undressed: what is taken out makes room for what follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """How answers are shown."""

    max_characters: int = DEFAULT_CHARACTERS
    strip_markdown: bool = False
    redact_identity: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A text for a judge."""

    text: str
    is_cut: bool = False


def show(side: Side, showing: Showing) -> Shown:
    """One side's answer: text or refusal, then its tool calls."""
    return _shown(_said(side.first), showing)


@lru_cache(maxsize=4)  # an answer is shown several times for a pair
def _shown(said: str, showing: Showing) -> Shown:
    """Of an answer that is much too long only the ends are undressed: a megabyte takes seconds, and the middle is not shown."""
    text, limit = tidy(said), showing.max_characters
    if len(text) <= _SPARE * limit:
        return cut(_undressed(text, showing) or "(an empty answer)", limit)
    head, tail = _ends(limit)
    start = _undressed(text[: _SPARE * head], showing)[:head]
    end = _undressed(text[-_SPARE * tail :], showing)[-tail:]
    return _without_middle(start, end, left_out=len(text) - len(start) - len(end))


def _undressed(text: str, showing: Showing) -> str:
    if showing.redact_identity:
        text = without_identity(text)
    return without_markdown(text) if showing.strip_markdown else text


def is_shown(side: Side) -> bool:
    """Whether there is an answer to show, be it an empty one. Embeddings are none."""
    return side.is_answer and side.answer is not None and side.answer.embeddings is None


def _said(choice: Choice) -> str:
    parts = [part for part in (choice.text, choice.refusal) if part and part.strip()]
    return "\n\n".join([*parts, *map(_called, choice.tool_calls)])


def _called(call: ToolCall) -> str:
    return tool_call(call.name, call.arguments)


def tool_call(name: str, arguments: str) -> str:
    """A call in one form for all vendors: arguments as compact JSON with sorted members, where they are JSON."""
    try:
        arguments = json.dumps(json.loads(arguments), sort_keys=True, ensure_ascii=False)
    except (ValueError, RecursionError):
        arguments = arguments.strip()
    return f"[calls the tool {name} with {arguments}]"


_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
# What chat templates and reasoning models use for structure. Some servers take it for real where it stands in a message.
_TOKENS = re.compile(
    r"<(\|[^<>|\n]{1,40}\||/?think(?:ing)?|/?s|[|｜][^<>\n]{1,40}[|｜])>|\[(/?INST)\]|<<(/?SYS)>>", re.IGNORECASE
)


def tidy(text: str) -> str:
    """A text without what cannot be seen, with one kind of line end, no blanks at line ends and no more than one empty line.

    Control tokens of chat templates are spelt with ‹ ›.
    """
    text = sound(text).replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _TOKENS.sub(lambda token: f"‹{token[1] or token[2] or token[3]}›", _UNSEEN.sub("", text))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()


_NAME = "(?:" + "|".join(map(re.escape, sorted(NAMES, key=len, reverse=True))) + r")(?:[-\s]?\d[\w.]*|-[\w.-]+)?"
_SELF = re.compile(
    rf"\b(i am|i['’]m|my name is|call me|i am called|as(?=[^.\n]{{1,40}}\b(?:i|my|we)\b))(\s+)(?:(?:an?|the)\s+)?{_NAME}\b"
    rf"(?:\s+(?:model|assistant|\d[\w.]*|opus|sonnet|haiku|pro|flash|turbo|mini|large))*",
    re.IGNORECASE,
)
_MAKER = re.compile(
    rf"\b((?:i|i['’]m|me|as an?)\b[^.\n]{{1,60}}?\b(?:developed|made|created|trained|built)\s+by)\s+{_NAME}"
    rf"(?:\s+(?:AI|LLC|Inc\.?|Cloud|Research))?",
    re.IGNORECASE,
)


def without_identity(text: str) -> str:
    """A text in which the model does not name itself or its maker. Names in other places are content and stay."""
    text = _SELF.sub(r"\1\2an assistant", text)
    return _MAKER.sub(r"\1 its makers", text)


_MARKDOWN = (
    (re.compile(r"^[ \t]*```.*$\n?", re.MULTILINE), ""),
    (re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*[-*_]{3,}[ \t]*$\n?", re.MULTILINE), ""),
    (re.compile(r"^([ \t]*)[-*+][ \t]+", re.MULTILINE), r"\1"),
    (re.compile(r"^[ \t]{0,3}>[ \t]?", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__)(?=\S)(.{1,400}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])([*_])(?=\S)([^*_\n]{1,400}?)(?<=\S)\1(?![\w*])"), r"\2"),
    (re.compile(r"`([^`\n]{1,400})`"), r"\1"),
    (re.compile(r"!?\[([^\]\n]{0,400})\]\([^)\s]{1,1000}\)"), r"\1"),
)


def without_markdown(text: str) -> str:
    """A text without headings, bullets, emphasis, fences and link targets: what it says, and not how it is dressed."""
    for pattern, plain in _MARKDOWN:
        text = pattern.sub(plain, text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def cut(text: str, limit: int) -> Shown:
    """A text of at most `limit` characters and a note: its middle is left out, for ends tell whether an answer is whole."""
    if len(text) <= limit:
        return Shown(text=text)
    head, tail = _ends(limit)
    return _without_middle(text[:head], text[len(text) - tail :], left_out=len(text) - limit)


def _ends(limit: int) -> tuple[int, int]:
    head = limit * 2 // 3
    return head, limit - head


def _without_middle(start: str, end: str, *, left_out: int) -> Shown:
    return Shown(text=f"{start}\n[… {left_out} characters left out here, for length only …]\n{end}", is_cut=True)
