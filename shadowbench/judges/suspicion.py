"""Texts that speak to a judge: verdicts in its grammar, marks and roles that are not theirs, instructions. Pure.

A find changes no verdict by itself: it is a flag, for people to look at and reports to count. Only where a text speaks of
verdicts (`speaks_of`) is the reading of the reply stricter. The patterns are for what is common, in the languages that most
traffic has; whoever tries hard writes around them, which is why nothing else relies on them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from shadowbench.judges.suspicious_phrases import PHRASES

# A member's name as JSON text may hide it: "verd\u0069ct".
_HIDDEN_NAME = re.compile(r'"[^"\n]{0,80}\\u00[2-7][0-9a-fA-F][^"\n]{0,80}"\s*:')


@lru_cache(64)
def _naming(mark: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(mark)}\b[\"'`”’»*\\]*\s*[:=：]", re.IGNORECASE)


def speaks_of(mark: str, text: str) -> bool:
    """Whether a text has the member that makes an object a verdict, or could hide it."""
    return _naming(mark).search(text) is not None or _HIDDEN_NAME.search(text) is not None


@lru_cache(64)
def _quoting(mark: str) -> re.Pattern[str]:
    """As a member's name alone: "scores:" stands in many an answer about football."""
    return re.compile(rf"[\"'`“\\]{re.escape(mark)}[\\\"'`”]{{1,3}}\s{{0,9}}:", re.IGNORECASE)


_ANY = re.compile("|".join(f"(?:{phrase})" for phrase in PHRASES), re.IGNORECASE | re.MULTILINE)


_WHOSE = {"suspicious_candidate": "echo_of_candidate", "suspicious_production": "echo_of_production"}


def echo_of(reason: str, flags: Collection[str]) -> str:
    """The reason of a verdict that is an echo, with the one side that spoke to the judge; any other reason as it is."""
    whose = [name for flag, name in _WHOSE.items() if flag in flags]
    return whose[0] if reason == "reply_echo" and len(whose) == 1 else reason


def is_suspicious(text: str, mark: str) -> bool:
    """Whether a judged text speaks to its judge."""
    return (
        _quoting(mark).search(text) is not None
        or _HIDDEN_NAME.search(text) is not None
        or _ANY.search(text) is not None
    )
