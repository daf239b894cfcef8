"""Whatever a metric does, a score comes of it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from shadowbench.metrics.base import Absent, Detailed, Need, metric
from shadowbench.metrics.binding import bind
from shadowbench.metrics.registry import OWN_PACKAGE
from shadowbench.metrics.running import DeadlineError, absent, score
from shadowbench.metrics.view import PairView, Side
from shadowbench.records import NO_TIMING, NO_USAGE, Choice, Cost, Outcome, again
from shadowbench.scores import Direction, Score, Shape
from shadowbench.scoring.views import views
from shadowbench.store.testing import an_exchange, an_observation

FAULT: dict[str, Any] = {"outcome": Outcome.TIMED_OUT, "reason": "timed_out_total", "answer": None}


def direct(function: Callable[[], Any]) -> Any:
    return function()


def a_pair(reference: str | None = None, production: dict[str, Any] | None = None, **changes: Any) -> PairView:
    exchange = an_exchange(
        1, an_observation(endpoint="small", **changes), production=an_observation(**(production or {}))
    )
    (pair,) = views(exchange, 1, reference=reference)
    return pair


def scored(
    returned: object, pair: PairView | None = None, shape: Shape = Shape.PAIR, guard: Any = direct, **declared: Any
) -> Score:
    def function(subject: object) -> Any:
        if isinstance(returned, BaseException):
            raise returned
        return returned(subject) if callable(returned) else returned

    promises = {"low": 0, "high": 1} | declared
    made = metric(version="1", shape=shape, direction=Direction.HIGHER, name="m", **promises)(function)
    return score(bind(made, {}), pair or a_pair(), 7, guard)


@pytest.mark.parametrize(
    ("returned", "value"),
    [(True, 1.0), (False, 0.0), (1, 1.0), (0.25, 0.25), (np.float32(0.5), 0.5), (np.int64(1), 1.0), (1 + 1e-12, 1.0)],
)
def test_numbers_of_all_kinds_are_values(returned: object, value: float) -> None:
    made = scored(returned)
    assert made == Score(1, 1, 7, value, None)
    assert type(made.value) is float


@pytest.mark.parametrize(
    ("returned", "reason", "detail"),
    [
        (float("nan"), "not_a_number", None),
        (float("inf"), "not_a_number", None),
        (10**400, "not_a_number", None),
        (1.5, "out_of_range", {"value": 1.5}),
        (-0.1, "out_of_range", {"value": -0.1}),
        ("good", "not_a_value", {"returned": "str"}),
        (None, "not_a_value", {"returned": "NoneType"}),
        (1j, "not_a_value", {"returned": "complex"}),
        (Decimal(1), "not_a_value", {"returned": "Decimal"}),
        (Detailed("x", {}), "not_a_value", {"returned": "str"}),  # type: ignore[arg-type]
        (Absent("no_reason_to"), "no_reason_to", None),
        (Absent("the user said: hello"), "not_a_value", {"returned": "Absent without a short code"}),
        (ValueError("the user said: hello"), "metric_raised", {"exception": "ValueError"}),
        (RecursionError(), "metric_raised", {"exception": "RecursionError"}),
        (SystemExit(3), "metric_raised", {"exception": "SystemExit"}),
        (KeyboardInterrupt(), "metric_raised", {"exception": "KeyboardInterrupt"}),
        (asyncio.CancelledError(), "metric_raised", {"exception": "CancelledError"}),
    ],
)
def test_nonsense_is_an_absence_that_quotes_nobody(returned: object, reason: str, detail: object) -> None:
    made = scored(returned)
    assert (made.value, made.reason) == (None, reason)
    assert (None if made.detail is None else json.loads(made.detail)) == detail


def test_truth_of_numpy_is_a_value() -> None:
    assert scored(np.bool_(True)).value == 1.0 and scored(np.bool_(False)).value == 0.0


def test_a_call_that_is_interrupted_timed_out() -> None:
    def late(function: Callable[[], Any]) -> Any:
        raise DeadlineError

    assert scored(1.0, guard=late).reason == "timed_out"


def test_detail_is_kept_when_it_is_json_and_short() -> None:
    assert scored(Detailed(1.0, {"b": [1], "a": np.float64(2)})).detail == '{"a":2.0,"b":[1]}'
    assert scored(Detailed(1.0, {"x": object()})).detail == '{"detail":"not_json"}'
    assert scored(Detailed(1.0, ["x"])).detail == '{"detail":"not_an_object"}'  # type: ignore[arg-type]
    assert scored(Detailed(1.0, {"x": "y" * 5000})).detail == '{"detail":"too_long"}'


def test_of_shape_sides_both_sides_have_a_value_or_a_reason() -> None:
    def length(side: Side) -> Any:
        return Detailed(len(side.text or ""), {"side": side.observation.endpoint})

    pair = a_pair(text="four")
    made = scored(length, pair, Shape.SIDES, high=None)
    assert (made.value, made.production_value) == (4.0, 5.0)
    assert json.loads(made.detail or "") == {"candidate": {"side": "small"}, "production": {"side": "production"}}
    made = scored(length, a_pair(**FAULT), Shape.SIDES, high=None)
    assert made[3:7] == (None, "fault_timed_out", 5.0, None)


def test_of_shape_pair_the_side_that_failed_is_named() -> None:
    assert scored(1.0, a_pair(**FAULT)).detail == '{"side":"candidate"}'
    made = scored(1.0, a_pair(production=FAULT))
    assert (made.reason, made.detail) == ("fault_timed_out", '{"side":"production"}')


@pytest.mark.parametrize("shape", list(Shape))
@pytest.mark.parametrize("need", [Need.REFERENCE, Need.TOOLS])
def test_what_the_request_lacks_goes_before_the_fault_of_a_side(need: Need, shape: Shape) -> None:
    needing = {"needs": (Need.TEXT, need), "shape": shape}
    both = scored(1.0, a_pair(production=FAULT, **FAULT), **needing)
    assert (both.reason, both.production_reason) == (need, need if shape is Shape.SIDES else None)
    assert scored(1.0, a_pair(**FAULT), **needing).reason == need
    assert scored(1.0, a_pair(reference="Riga", **FAULT), needs=(Need.TEXT, Need.REFERENCE)).reason == "fault_timed_out"


def test_a_metric_may_ask_for_faults_too() -> None:
    assert scored(0.5, a_pair(**FAULT), whatever_came=True).value == 0.5


@pytest.mark.parametrize(
    ("need", "changes"),
    [
        (Need.ANSWER, {"answer": None}),
        (Need.TEXT, {"text": " \n"}),
        (Need.USAGE, {"usage": NO_USAGE}),
        (Need.TIMING, {"timing": NO_TIMING}),
        (Need.COST, {}),
        (Need.COST, {"cost": Cost(usd=None, reason="no_usage")}),
        (Need.REFERENCE, {}),
        (Need.TOOLS, {}),
        (Need.REPEAT, {}),
    ],
)
def test_a_need_that_is_not_met_is_the_reason_and_nothing_is_called(need: Need, changes: dict[str, Any]) -> None:
    made = scored(AssertionError(), a_pair(**changes), needs=(need,), whatever_came=True)
    assert (made.value, made.reason) == (None, need.value)


def test_needs_that_are_met_stand_in_no_ones_way() -> None:
    cost = Cost(usd=0.1, reason=None)
    body = b'{"messages":[],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}]}'
    production, candidate = an_observation(cost=cost), an_observation(endpoint="small", cost=cost)
    repeats = [replace(each, endpoint=again(each.endpoint)) for each in (production, candidate)]
    exchange = an_exchange(1, candidate, *repeats, production=production, request_body=body)
    (pair,) = views(exchange, 1, reference="Riga")
    assert scored(1.0, pair, needs=tuple(Need)).value == 1.0


def test_a_request_that_was_not_kept_is_a_need_not_met() -> None:
    (pair,) = views(an_exchange(1, request_body=None), 1)
    assert scored(1.0, pair, needs=(Need.REQUEST,)).reason == "no_request"


def test_an_answer_without_text_has_none() -> None:
    answer = replace(an_observation().answer, choices=(Choice(refusal="No."),))  # type: ignore[type-var]
    assert scored(1.0, a_pair(answer=answer), needs=(Need.TEXT,)).reason == "no_text"


def spoils(side: Side) -> float:
    words, json_of_request = side.words, side.request.json
    assert len(words) == 2 and isinstance(json_of_request, dict)  # nobody was here before, on the other side neither
    words.clear()  # type: ignore[attr-defined]
    json_of_request.clear()
    side.__dict__.clear()
    return 1.0


@pytest.mark.parametrize("shape", [Shape.SIDES, Shape.PAIR])
def test_what_a_metric_does_to_what_it_is_given_no_other_sees(shape: Shape) -> None:
    repeat = an_observation(endpoint=again("small"), text="once more")
    exchange = an_exchange(1, an_observation(endpoint="small", text="two words"), repeat)
    (pair,) = views(replace(exchange, production=an_observation(text="two words")), 1, reference="Riga")

    def spoils_all(subject: Any) -> float:
        assert subject.reference == "Riga"
        if shape is Shape.SIDES:
            return spoils(subject)
        assert subject.candidate.again.text == "once more" and subject.ref == pair.ref
        subject.candidate.again.words.clear()
        return spoils(subject.candidate)

    for _ in range(2):
        assert scored(spoils_all, pair, shape).reason is None
    for side in (pair.production, pair.candidate):
        assert (list(side.words), bool(side.request.json), side.is_answer) == (["two", "words"], True, True)
    assert pair.candidate.again is not None and pair.candidate.again.words == ["once", "more"]


def test_our_own_metrics_share_what_one_of_them_worked_out() -> None:
    seen: list[Side] = []

    def keeps(side: Side) -> float:
        seen.append(side)
        return 1.0

    declared = metric(version="1", shape=Shape.SIDES, direction=Direction.HIGHER, low=0, high=1)(keeps)
    score(bind(declared, {}, package=OWN_PACKAGE), pair := a_pair(), 7, direct)
    assert seen == [pair.candidate, pair.production]


@pytest.mark.parametrize("shape", [Shape.SIDES, Shape.PAIR])
def test_what_breaks_behind_a_metric_is_its_absence_and_nobody_elses_end(shape: Shape) -> None:
    class Detail(dict[str, Any]):
        def __bool__(self) -> bool:
            raise ZeroDivisionError

    made = scored(Detailed(1.0, Detail()), shape=shape)
    other = "metric_raised" if shape is Shape.SIDES else None
    assert (made.value, made.reason, made.production_reason) == (None, "metric_raised", other)
    assert "ZeroDivisionError" in (made.detail or "")


def test_an_absence_from_outside_has_the_shapes_form() -> None:
    assert absent((1, 2), 7, Shape.PAIR, "crashed") == Score(1, 2, 7, None, "crashed")
    assert absent((1, 2), 7, Shape.SIDES, "crashed") == Score(1, 2, 7, None, "crashed", None, "crashed")
