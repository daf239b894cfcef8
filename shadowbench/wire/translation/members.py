"""Reading one JSON object strictly: what its table does not list, or what is of another type, ends the translation. Pure.

A null counts as not said, as the vendors' own types have it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from shadowbench.wire.translation.refusals import NoWord, Reason

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Which members one kind of object may have.

    `taken` are read by the reader or dropped on purpose. `refused` have no word elsewhere: any value ends the translation
    with their reason. So do `refused_unless_empty`, but for values that ask for nothing: false, zero, empty.
    """

    taken: frozenset[str]  # read or dropped
    refused: Mapping[str, Reason]
    refused_unless_empty: Mapping[str, Reason]

    def reason_against(self, name: str, value: object) -> Reason | None:
        """Why a member that is not taken ends the translation, if it does."""
        if value is None:
            return None
        if name in self.refused_unless_empty:
            return self.refused_unless_empty[name] if value else None
        return self.refused.get(name, Reason.UNKNOWN_MEMBER)


def table(
    *read: str,
    dropped: Collection[str] = (),
    refused: Mapping[str, Reason] | None = None,
    refused_unless_empty: Mapping[str, Reason] | None = None,
) -> Table:
    """A Table, written shortly."""
    return Table(
        taken=frozenset(read) | frozenset(dropped),
        refused=refused or {},
        refused_unless_empty=refused_unless_empty or {},
    )


def checked(value: object, allowed: Table) -> JsonObject:
    """`value` as an object with no members but those of `allowed`."""
    if not isinstance(value, dict):
        raise NoWord(Reason.NOT_READABLE)
    if value.keys() <= allowed.taken:
        return value
    for name in value.keys() - allowed.taken:
        reason = allowed.reason_against(name, value[name])
        if reason is not None:
            raise NoWord(reason)
    return value


def checked_or_empty(value: object, allowed: Table) -> JsonObject:
    """The same; null is an empty object."""
    return {} if value is None else checked(value, allowed)


def text(value: object) -> str:
    """`value` as a text."""
    if not isinstance(value, str):
        raise NoWord(Reason.NOT_READABLE)
    return value


def name(value: object) -> str:
    """`value` as a text that says something: a model, a tool, an id."""
    if not isinstance(value, str) or not value:
        raise NoWord(Reason.NOT_READABLE)
    return value


def optional_text(value: object) -> str | None:
    """`value` as a text, or None."""
    return None if value is None else text(value)


def sequence(value: object) -> list[Any]:
    """`value` as a list; null is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise NoWord(Reason.NOT_READABLE)
    return value


def flag(value: object, default: bool = False) -> bool:
    """`value` as true or false; null is the default."""
    if value is None:
        return default
    if not isinstance(value, bool):
        raise NoWord(Reason.NOT_READABLE)
    return value


def number(value: object) -> float | None:
    """`value` as a number, or None. Whole ones stay whole."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise NoWord(Reason.NOT_READABLE)
    return value


def whole(value: object) -> int | None:
    """`value` as a whole number, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise NoWord(Reason.NOT_READABLE)
    return value


def schema(value: object) -> JsonObject:
    """`value` as a JSON schema that is an object."""
    if not isinstance(value, dict):
        raise NoWord(Reason.NOT_READABLE)
    return value


def one_of(value: object, words: Collection[str]) -> str | None:
    """`value` as one of the dialect's words, or None."""
    if value is None:
        return None
    if not isinstance(value, str) or value not in words:
        raise NoWord(Reason.NOT_READABLE)
    return value
