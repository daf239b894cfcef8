"""Whether candidate and production call the same tools with the same arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from shadowbench.metrics.base import Absent, Detailed, Value, metric
from shadowbench.metrics.tools.arguments import likeness
from shadowbench.metrics.tools.calls import Call, calls_of, why_nothing
from shadowbench.metrics.view import PairView, Side
from shadowbench.scores import Direction, Shape

Mode = Literal["ordered", "unordered", "subset", "superset"]
_Identities = Sequence[tuple[str, bytes]]


class _Both(NamedTuple):
    candidate: Sequence[Call]
    production: Sequence[Call]

    @property
    def total(self) -> int:
        return len(self.candidate) + len(self.production)


def _both(pair: PairView) -> _Both | Absent:
    """Both sides' calls; absent where calling was not open to them and nobody did."""
    both = _Both(calls_of(pair.candidate), calls_of(pair.production))
    return both if both.total else why_nothing(pair.request) or both


@metric(version="1", shape=Shape.PAIR, direction=Direction.HIGHER, low=0, high=1)
def tool_name_f1(pair: PairView) -> Value:
    """How alike the tools are that both sides call, arguments aside: F1 of the names, each as often as it is called."""
    both = _both(pair)
    if isinstance(both, Absent) or not both.total:
        return both if isinstance(both, Absent) else 1.0
    names = [Counter(call.name for call in calls) for calls in both]
    return Detailed(2 * (names[0] & names[1]).total() / both.total, _counts(both))


@metric(version="1", shape=Shape.PAIR, direction=Direction.HIGHER, low=0, high=1)
def tool_call_match(pair: PairView, *, mode: Mode = "unordered") -> Value:
    """Whether the candidate's calls are production's, by name and exact arguments.

    ordered    the same calls in the same order
    unordered  the same calls: those of one answer are to be run side by side
    subset     no call that production does not make
    superset   every call that production makes
    """
    both = _both(pair)
    if isinstance(both, Absent) or not both.total:
        return both if isinstance(both, Absent) else True
    identities = [[call.identity for call in calls] for calls in both]
    return Detailed(float(_IS_MATCH[mode](*identities)), _counts(both))


@metric(version="1", shape=Shape.PAIR, direction=Direction.HIGHER, low=0, high=1)
def tool_args_match(pair: PairView, *, tolerance: float = 1e-6) -> Value:
    """How alike the arguments are of what both sides call: F1 of their leaves, averaged over calls.

    Calls are paired by name so that they are most alike; a call without a partner counts as a miss, so that the value is never
    above `tool_name_f1`. Numbers are the same within `tolerance`, relative and absolute. Order counts in arrays.
    """
    both = _both(pair)
    if isinstance(both, Absent) or not both.total:
        return both if isinstance(both, Absent) else 1.0
    return Detailed(2 * likeness(both.candidate, both.production, tolerance) / both.total, _counts(both))


@metric(version="1", shape=Shape.SIDES, direction=Direction.NEITHER, low=0, high=None, unit="calls")
def parallel_call_count(side: Side) -> Value:
    """How many calls one answer makes."""
    count = len(calls_of(side))
    return count or why_nothing(side.request) or 0


def _counts(both: _Both) -> dict[str, int]:
    return {"candidate_calls": len(both.candidate), "production_calls": len(both.production)}


def _is_within(fewer: _Identities, more: _Identities) -> bool:
    return Counter(fewer) <= Counter(more)


_IS_MATCH: dict[Mode, Callable[[_Identities, _Identities], bool]] = {
    "ordered": lambda candidate, production: candidate == production,
    "unordered": lambda candidate, production: Counter(candidate) == Counter(production),
    "subset": _is_within,
    "superset": lambda candidate, production: _is_within(production, candidate),
}
