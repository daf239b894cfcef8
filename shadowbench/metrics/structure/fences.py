"""Answers within a Markdown code fence, as models like to give them where they were asked for nothing but data."""

from __future__ import annotations

import re

_OPENING = re.compile(r"(`{3,}+|~{3,}+)[^\n`]*+\n")


def unfenced(text: str) -> str:
    """What is within the fence, where the whole text is one; else the text."""
    stripped = text.strip()
    opening = _OPENING.match(stripped)
    if opening is None:
        return text
    fence, behind = opening[1], stripped[opening.end() :]
    within = behind.rstrip(fence[0])
    is_whole = len(behind) - len(within) >= len(fence) and f"\n{fence}" not in f"\n{within}"
    return within.rstrip(" \t").removesuffix("\n") if is_whole else text
