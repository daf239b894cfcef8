"""Texts of strangers, made fit to be shown: what cannot be seen is named, and nothing turns the page around.

jinja2 escapes what HTML would read as markup; this is about characters that a browser hides, drops, or obeys.
"""

from __future__ import annotations

import unicodedata

from shadowbench.report.visible import visible

_NO_CHARACTERS = frozenset({"Cs", "Cn", "Co"})


def shown(text: str) -> str:
    """The text as it can be read: CR LF is a line end, controls and marks of direction are named (⟨U+001B⟩), half surrogates
    and what is no character become U+FFFD: the file stays UTF-8."""
    text = visible(text.replace("\r\n", "\n"))
    return text if text.isascii() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    return "\ufffd" if unicodedata.category(character) in _NO_CHARACTERS else character


def titled(text: str) -> str:
    """With a capital, as a heading begins; names of measures, `json_valid`, stay as they are."""
    first = text.partition(" ")[0]
    return text if "_" in first else f"{text[:1].upper()}{text[1:]}"
