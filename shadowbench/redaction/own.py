"""Patterns of the operator's own, in RE2's syntax.

RE2 rather than Python's engine: whatever the pattern and the text, its time is linear, so that no pattern can stop the
recorder; and it refuses what it cannot do (lookarounds, backreferences) with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import re2

from shadowbench.errors import ConfigurationError

MAX_PATTERN_CHARACTERS = 500
_NAME = re.compile(r"[a-z][a-z0-9_]{0,15}")  # it keys the hash (BLAKE2b's personalisation has 16 bytes) and is a label


@dataclass(frozen=True, slots=True)
class OwnKind:
    """A kind that the operator defined."""

    name: str
    pattern: str
    compiled: Any

    def places(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where it stands in `text` between `start` and `end`."""
        # RE2 reads UTF-8: a lone surrogate becomes one question mark, so that positions stay.
        sound = text if text.isascii() else text.encode("utf-8", "replace").decode()
        for match in self.compiled.finditer(sound, start, end):
            if match.end() > match.start():
                yield match.span()


def own_kind(name: str, pattern: str) -> OwnKind:
    """The kind of this name. Raises ConfigurationError, with what to change."""
    place = f"redaction.patterns.{name}"
    if _NAME.fullmatch(name) is None:
        raise ConfigurationError(f"{place}: name it with a small letter, then up to 15 of a-z, 0-9 and _")
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        raise ConfigurationError(
            f"{place}: longer than {MAX_PATTERN_CHARACTERS} characters; make several patterns of it"
        )
    compiled = _compile(place, pattern)
    if compiled.search("") is not None:
        raise ConfigurationError(f"{place}: matches the empty text, and so everywhere")
    return OwnKind(name, pattern, compiled)


def _compile(place: str, pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        # Somebody's secret may be what is to be found: the pattern is not repeated as a whole.
        reason = str(reason).replace(f": {pattern}", "")
        raise ConfigurationError(f"{place}: {reason} (the syntax is RE2's, without lookarounds)") from None
