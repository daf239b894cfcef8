"""Set, rename or delete members of a JSON object in its bytes, leaving every other byte as the client wrote it. Pure.

A candidate must get the client's request and not our idea of it: numbers keep their digits (int64 seeds, 1e-7), strings their
escapes (lone surrogates too), members their order, white space its place. So nothing is decoded and encoded again; the object
is checked, its top-level members are found, and the changed values are spliced in.

The check is orjson's, then the standard library's for what orjson refuses though JSON allows it (escaped lone surrogates,
numbers that no double holds). Nesting deeper than both go, about a thousand, is refused with its own reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

import orjson

_WS = rb"[ \t\r\n]*+"
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_PLAIN = rb'[^"{}\[\]]++|' + _STRING

# For checked JSON only.
_KEY = re.compile(_WS + rb"(" + _STRING + rb")" + _WS + rb":" + _WS, re.DOTALL)
_SCALAR = re.compile(_STRING + rb"|[^,\]}\s]++", re.DOTALL)
_BLANK = re.compile(_WS)
_TEXT_VALUE = re.compile(_WS + rb":" + _WS + rb"(" + _STRING + rb")", re.DOTALL)


def _to_bracket(depth: int) -> re.Pattern[bytes]:
    """Past strings, scalars, and containers nested up to `depth`: what is left to count brackets for is little."""
    inside = _PLAIN
    for _ in range(depth):
        inside = _PLAIN + rb"|[{\[](?:" + inside + rb")*+[}\]]"
    return re.compile(rb"(?:" + inside + rb")*+", re.DOTALL)


_TO_BRACKET = _to_bracket(5)  # measured on tool schemas: 5 needs two thirds of 3's time, deeper patterns gain nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpatchable:
    """A body that cannot be patched without guessing."""

    reason: str  # not_json | too_deep | not_an_object | duplicate_key | member_not_an_object


class _Member(NamedTuple):
    key: str
    start: int  # of the key
    value: int  # of the value
    end: int
    is_renamed: bool = False

    def name(self, body: bytes) -> bytes:
        """The key and the colon, with the white space around it, as they are to be written."""
        return _quoted(self.key) + b":" if self.is_renamed else body[self.start : self.value]


class Patch:
    """Changes to one object, gathered and then written into its bytes at once."""

    __slots__ = ("_body", "_changes", "_members", "_places")

    def __init__(self, body: bytes, members: list[_Member]) -> None:
        self._body = body
        self._members = members
        self._places = {member.key: member for member in members}
        self._changes: dict[str, bytes | None] = {}

    @staticmethod
    def of(body: bytes) -> Patch | Unpatchable:
        """A patch of `body`, which must be a JSON object."""
        fault = _fault(body)
        return Unpatchable(reason=fault) if fault else Patch.of_checked(body)

    @staticmethod
    def of_checked(body: bytes) -> Patch | Unpatchable:
        """A patch of what is known to be JSON, as the inside of checked JSON is."""
        members = _members(body)
        return members if isinstance(members, Unpatchable) else Patch(body, members)

    def get(self, name: str) -> bytes | None:
        """The value of a member as it would be written now; None when it is not there."""
        if name in self._changes:
            return self._changes[name]
        member = self._places.get(name)
        return None if member is None else self._body[member.value : member.end]

    def set(self, name: str, value: bytes) -> None:
        """Give a member a raw JSON value. One that is missing comes last."""
        self._changes[name] = value

    def rename(self, old: str, new: str) -> None:
        """Call a member otherwise, in its place. Where the new name is taken already, the old member goes."""
        value = self.get(old)
        if value is None or old == new:
            return
        if old not in self._places or new in self._places or new in self._changes:
            is_taken = self.get(new) is not None
            self.drop(old)
            if not is_taken:
                self.set(new, value)
            return
        member = self._places[old]
        at = self._members.index(member)
        renamed = member._replace(key=new, is_renamed=True)
        self._members = [*self._members[:at], renamed, *self._members[at + 1 :]]
        self._places = {each.key: each for each in self._members}
        if old in self._changes:
            self._changes[new] = self._changes.pop(old)

    def drop(self, name: str) -> None:
        """Delete a member, if it is there."""
        if name in self._places or name in self._changes:
            self._changes[name] = None

    def drop_all(self, names: Set[str]) -> None:
        """Delete every member that `names` has."""
        for name in self._places.keys() & names:
            self._changes[name] = None
        for name in self._changes.keys() & names:
            self._changes[name] = None

    def names(self) -> Set[str]:
        """The members that `body` came with."""
        return self._places.keys()

    def inside(self, name: str) -> Patch | Unpatchable:
        """A patch of the object that a member is: an empty one where it is missing or null. To be put back with `set`."""
        value = self.get(name)
        if value is None or value == b"null":
            return Patch(b"{}", [])
        return Patch.of_checked(value) if value.startswith(b"{") else Unpatchable(reason="member_not_an_object")

    # ── along a path: names of members, from the outermost ──

    def get_path(self, path: Sequence[str]) -> bytes | None:
        """The value at `path` as it would be written now; None when it is not there."""
        name, *below = path
        if not below:
            return self.get(name)
        inside = self.inside(name)
        return None if isinstance(inside, Unpatchable) else inside.get_path(below)

    def set_path(self, path: Sequence[str], value: bytes) -> Unpatchable | None:
        """Put a raw JSON value at `path`. Objects on the way are made where they are missing or null; anything else that stands
        there is no place for it, and nothing changes."""
        name, *below = path
        if not below:
            self.set(name, value)
            return None
        inside = self.inside(name)
        fault = inside if isinstance(inside, Unpatchable) else inside.set_path(below, value)
        if fault is None and isinstance(inside, Patch):
            self.set(name, inside.render())
        return fault

    def drop_path(self, path: Sequence[str]) -> None:
        """Delete what stands at `path`, if it is there. Objects that it leaves empty stay."""
        name, *below = path
        if not below:
            self.drop(name)
        elif (value := self.get(name)) is not None and (dropped := drop_path(value, below)) != value:
            self.set(name, dropped)

    def rename_path(self, old: Sequence[str], new: Sequence[str]) -> Unpatchable | None:
        """Move a member, in its place where both paths end in one object. Where the new one is taken already, the old goes."""
        value = self.get_path(old)
        if value is None:
            return None
        if len(old) == 1 and len(new) == 1:
            self.rename(old[0], new[0])
            return None
        if old[0] == new[0] and len(old) > 1 and len(new) > 1:
            inside = self.inside(old[0])
            fault = inside if isinstance(inside, Unpatchable) else inside.rename_path(old[1:], new[1:])
            if fault is None and isinstance(inside, Patch):
                self.set(old[0], inside.render())
            return fault
        fault = self.set_path(new, value) if self.get_path(new) is None else None
        if fault is None:
            self.drop_path(old)
        return fault

    def render(self) -> bytes:
        """The object with the changes."""
        if not self._changes and not any(member.is_renamed for member in self._members):
            return self._body
        return _splice(self._body, self._members, self._changes)


def set_text(body: bytes, name: str, value: bytes) -> bytes | None:
    """`body` with the text at top-level member `name` replaced, the rest not looked at; None when that takes a closer look.

    For a `body` that is known to be an object with such a member. Where the quoted name stands once and no key can be written
    otherwise (no escapes of ASCII), that place is the member's key.
    """
    key = _quoted(name)
    at = body.find(key)
    if at < 0 or body.find(key, at + 1) >= 0 or b"\\u00" in body:
        return None
    found = _TEXT_VALUE.match(body, at + len(key))
    return None if found is None else body[: found.start(1)] + value + body[found.end(1) :]


def get_elements(array: bytes) -> list[bytes] | None:
    """The elements of a checked JSON array with their values as written; None when it is none."""
    position = _end_of_blank(array, 0)
    if array[position : position + 1] != b"[":
        return None
    position = _end_of_blank(array, position + 1)
    elements: list[bytes] = []
    while array[position : position + 1] != b"]":
        end = _end_of_value(array, position)
        elements.append(array[position:end])
        position = _end_of_blank(array, end)
        if array[position : position + 1] == b",":
            position = _end_of_blank(array, position + 1)
    return elements


def drop_path(value: bytes, path: Sequence[str]) -> bytes:
    """A checked JSON value less what stands at `path`: names of members, `*` for each element of an array.

    What is not there, or is not of that form, is left as it is.
    """
    name, *below = path
    if name == "*":
        elements = get_elements(value)
        if elements is None or not below:
            return value
        dropped = [drop_path(element, below) for element in elements]
        return value if dropped == elements else array_of(dropped)
    patch = Patch.of_checked(value)
    if isinstance(patch, Unpatchable):
        return value
    if not below:
        patch.drop(name)
    elif (inner := patch.get(name)) is not None and (dropped_inner := drop_path(inner, below)) != inner:
        patch.set(name, dropped_inner)
    return patch.render()


def array_of(elements: Iterable[bytes]) -> bytes:
    """A JSON array of raw values."""
    return b"[" + b",".join(elements) + b"]"


def _members(body: bytes) -> list[_Member] | Unpatchable:
    """The members of an object known to be JSON."""
    position = _end_of_blank(body, 0)
    if body[position : position + 1] != b"{":
        return Unpatchable(reason="not_an_object")
    position = _end_of_blank(body, position + 1)
    members: list[_Member] = []
    while body[position : position + 1] != b"}":
        member = _member_at(body, position)
        members.append(member)
        position = _end_of_blank(body, member.end)
        if body[position : position + 1] == b",":
            position += 1
    if len({member.key for member in members}) < len(members):
        return Unpatchable(reason="duplicate_key")  # parsers differ on which one counts
    return members


def _member_at(body: bytes, position: int) -> _Member:
    key = _KEY.match(body, position)
    assert key is not None  # checked JSON
    raw = key[1]
    name = json.loads(raw) if b"\\" in raw else raw[1:-1].decode()
    return _Member(name, key.start(1), key.end(), _end_of_value(body, key.end()))


def _end_of_value(body: bytes, position: int) -> int:
    if body[position] not in b"{[":
        scalar = _SCALAR.match(body, position)
        assert scalar is not None
        return scalar.end()
    depth = 0
    while True:
        depth += 1 if body[position] in b"{[" else -1
        position += 1
        if depth == 0:
            return position
        to_bracket = _TO_BRACKET.match(body, position)
        assert to_bracket is not None  # it matches nothing, too
        position = to_bracket.end()


def _end_of_blank(body: bytes, position: int) -> int:
    blank = _BLANK.match(body, position)
    assert blank is not None
    return blank.end()


def _splice(body: bytes, members: list[_Member], changes: Mapping[str, bytes | None]) -> bytes:
    """Members keep the bytes between them: of two neighbours left by a deletion, those before the second."""
    if not members:
        opened = body.index(b"{") + 1
        return body[:opened] + b",".join(_added(changes, set())) + body[opened:]
    pieces = [body[: members[0].start]]
    for number, member in enumerate(members):
        if member.key in changes and changes[member.key] is None:
            continue
        if len(pieces) > 1:
            pieces.append(body[members[number - 1].end : member.start])
        new = changes.get(member.key)
        pieces.append(member.name(body) + (body[member.value : member.end] if new is None else new))
    separator = body[members[0].end : members[1].start] if len(members) > 1 else b","
    for addition in _added(changes, {member.key for member in members}):
        pieces.extend((separator, addition) if len(pieces) > 1 else (addition,))
    pieces.append(body[members[-1].end :])
    return b"".join(pieces)


def _added(changes: Mapping[str, bytes | None], present: set[str]) -> list[bytes]:
    return [_quoted(k) + b":" + value for k, value in changes.items() if value is not None and k not in present]


def _quoted(key: str) -> bytes:
    return json.dumps(key).encode()


def _fault(body: bytes) -> str | None:
    """Why `body` is not JSON (RFC 8259), or None."""
    try:
        orjson.loads(body)
    except ValueError:
        return _fault_slowly(body)
    return None


def _fault_slowly(body: bytes) -> str | None:
    try:
        json.loads(body.decode(), parse_constant=_refuse, parse_int=str, parse_float=str)
    except RecursionError:
        return "too_deep"
    except ValueError:
        return "not_json"
    return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
