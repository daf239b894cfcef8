"""Calls a metric, whatever it does: needs are checked, and what comes back is a value that was promised, or an absence. Pure.

    fault_OUTCOME   the side, or one of the two, is no answer; OUTCOME as in `records.Outcome`
    no_…            a need is not met (`base.Need`); those of the request are told before a fault. `no_answer`: what came was
                    not read, in a dialect that we do not parse
    metric_raised   it raised; the exception's class is in the detail
    timed_out       it took too long
    not_a_value     it returned something else than a value, or an absence whose reason is no short code
    not_a_number    NaN or an infinity
    out_of_range    beyond what the metric declares

One more comes from those who run it: `crashed` (the process died in it).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import orjson

from shadowbench.making import maker_of
from shadowbench.metrics.base import Absent, Detailed, Need, Value
from shadowbench.metrics.binding import BoundMetric
from shadowbench.metrics.view import PairView, Side
from shadowbench.records import Outcome, UsageSource
from shadowbench.scores import Score, Shape

FAILURES = frozenset({"metric_raised", "timed_out", "crashed", "not_a_value", "not_a_number", "out_of_range"})
"""Reasons that are a metric's own fault."""

_REASON = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MAX_DETAIL_BYTES = 4096
# What rounding does to a share of exactly 1.
_ROUNDING = 1e-9


class DeadlineError(BaseException):
    """Raised in a metric that takes too long. No Exception: one that catches all of those ends all the same."""


class Result(NamedTuple):
    """A value, or the reason why there is none."""

    value: float | None
    reason: str | None
    detail: Mapping[str, Any] | None = None


_score = maker_of(Score)
_NOTHING = Result(None, None)

Guard = Callable[[Callable[[], Value]], Value]
"""Calls a function, and raises DeadlineError in it when that takes too long."""


def score(bound: BoundMetric, pair: PairView, measure: int, guard: Guard) -> Score:
    """The score of one pair. `measure`: the metric's number in the log."""
    try:
        if bound.metric.shape is Shape.PAIR:
            return _scored(pair, measure, _of_pair(bound, pair, guard), None)
        candidate = _of_side(bound, pair.candidate, pair, guard)
        return _scored(pair, measure, candidate, _of_side(bound, pair.production, pair, guard))
    except Exception as error:  # noqa: BLE001  what it did, or returned, breaks what we do with it: its fault, and no other's
        failed = _raised(error)
        return _scored(pair, measure, failed, failed if bound.metric.shape is Shape.SIDES else None)


def absent(pair: tuple[int, int], measure: int, shape: Shape, reason: str) -> Score:
    """No score at all, on neither side."""
    both = reason if shape is Shape.SIDES else None
    return Score(pair[0], pair[1], measure, None, reason, None, both)


def _scored(pair: PairView, measure: int, own: Result, production: Result | None) -> Score:
    other = production or _NOTHING
    if other.detail:
        detail = _told(
            {"candidate": own.detail, "production": other.detail} if own.detail else {"production": other.detail}
        )
    elif production is not None and own.detail:
        detail = _told({"candidate": own.detail})
    else:
        detail = _told(own.detail)
    ref = pair.ref
    return _score(ref.number, ref.side, measure, own.value, own.reason, other.value, other.reason, 1.0, detail)


def _of_side(bound: BoundMetric, side: Side, pair: PairView, guard: Guard) -> Result:
    if (reason := _objection(bound, side, pair)) is not None:
        return Result(None, reason)
    return _called(bound, side, guard)


def _of_pair(bound: BoundMetric, pair: PairView, guard: Guard) -> Result:
    for name, side in (("candidate", pair.candidate), ("production", pair.production)):
        if (reason := _objection(bound, side, pair)) is not None:
            return Result(None, reason, {"side": name})
    return _called(bound, pair, guard)


def _objection(bound: BoundMetric, side: Side, pair: PairView) -> str | None:
    """Why the metric is not called: a reason of absence. What the request lacks goes before a side's fault: a pair that the
    metric has nothing to say about is no failure, whoever answers it."""
    if (lacking := _unmet(bound, _OF_THE_REQUEST, side, pair)) is not None:
        return lacking
    if not bound.metric.whatever_came and not side.is_answer:
        outcome = side.observation.outcome
        return Need.ANSWER.value if outcome is Outcome.OK else f"fault_{outcome.value}"
    return _unmet(bound, _ANY, side, pair)


def _unmet(bound: BoundMetric, among: Container[Need], side: Side, pair: PairView) -> str | None:
    for need in bound.metric.needs:
        if need in among and not _MET[need](side, pair):
            return need.value
    return None


_ANY = frozenset(Need)
_OF_THE_REQUEST = frozenset({Need.REFERENCE, Need.REQUEST, Need.TOOLS})
"""Needs that no endpoint can meet or miss."""

_MET: Mapping[Need, Callable[[Side, PairView], bool]] = {
    Need.ANSWER: lambda side, _: side.is_answer,
    Need.TEXT: lambda side, _: bool(side.text and not side.text.isspace()),
    Need.REFERENCE: lambda side, _: side.reference is not None,
    Need.REQUEST: lambda side, _: side.request.json is not None,
    Need.TOOLS: lambda side, _: bool(side.request.tools),
    Need.USAGE: lambda side, _: side.observation.usage.source is UsageSource.REPORTED,
    Need.TIMING: lambda side, _: side.observation.timing.last_byte_s is not None,
    Need.COST: lambda side, _: side.observation.cost is not None and side.observation.cost.usd is not None,
    Need.REPEAT: lambda side, _: side.again is not None,
}


def _called(bound: BoundMetric, subject: Side | PairView, guard: Guard) -> Result:
    # Other people's metrics may change or break what they are given: no other metric is to see that.
    given = subject if bound.is_own else subject.afresh()
    try:
        returned = guard(lambda: bound.metric.function(given, **bound.options))
        return _read(bound, returned)
    except DeadlineError:
        return Result(None, "timed_out")
    except BaseException as error:  # noqa: BLE001  whatever a metric raises (SystemExit, too) is an absence; users' texts stay out
        return _raised(error)


def _raised(error: BaseException) -> Result:
    return Result(None, "metric_raised", {"exception": type(error).__name__[:100]})


def _read(bound: BoundMetric, returned: object) -> Result:
    if isinstance(returned, Absent):
        if isinstance(returned.reason, str) and _REASON.fullmatch(returned.reason):
            return Result(None, returned.reason)
        return Result(None, "not_a_value", {"returned": "Absent without a short code"})
    detail = returned.detail if isinstance(returned, Detailed) else None
    number = returned.value if isinstance(returned, Detailed) else returned
    if isinstance(number, np.bool_):
        number = bool(number)
    if not isinstance(number, Real):
        return Result(None, "not_a_value", {"returned": type(number).__name__[:100]})
    return _in_range(bound, _float(number), detail)


def _float(number: Real) -> float:
    try:
        return float(number)
    except (OverflowError, ValueError):
        return math.inf


def _in_range(bound: BoundMetric, value: float, detail: Mapping[str, Any] | None) -> Result:
    if not math.isfinite(value):
        return Result(None, "not_a_number")
    low, high = bound.metric.low, bound.metric.high
    bounded = max(value, -math.inf if low is None else float(low))
    bounded = min(bounded, math.inf if high is None else float(high))
    if abs(bounded - value) > _ROUNDING:
        return Result(None, "out_of_range", {"value": value})
    return Result(bounded, None, detail)


def _told(detail: object) -> str | None:
    """Detail as JSON; one that is none, or that is long, is left out and says so."""
    if not detail:
        return None
    if not isinstance(detail, Mapping):
        return '{"detail":"not_an_object"}'
    try:
        text = orjson.dumps(detail, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:
        return '{"detail":"not_json"}'
    return text.decode() if len(text) <= _MAX_DETAIL_BYTES else '{"detail":"too_long"}'
