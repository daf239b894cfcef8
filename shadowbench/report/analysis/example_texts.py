"""The texts of one pair, as a reader of a report can take them in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shadowbench.metrics.view import Side
from shadowbench.reading.log import ReadLog

MOST_CHARACTERS = 6000
"""Of one text: some three pages. Word by word, longer ones cannot be compared in a browser either."""

CUT = " […]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What was asked last, and what both sides said. None: there is none, or it was not kept."""

    prompt: str | None = None
    production: str | None = None
    candidate: str | None = None


def texts_of(log: ReadLog, row: int) -> Texts:
    """Of the pair in this row. A pair that was deleted meanwhile has none."""
    try:
        view = log.texts(row)
    except LookupError:
        return Texts()
    return Texts(
        prompt=_short(view.request.last_user_text), production=_short(_said(view.production)),
        candidate=_short(_said(view.candidate)),
    )  # fmt: skip


def _said(side: Side) -> str | None:
    """Text, refusal, and calls of tools, one below the other. What an answer that broke off had said is said as well."""
    return None if side.answer is None else "\n".join(_parts(side))


def _parts(side: Side) -> Iterator[str]:
    first = side.first
    yield from (part for part in (first.text, first.refusal) if part)
    yield from (f"→ {call.name}({call.arguments})" for call in first.tool_calls)


def _short(text: str | None) -> str | None:
    if text is None or len(text) <= MOST_CHARACTERS:
        return text
    return text[:MOST_CHARACTERS] + CUT
