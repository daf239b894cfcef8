"""Characters that nobody sees, or that turn the page around, made visible by their names: ⟨U+202E⟩. Pure.

Names of models and tenants are chosen by strangers: an escape sequence in one is obeyed by a terminal, and a mark of direction
shows what follows it, over the end of the name, the other way round (Trojan Source, CVE-2021-42574).
"""

from __future__ import annotations

_CONTROLS = frozenset(range(0x20)) - {0x09, 0x0A} | frozenset(range(0x7F, 0xA0))  # but for tabs and line ends
_TURNING = frozenset(range(0x202A, 0x202F)) | frozenset(range(0x2066, 0x206A))
_NAMED = {code: f"⟨U+{code:04X}⟩" for code in _CONTROLS | _TURNING}
_NAMED_TURNING = {code: _NAMED[code] for code in _TURNING}


def visible(text: str) -> str:
    """Controls and marks of direction are named; tabs, line ends and words of any script stay."""
    return text.translate(_NAMED)


def unturned(text: str) -> str:
    """The same of marks of direction alone."""
    return text.translate(_NAMED_TURNING)
