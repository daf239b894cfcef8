"""Which fields of two JSON values are the same: field by field, so that a long text in one of them weighs no more."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Absent, Value, comparison
from shadowbench.metrics.bounds import bounded
from shadowbench.metrics.structure.json_answers import parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What counts as the same.

    `relative`, `absolute`  how far numbers may be from each other (as math.isclose)
    `unordered`             elements of a list may stand in any order
    `key`                   elements that are objects with this member are told by its value, wherever they stand
    """

    relative: float = 0.0
    absolute: float = 0.0
    unordered: bool = False
    key: str | None = None


def _check(*, relative: float, absolute: float, **others: object) -> None:
    if relative < 0 or absolute < 0:
        raise ConfigurationError("json_diff: relative and absolute are tolerances, 0 or above")


@comparison(version="1", check=_check)
@bounded()
def json_diff(
    text: str,
    target: str,
    *,
    relative: float = 0.0,
    absolute: float = 0.0,
    unordered: bool = False,
    key: str | None = None,
    fenced: bool = False,
) -> Value:
    """F1 of the fields (paths with their values) that two JSON values have in common; 0 where only the target is JSON."""
    try:
        wanted = parsed(target, fenced)
    except ValueError:
        return Absent("target_not_json")
    try:
        said = parsed(text, fenced)
    except ValueError:
        return 0.0
    return sameness(said, wanted, Likeness(relative=relative, absolute=absolute, unordered=unordered, key=key))


def sameness(left: Any, right: Any, likeness: Likeness) -> float:
    """F1 of the fields in common. Lists and objects that are empty are fields, too: there is always one."""
    paths: _Paths = {}
    mine, others = _fields(left, likeness, paths), _fields(right, likeness, paths)
    common = sum(_in_common(leaves, others[path], likeness) for path, leaves in mine.items() if path in others)
    return 2 * common / (sum(map(len, mine.values())) + sum(map(len, others.values())))


# A path is the number of the one it goes on from, and a step: as long tuples, those of deep values would fill the memory.
_Paths = dict[tuple[int, Hashable], int]
_Fields = dict[int, list[Any]]


def _fields(value: Any, likeness: Likeness, paths: _Paths) -> _Fields:
    """The leaves at each path."""
    found: _Fields = defaultdict(list)
    open_ends = [(0, value)]
    while open_ends:  # no recursion: values may be as deep as a parser takes
        path, value = open_ends.pop()
        if value and isinstance(value, dict | list):
            steps = _members(value) if isinstance(value, dict) else _elements(value, likeness)
            open_ends.extend((paths.setdefault((path, step), len(paths) + 1), inner) for step, inner in steps)
        else:
            found[path].append(value)
    return found


def _members(value: dict[str, Any]) -> Iterator[tuple[Hashable, Any]]:
    return (((".", name), inner) for name, inner in value.items())


def _elements(value: list[Any], likeness: Likeness) -> Iterator[tuple[Hashable, Any]]:
    for index, inner in enumerate(value):
        name = inner.get(likeness.key) if likeness.key is not None and isinstance(inner, dict) else None
        if isinstance(name, str | int):
            yield ("=", name), inner
        else:
            yield ("*" if likeness.unordered else index), inner


def _in_common(mine: list[Any], others: list[Any], likeness: Likeness) -> int:
    if not (likeness.relative or likeness.absolute):
        return _equal(mine, others)
    (numbers, rest), (other_numbers, other_rest) = _parted(mine), _parted(others)
    return _close(numbers, other_numbers, likeness) + _equal(rest, other_rest)


def _equal(mine: list[Any], others: list[Any]) -> int:
    return (Counter(map(_told, mine)) & Counter(map(_told, others))).total()


def _parted(leaves: list[Any]) -> tuple[list[float], list[Any]]:
    """Numbers in order, and the others."""
    numbers = sorted(leaf for leaf in leaves if _is_number(leaf))
    return numbers, [leaf for leaf in leaves if not _is_number(leaf)]


def _close(mine: list[float], others: list[float], likeness: Likeness) -> int:
    """How many pairs of numbers are near enough, each taken once; both in order."""
    i = j = found = 0
    while i < len(mine) and j < len(others):
        if math.isclose(mine[i], others[j], rel_tol=likeness.relative, abs_tol=likeness.absolute):
            i, j, found = i + 1, j + 1, found + 1
        elif mine[i] < others[j]:
            i += 1
        else:
            j += 1
    return found


def _told(leaf: Any) -> Hashable:
    """What tells a leaf from others: for Python True is 1, and an empty list cannot be counted."""
    if isinstance(leaf, bool | dict | list):
        return (type(leaf).__name__, bool(leaf))
    return leaf  # type: ignore[no-any-return]


def _is_number(leaf: Any) -> bool:
    return isinstance(leaf, int | float) and not isinstance(leaf, bool)
