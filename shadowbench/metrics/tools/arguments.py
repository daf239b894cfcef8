"""How alike the arguments of calls are: leaf by leaf, call by call."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shadowbench.metrics.tools.calls import Call

MOST_ASSIGNED = 32
"""So many calls of one tool are assigned to each other in the best way; more of them in their order. It takes the product of
the numbers to know the best."""

_Path = tuple[str | int, ...]


def likeness(ours: Sequence[Call], theirs: Sequence[Call], tolerance: float) -> float:
    """The sum over pairs of calls of the F1 of their leaves; calls are paired by name, and so that the sum is greatest."""
    by_name: dict[str, tuple[list[Call], list[Call]]] = defaultdict(lambda: ([], []))
    for place, calls in enumerate((ours, theirs)):
        for call in calls:
            by_name[call.name][place].append(call)
    return math.fsum(_best(*both, tolerance) for both in by_name.values() if all(both))


def leaf_f1(one: Call, other: Call, tolerance: float) -> float:
    """F1 of the leaves that both have at the same place; 1 where neither has any. Text that is not JSON is one leaf."""
    if one.key == other.key:
        return 1.0
    if one.is_json != other.is_json:
        return 0.0
    ours, theirs = dict(_leaves(one.arguments)), dict(_leaves(other.arguments))
    same = sum(1 for path, leaf in ours.items() if path in theirs and _is_same(leaf, theirs[path], tolerance))
    return 2 * same / (len(ours) + len(theirs)) if ours or theirs else 1.0


def _best(ours: list[Call], theirs: list[Call], tolerance: float) -> float:
    if len(ours) == len(theirs) == 1:  # nearly always
        return leaf_f1(ours[0], theirs[0], tolerance)
    if max(len(ours), len(theirs)) > MOST_ASSIGNED:
        return math.fsum(leaf_f1(one, other, tolerance) for one, other in zip(ours, theirs, strict=False))
    from scipy.optimize import linear_sum_assignment  # a third of a second, and only where a tool is called twice

    likenesses = [[leaf_f1(one, other, tolerance) for other in theirs] for one in ours]
    rows, columns = linear_sum_assignment(likenesses, maximize=True)
    return math.fsum(likenesses[row][column] for row, column in zip(rows, columns, strict=True))


def _leaves(value: Any) -> Iterator[tuple[_Path, Any]]:
    """Every value that holds no other, and where it stands. `{}` as a whole is no leaf, within something it is one."""
    waiting: list[tuple[_Path, Any]] = [((), value)]
    while waiting:
        path, each = waiting.pop()
        inner = _members(each)
        if inner:
            waiting += [((*path, name), held) for name, held in inner.items()]
        elif path or inner is None:
            yield path, each


def _members(value: Any) -> Mapping[str | int, Any] | None:
    if isinstance(value, dict):
        return value
    return dict(enumerate(value)) if isinstance(value, list) else None


def _is_same(one: Any, other: Any, tolerance: float) -> bool:
    numbers = [isinstance(each, (int, float)) and not isinstance(each, bool) for each in (one, other)]
    if all(numbers):
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
    return type(one) is type(other) and bool(one == other)
