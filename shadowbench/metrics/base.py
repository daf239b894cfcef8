"""What a metric is: a function of one side or of a pair, with what it promises about its values and what it needs.

    @metric(version="1", shape=Shape.SIDES, direction=Direction.LOWER, low=0, high=1, needs=(Need.TEXT,))
    def shouting(side: Side, *, least: int = 3) -> float | Absent:
        "Share of words in capitals."

Parameters by keyword are its options: they have names, types and defaults, and the configuration is checked against them. A
metric of shape `sides` is called once for production and once for the candidate; of shape `pair` once, with both. Where
what it needs is missing, it is not called, and the score is absent with that reason.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.view import PairView, Side
from shadowbench.scores import Direction, Shape


class Need(StrEnum):
    """What a metric cannot do without. The value is the reason of the score's absence, where the need is not met."""

    ANSWER = "no_answer"  # the endpoint answered; always needed unless a metric says ANYTHING
    TEXT = "no_text"  # the answer has text that is not blank
    REFERENCE = "no_reference"  # the right answer is known
    REQUEST = "no_request"  # the request's body was kept and is JSON
    TOOLS = "no_tools"  # the request offers tools
    USAGE = "no_usage"
    TIMING = "no_timing"
    COST = "no_cost"
    REPEAT = "no_repeat"  # the endpoint was asked once more; `again.is_answer` tells whether it answered


@dataclass(frozen=True, slots=True)
class Absent:
    """No value, because …: a short code in lower case, from a set that the metric's documentation names."""

    reason: str


@dataclass(frozen=True, slots=True)
class Detailed:
    """A value and what there is to say about it: plain JSON data."""

    value: float
    detail: Mapping[str, Any]


Value = float | int | bool | Absent | Detailed
"""What a metric returns. True is 1, False is 0. NaN and infinities are no values: the score is absent as `not_a_number`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric as its author declares it."""

    name: str
    version: str  # raise it when the same pair would get another value: old scores stay, and are told apart
    shape: Shape
    direction: Direction
    low: float | None
    high: float | None
    unit: str
    needs: tuple[Need, ...]
    function: Callable[..., Value]
    about: str  # one line
    whatever_came: bool = False  # is called for faults, too: an error class is known then
    check: Callable[..., object] | None = None  # raises ConfigurationError where these options cannot be used

    def __post_init__(self) -> None:
        """Raises ConfigurationError for what no metric can promise: better when it is declared than with every pair."""
        for wrong, what in (
            (not _NAME.fullmatch(str(self.name)), "its name is no word of lower-case letters, digits and _"),
            (not isinstance(self.version, str) or not self.version, "its version must be a text, such as '1'"),
            (not isinstance(self.shape, Shape), "its shape must be a Shape"),
            (not isinstance(self.direction, Direction), "its direction must be a Direction"),
            (not isinstance(self.needs, tuple) or not all(isinstance(each, Need) for each in self.needs),
             "its needs must be a tuple of Need, such as (Need.TEXT,)"),
            (not _is_range(self.low, self.high), "low and high must be numbers or None, low below high"),
            (not _takes_a_subject(self.function), "its function must take a side or a pair, and options by keyword only"),
        ):  # fmt: skip
            if wrong:
                raise ConfigurationError(f"the metric {self.name!r} cannot be declared like this: {what}")

    def options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The options in force: those given, and the defaults of the others. Raises ConfigurationError."""
        known = {p.name: p for p in inspect.signature(self.function).parameters.values() if p.kind is p.KEYWORD_ONLY}
        if unknown := sorted(given.keys() - known.keys()):
            there_are = ", ".join(known) or "none"
            raise ConfigurationError(f"{self.name} has no option {unknown[0]!r}; there are: {there_are}")
        if missing := [n for n, p in known.items() if p.default is p.empty and n not in given]:
            raise ConfigurationError(f"{self.name} needs the option {missing[0]!r}")
        options = {name: given.get(name, parameter.default) for name, parameter in known.items()}
        if self.check is not None:
            self.check(**options)
        return options


def metric(
    *,
    version: str,
    shape: Shape,
    direction: Direction,
    low: float | None,
    high: float | None,
    name: str | None = None,
    unit: str = "",
    needs: tuple[Need, ...] = (),
    whatever_came: bool = False,
    check: Callable[..., object] | None = None,
) -> Callable[[Callable[..., Value]], Metric]:
    """Declare a function as a metric; `name` is the function's unless told. The docstring's first line is what it is about.

    `check` is called with all options by keyword when they are configured, for what their types do not tell.
    """

    def declare(function: Callable[..., Value]) -> Metric:
        return Metric(
            name=name or function.__name__,
            version=version,
            shape=shape,
            direction=direction,
            low=low,
            high=high,
            unit=unit,
            needs=needs,
            function=function,
            about=(inspect.getdoc(function) or "").partition("\n")[0],
            whatever_came=whatever_came,
            check=check,
        )

    return declare


_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def _is_range(low: object, high: object) -> bool:
    bounds = [each for each in (low, high) if each is not None]
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in bounds):
        return False
    return len(bounds) < 2 or bounds[0] < bounds[1]  # type: ignore[operator]


def _takes_a_subject(function: Callable[..., Value]) -> bool:
    parameters = list(inspect.signature(function).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(positional) == 1 and positional[0] is parameters[0]


Against = Literal["production", "reference"]
"""What an answer's text is compared with."""


def comparison(
    *,
    version: str,
    direction: Direction = Direction.HIGHER,
    low: float | None = 0.0,
    high: float | None = 1.0,
    name: str | None = None,
    unit: str = "",
    check: Callable[..., object] | None = None,
) -> Callable[[Callable[..., Value]], tuple[Metric, Metric]]:
    """Declare `function(text, target, *, options)` as two metrics: `NAME`, how alike candidate and production are (shape
    pair), and `NAME_reference`, how alike each side and the right answer are (shape sides)."""

    def declare(function: Callable[..., Value]) -> tuple[Metric, Metric]:
        # Names in annotations are looked up here, where they are known.
        signature = inspect.signature(function, eval_str=True)
        options = [p for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY]

        def alike(pair: PairView, **given: Any) -> Value:
            return function(pair.candidate.text or "", pair.production.text or "", **given)

        def right(side: Side, **given: Any) -> Value:
            return function(side.text or "", side.reference or "", **given)

        title = name or function.__name__
        declared: list[Metric] = []
        for called, shape, needs, compared in (
            (title, Shape.PAIR, (Need.TEXT,), alike),
            (f"{title}_reference", Shape.SIDES, (Need.TEXT, Need.REFERENCE), right),
        ):
            first = inspect.Parameter("subject", inspect.Parameter.POSITIONAL_ONLY)
            told: Any = compared
            told.__signature__ = inspect.Signature([first, *options])
            told.__doc__ = function.__doc__
            told.__wrapped__ = function  # so that inspect finds the source
            declared.append(
                metric(
                    version=version, shape=shape, direction=direction, low=low, high=high, name=called, unit=unit,
                    needs=needs, check=check,
                )(told)
            )  # fmt: skip
        return declared[0], declared[1]

    return declare
