"""The strings and numbers of JSON text, with where they stand: so that one can be replaced and no other byte changes.

Tolerant: text that was cut off, or is not quite JSON, gives what can be told. Whether it is JSON is `is_json`'s business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

_TOKEN = re.compile(r'"([^"\\]*+(?:\\.?[^"\\]*+)*+)(?:"|\Z)|([{}\[\],:])|-?[0-9][0-9.eE+\-]*+', re.DOTALL)

# Members that tell which of several answers or parts the others beside them are of. A type only at an event's top: further
# in, the first fragment of a tool call has one and the others have none.
_TELLING = frozenset({"index", "output_index", "content_index", "summary_index"})
_TELLING_AT_TOP = _TELLING | {"type", "item_id"}
# Repeat an answer's text token by token, and as lists of bytes.
_DEEPEST_CHANNEL = 64  # names and numbers; dialects need a dozen
_TOKEN_LISTS = frozenset({"logprobs", "logprobsResult", "logprobs_result"})


@dataclass(slots=True)
class Frame:
    """An object or array that is open."""

    is_object: bool
    start: int
    above: Frame | None
    member: str = ""  # that it is the value of, or an element in
    name: str = ""  # of the member whose value comes next
    wants_name: bool = False
    told: dict[str, str] = field(default_factory=dict)


class Leaf(NamedTuple):
    """A string or number. `start` and `end` hold the quotes; `raw` is what stands between them."""

    start: int
    end: int
    raw: str
    name: str  # of the member that it is the value of, or an element in
    is_string: bool
    frame: Frame | None

    @property
    def value(self) -> str:
        """The string without escapes. One that cannot be unescaped is taken as it is."""
        if "\\" not in self.raw:
            return self.raw
        try:
            return str(json.loads(f'"{self.raw}"', strict=False))
        except ValueError:
            return self.raw

    def encoded(self, value: str) -> str:
        """`value` as a string to stand in this one's place."""
        if "\\" not in self.raw:
            return f'"{value}"'  # differs from `raw` by placeholders only, which need no escapes
        text = json.dumps(value, ensure_ascii=False)
        return text if _is_sound(text) else json.dumps(value)

    @property
    def channel(self) -> tuple[object, ...]:
        """Equal for pieces of one text that came in several events. To be asked when the event was read to its end."""
        told: list[object] = [self.name]
        frame = self.frame
        while frame is not None and len(told) < _DEEPEST_CHANNEL:
            told += (frame.member, *sorted(frame.told.items()))
            frame = frame.above
        return tuple(told)


class Walk:
    """Reads JSON text between two places. Iterate it; `token_lists` is complete afterwards."""

    def __init__(self, text: str, start: int = 0, end: int | None = None) -> None:
        self._text = text
        self._start = start
        self._end = len(text) if end is None else end
        self.token_lists: list[tuple[int, int]] = []

    def __iter__(self) -> Iterator[Leaf]:
        top: Frame | None = None
        for match in _TOKEN.finditer(self._text, self._start, self._end):
            sign = match[2]
            if sign is None:
                leaf = self._leaf(match, top)
                if top is not None and top.wants_name and leaf.is_string:
                    top.name = leaf.value
                    top.wants_name = False
                    yield leaf._replace(name="")
                else:
                    _tell(top, leaf)
                    yield leaf
            elif sign in "{[":
                top = _opened(top, sign == "{", match.start())
            elif sign in "}]":
                top = self._closed(top, match.end())
            elif sign == "," and top is not None:
                top.wants_name = top.is_object
        while top is not None:
            top = self._closed(top, self._end)

    def _leaf(self, match: re.Match[str], top: Frame | None) -> Leaf:
        raw = match[1]
        name = top.name if top is not None else ""
        return Leaf(match.start(), match.end(), match[0] if raw is None else raw, name, raw is not None, top)

    def _closed(self, top: Frame | None, end: int) -> Frame | None:
        if top is None:
            return None
        if top.member in _TOKEN_LISTS and end - top.start > 2:
            self.token_lists.append((top.start, end))
        return top.above


def is_json(text: str) -> bool:
    """Whether `text` is one JSON value, as lenient readers understand it."""
    try:
        orjson.loads(text)
        return True
    except ValueError:
        pass
    try:
        json.loads(text)
        return True
    except (ValueError, RecursionError):
        return False


def looks_like_json(text: str) -> bool:
    """Whether `text` begins as an object or array does."""
    return text.lstrip()[:1] in ("{", "[")


def _opened(top: Frame | None, is_object: bool, start: int) -> Frame:
    member = top.name if top is not None else ""
    # An array's elements have the name of the array.
    return Frame(is_object, start, top, member, name="" if is_object else member, wants_name=is_object)


def _tell(top: Frame | None, leaf: Leaf) -> None:
    if top is not None and top.is_object and leaf.name in (_TELLING if top.above else _TELLING_AT_TOP):
        top.told[leaf.name] = leaf.raw


def _is_sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
