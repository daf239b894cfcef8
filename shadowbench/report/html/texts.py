"""Texts of strangers, made fit to be shown: what cannot be seen is made visible, and nothing turns the page around.

jinja2 escapes what HTML would read as markup; this is about characters that a browser hides, drops, or obeys.
"""

from __future__ import annotations

import unicodedata

# C0 controls have pictures of their own at U+2400; line ends and tabs stay what they are.
_PICTURES = {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)} | {0x7F: 0x2421}
# Marks that turn the direction of what follows, over the end of the text that has them (Trojan Source, CVE-2021-42574).
_TURNING = frozenset(range(0x202A, 0x202F)) | frozenset(range(0x2066, 0x206A))
_UNSEEN = frozenset({"Cc", "Cs", "Cn", "Co"})
_REPLACEMENT = "\ufffd"


def shown(text: str) -> str:
    """The text as it can be read: CR LF is a line end, controls are pictures (␀, ␛), marks of direction are named (⟨U+202E⟩),
    half surrogates and what is no character become U+FFFD: the file stays UTF-8."""
    return "".join(map(_shown, text.replace("\r\n", "\n"))) if not text.isascii() or _has_controls(text) else text


def _has_controls(text: str) -> bool:
    return any(ord(character) in _PICTURES for character in text)


def _shown(character: str) -> str:
    code = ord(character)
    if code in _PICTURES:
        return chr(_PICTURES[code])
    if code in _TURNING:
        return f"⟨U+{code:04X}⟩"
    if code > 0x7F and unicodedata.category(character) in _UNSEEN:
        return _REPLACEMENT
    return character
