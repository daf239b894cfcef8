"""Several judges as one: a mean of their values, or what more than half of all of them say. Pure.

A member without a verdict has no vote and still counts as a member: silence makes no majority. A pair that was not put to one
of them at all was not put to the panel; as all members draw one lot (`draws`), the rarest one's probability is the panel's.
Judges that differ are worth more together than relatives, so members of one family are refused unless `families: any` (PoLL,
arXiv 2404.18796).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shadowbench.errors import ConfigurationError
from shadowbench.judges.base import Judgement
from shadowbench.judges.families import shared
from shadowbench.judges.identity import Scale, judge_family, measure_of
from shadowbench.judges.options import JudgeOptions
from shadowbench.scores import Measure, Shape

VERSION = "1"
_AGGREGATES = ("majority", "mean")
_FAMILIES = ("disjoint", "any")
_NOT_ASKED = Judgement(value=None, reason="not_asked", production_reason="not_asked")
_FAULT = "fault_"
_PASSED_OVER = frozenset({"not_drawn", "settled_by_screen"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A judge of a panel."""

    options: JudgeOptions
    measure: Measure


class Panel:
    """The conclusion of several judges; who asks them is the worker's business."""

    def __init__(self, options: JudgeOptions, members: Mapping[str, Member]) -> None:
        """Raises ConfigurationError when these members make no panel."""
        _check(options, members)
        first = next(iter(members.values())).measure
        default = "majority" if first.shape is Shape.PAIR else "mean"
        self._aggregate = _option(options, "aggregate", _AGGREGATES, default)
        if self._aggregate == "majority" and (first.shape, first.low, first.high) != (Shape.PAIR, 0.0, 1.0):
            raise ConfigurationError(f"judges.{options.name}: a majority is of pairwise judges; use aggregate: mean")
        self._members = tuple(members)
        self._shape = first.shape
        hashes = {name: f"{member.measure.version}:{member.measure.config_hash}" for name, member in members.items()}
        extra = {"members": hashes, "aggregate": self._aggregate}
        scale = Scale(shape=first.shape, low=_bound(first.low), high=_bound(first.high))
        self.measure = measure_of(options, version=VERSION, scale=scale, rubric={}, extra=extra)

    def conclude(self, judgements: Mapping[str, Judgement]) -> Judgement:
        """One judgement out of the members', by name; a name that is missing was not asked."""
        told = {name: judgements.get(name, _NOT_ASKED) for name in self._members}
        probability = min(one.probability for one in told.values())
        if (passed_over := next((one for one in told.values() if one.reason in _PASSED_OVER), None)) is not None:
            reason = passed_over.reason
            return Judgement(
                value=None, reason=reason, production_reason=self._of_sides(reason), probability=probability
            )
        detail: dict[str, Any] = {
            "members": {name: one.value if one.reason is None else one.reason for name, one in told.items()}
        }
        combine = majority if self._aggregate == "majority" else mean
        value, reason = combine([one.value for one in told.values()])
        production, why = combine([one.production_value for one in told.values()])
        if reason is not None:
            reason = _fault(one.reason for one in told.values()) or reason
        if why is not None:
            why = _fault(one.production_reason for one in told.values()) or why
        return Judgement(
            value=value,
            reason=reason,
            production_value=production if self._shape is Shape.SIDES else None,
            production_reason=self._of_sides(why),
            probability=probability,
            detail=detail,
        )

    def _of_sides(self, reason: str | None) -> str | None:
        return reason if self._shape is Shape.SIDES else None


def majority(values: Sequence[float | None]) -> tuple[float | None, str | None]:
    """1, 0 or ½ as more than half of all members say; ½ when all have spoken and none of these has a majority.

    With members that did not speak there is no such tie: they could have decided it (`no_majority`).
    """
    votes = Counter(_vote(value) for value in values if value is not None)
    for vote, count in votes.items():
        if 2 * count > len(values):
            return vote, None
    return (0.5, None) if votes and votes.total() == len(values) else (None, "no_majority")


def mean(values: Sequence[float | None]) -> tuple[float | None, str | None]:
    """The mean of the values, when more than half of all members have one (`too_few_members`)."""
    known = [value for value in values if value is not None]
    return (sum(known) / len(known), None) if 2 * len(known) > len(values) else (None, "too_few_members")


def _fault(reasons: Iterable[str | None]) -> str | None:
    """The fault of a side that members were to judge: it is what the panel lacks, and no matter of majorities."""
    return next((reason for reason in reasons if reason is not None and reason.startswith(_FAULT)), None)


def _vote(value: float) -> float:
    return 0.5 if value == 0.5 else float(value > 0.5)


def _check(options: JudgeOptions, members: Mapping[str, Member]) -> None:
    where = f"judges.{options.name}"
    if len(members) < 2:
        raise ConfigurationError(f"{where}.members: a panel has two judges at least")
    if unknown := sorted(options.options.keys() - {"aggregate", "families"}):
        raise ConfigurationError(f"{where}.options has no {unknown[0]!r}; there are: aggregate, families")
    scales = {(member.measure.shape, member.measure.low, member.measure.high) for member in members.values()}
    if len(scales) > 1:
        raise ConfigurationError(f"{where}.members: judges of one scale only, all pairwise or all by the same grades")
    relatives = shared({name: judge_family(member.options) for name, member in members.items()})
    if relatives and _option(options, "families", _FAMILIES, "disjoint") == "disjoint":
        one, other, family = relatives[0]
        raise ConfigurationError(
            f"{where}.members: {one} and {other} are both of the family {family}; choose others, or set families: any"
        )


def _option(options: JudgeOptions, key: str, words: Sequence[str], default: str) -> str:
    value = options.options.get(key, default)
    if value not in words:
        raise ConfigurationError(f"judges.{options.name}.options.{key} is one of {', '.join(words)}, not {value!r}")
    return str(value)


def _bound(bound: float | None) -> float:
    return 0.0 if bound is None else bound
