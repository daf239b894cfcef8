"""Where secrets and personal data stand in one text.

Two steps, because nearly all texts hold nothing. First one search over the bytes for the cues of all kinds at once: RE2's
automaton, 2.4 µs per KB whatever the text and however many kinds, where Python's engine takes 15 µs for the prefixes of keys
alone, and as many searches with `in` take as long. Then, where a cue was seen, Python's patterns with their lookarounds and
check digits say what stands where.

Why not a ready-made engine: datafog 4.9 (regular expressions, as this) takes about 290 µs per KB, seven times what a pair may
cost in all, and knows no API keys; presidio needs a language model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import re2

from shadowbench.redaction.kind import Kind
from shadowbench.redaction.own import OwnKind
from shadowbench.redaction.placeholders import PLACEHOLDER, placeholder

# An escape in JSON that may hide part of a secret: of a letter, digit, @ or a sign that stands in one. Not those of < > & '
# and quotes, which some servers escape always and no kind needs.
_HIDING_ESCAPE = (
    r"\\u00(?:2[013-589a-fA-F]|3[0-9abdfABDF]|4[0-9a-fA-F]|5[0-9abdefABDEF]|[67aA][0-9a-fA-F])|\\u20(?:09|2[fF]|1[0-5])"
)


class Edit(NamedTuple):
    """What is to stand between `start` and `end` instead. `placeholders` are those in `text` that are new."""

    start: int
    end: int
    text: str
    placeholders: tuple[str, ...]


class _Found(NamedTuple):
    start: int
    end: int
    kind: str


class Finder:
    """Finds what is of some kinds. `salt` keys the placeholders."""

    def __init__(self, kinds: Sequence[Kind], own: Sequence[OwnKind], salt: bytes) -> None:
        self._kinds = [(kind, search_of(kind.cue)) for kind in kinds]
        self._own = own
        self.salt = salt
        self.names = frozenset([kind.name for kind in kinds] + [kind.name for kind in own])
        self._search = search_of("|".join([*(f"(?:{kind.cue})" for kind in kinds), _HIDING_ESCAPE]))
        self._own_search = search_of("|".join(f"(?:{kind.pattern})" for kind in own), utf8=True) if own else None

    def is_suspicious(self, data: bytes) -> bool:
        """Whether `data` may hold anything: a text in UTF-8, or in JSON's escaped form. False is certain."""
        if self._search(data) is not None:
            return True
        if self._own_search is None:
            return False
        # Own patterns know nothing of JSON's escapes: the common ones are taken back, others are looked into.
        return self._own_search(data) is not None or (
            b"\\" in data and (b"\\u" in data or self._own_search(_without_escapes(data)) is not None)
        )

    def is_clean(self, texts: Iterable[str | None], bodies: Iterable[bytes | None]) -> bool:
        """Whether none of all this holds anything. True is certain.

        One search over all of it, since a search costs more than what it looks through: a cue that may begin where a text
        does may begin after a line feed. Patterns of an operator's own need not, and look into each by itself.
        """
        told, raw = [text for text in texts if text], [body for body in bodies if body]
        if self._own_search is not None:
            return not any(map(self.is_suspicious, [*[text.encode("utf-8", "replace") for text in told], *raw]))
        return self._search(b"\n".join(["\n".join(told).encode("utf-8", "replace"), *raw])) is None

    def edits(self, text: str) -> list[Edit]:
        """What to replace in a plain text, in order. Placeholders that stand in it already are left alone."""
        places = _between_placeholders(text)
        if len(places) > 1 and not self.is_suspicious(PLACEHOLDER.sub("\n", text).encode("utf-8", "replace")):
            return []
        found = [each for start, end in places for each in self._found(text, start, end)]
        return [self._edit(text, each) for each in _merged(found)] if found else []

    def mark(self, kind: str, value: str) -> str:
        """The placeholder of a value."""
        return placeholder(self.salt, kind, value)

    def _edit(self, text: str, found: _Found) -> Edit:
        mark = self.mark(found.kind, text[found.start : found.end])
        return Edit(found.start, found.end, mark, (mark,))

    def _found(self, text: str, start: int, end: int) -> Iterator[_Found]:
        data = text[start:end].encode("utf-8", "replace")
        for kind, search in self._kinds:
            if search(data) is None:
                continue
            for rule in kind.rules:
                for place in rule.places(text, start, end):
                    yield _Found(*place, kind.name)
        for own in self._own:
            for place in own.places(text, start, end):
                yield _Found(*place, own.name)


def search_of(pattern: str, *, utf8: bool = False) -> Any:
    """A function from bytes to a match or None. `pattern` is in RE2's syntax, over bytes unless `utf8`."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20  # else the automaton of all cues would be thrown away and built again within a long text
    if not utf8:
        options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(pattern.encode("utf-8" if utf8 else "latin-1"), options).search


def apply(text: str, edits: Iterable[Edit]) -> str:
    """`text` with edits, which are in order and do not overlap."""
    parts, at = [], 0
    for edit in edits:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


def _without_escapes(data: bytes) -> bytes:
    return re.sub(rb"\\+[nrtbf]", b"\n", data).replace(b"\\", b"")


def _between_placeholders(text: str) -> list[tuple[int, int]]:
    if "[" not in text:
        return [(0, len(text))]
    places, at = [], 0
    for match in PLACEHOLDER.finditer(text):
        places.append((at, match.start()))
        at = match.end()
    return [*places, (at, len(text))]


def _merged(found: list[_Found]) -> list[_Found]:
    """Without overlaps: what overlaps becomes one, of the kind that begins first, or is longest, or was found first."""
    found.sort(key=lambda each: (each.start, -each.end))
    merged = found[:1]
    for each in found[1:]:
        last = merged[-1]
        if each.start >= last.end:
            merged.append(each)
        elif each.end > last.end:
            merged[-1] = last._replace(end=each.end)
    return merged
