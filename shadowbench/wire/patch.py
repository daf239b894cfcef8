"""Set or delete members of a JSON object in its bytes, leaving every other byte as the client wrote it. Pure.

A candidate must get the client's request and not our idea of it: numbers keep their digits (int64 seeds, 1e-7), strings their
escapes (lone surrogates too), members their order, white space its place. So nothing is decoded and encoded again; the object
is checked, its top-level members are found, and the changed values are spliced in.

The check is orjson's. What that refuses but JSON allows (escaped lone surrogates, huge numbers, deep nesting) is checked by a
slower scanner of our own, which has no recursion.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import orjson

_WS = rb"[ \t\r\n]*+"
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_FLAT = rb'(?:[^"{}\[\]]++|' + _STRING + rb")*+"
_NEST = rb'(?:[^"{}\[\]]++|' + _STRING + rb"|[{\[]" + _FLAT + rb"[}\]])*+"

# One member of an object up to where its value begins. Used on checked JSON only.
_KEY = re.compile(_WS + rb"(" + _STRING + rb")" + _WS + rb":" + _WS, re.DOTALL)
_SCALAR = re.compile(_STRING + rb"|[^,}\s]++", re.DOTALL)
_TO_BRACKET = re.compile(_NEST, re.DOTALL)  # past all that needs no counting: most of a request is long strings
_BLANK = re.compile(_WS)

_TOKEN = re.compile(
    rb'[ \t\r\n]*+(?:("(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")'
    rb"|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+|true|false|null)"
    rb"|([\[{])|([\]}])|([,:]))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpatchable:
    """A body that cannot be patched without guessing."""

    reason: str  # not_json | not_an_object | duplicate_key | member_not_an_object


class _Member(NamedTuple):
    key: str
    start: int  # of the key
    value: int  # of the value
    end: int


def set_members(body: bytes, changes: Mapping[str, bytes | None]) -> bytes | Unpatchable:
    """`body` with top-level members set to raw JSON values, added at the end where they were missing, or deleted (None)."""
    members = _checked_members(body)
    return members if isinstance(members, Unpatchable) else _splice(body, members, changes)


def set_nested_member(body: bytes, outer: str, inner: str, value: bytes) -> bytes | Unpatchable:
    """`body` with `inner` of its object `outer` set to a raw JSON value; `outer` is made where it is missing or null."""
    members = _checked_members(body)
    if isinstance(members, Unpatchable):
        return members
    old = next((body[m.value : m.end] for m in members if m.key == outer), b"null")
    if old == b"null":
        return _splice(body, members, {outer: b"{" + _quoted(inner) + b":" + value + b"}"})
    if not old.startswith(b"{"):
        return Unpatchable(reason="member_not_an_object")
    inside = _members(old)
    if isinstance(inside, Unpatchable):
        return inside
    return _splice(body, members, {outer: _splice(old, inside, {inner: value})})


def get_members(body: bytes) -> dict[str, bytes] | Unpatchable:
    """The top-level members of `body` with their values as written."""
    members = _checked_members(body)
    return members if isinstance(members, Unpatchable) else {m.key: body[m.value : m.end] for m in members}


def _checked_members(body: bytes) -> list[_Member] | Unpatchable:
    if not _is_json(body):
        return Unpatchable(reason="not_json")
    return _members(body)


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
        pieces.append(body[member.start : member.end] if new is None else body[member.start : member.value] + new)
    separator = body[members[0].end : members[1].start] if len(members) > 1 else b","
    for addition in _added(changes, {member.key for member in members}):
        pieces.extend((separator, addition) if len(pieces) > 1 else (addition,))
    pieces.append(body[members[-1].end :])
    return b"".join(pieces)


def _added(changes: Mapping[str, bytes | None], present: set[str]) -> list[bytes]:
    return [_quoted(k) + b":" + value for k, value in changes.items() if value is not None and k not in present]


def _quoted(key: str) -> bytes:
    return json.dumps(key).encode()


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except ValueError:
        return _is_json_slowly(body)
    return True


def _is_json_slowly(body: bytes) -> bool:
    """JSON as RFC 8259 has it, without building anything, in one pass over its tokens."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    # What may come next: v a value, k a key, K a key or the end, V a value or the end, : , and e nothing more.
    expected = "v"
    open_brackets: list[bytes] = []
    position = 0
    while token := _TOKEN.match(body, position):
        position = token.end()
        string, scalar, opening, closing, mark = token.groups()
        if string is not None and expected in "kK":
            expected = ":"
        elif (string is not None or scalar is not None) and expected in "vV":
            expected = "," if open_brackets else "e"
        elif opening is not None and expected in "vV":
            open_brackets.append(opening)
            expected = "K" if opening == b"{" else "V"
        elif closing is not None and expected in ",KV" and open_brackets:
            if (open_brackets.pop() == b"{") != (closing == b"}"):
                return False
            expected = "," if open_brackets else "e"
        elif mark == b":" and expected == ":":
            expected = "v"
        elif mark == b"," and expected == ",":
            expected = "k" if open_brackets[-1] == b"{" else "v"
        else:
            return False
    return expected == "e" and _end_of_blank(body, position) == len(body)
