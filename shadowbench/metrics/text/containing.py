"""Whether an answer says what the configuration expects of every answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Metric, Need, Value, metric
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape


def _check_value(*, value: str, casefold: bool) -> None:
    if not isinstance(value, str) or not value:
        raise ConfigurationError("value: the text to look for, at least one character")


def _check_values(*, values: Sequence[str], casefold: bool) -> None:
    if isinstance(values, str) or not values or not all(isinstance(each, str) and each for each in values):
        raise ConfigurationError("values: a list of texts to look for, at least one, none empty")


def _of_answers(check: Callable[..., object]) -> Callable[[Callable[..., Value]], Metric]:
    return metric(
        version="1",
        shape=Shape.SIDES,
        direction=Direction.HIGHER,
        low=0,
        high=1,
        needs=(Need.TEXT,),
        check=check,
    )


@_of_answers(_check_value)
def contains(side: Side, *, value: str, casefold: bool = False) -> Value:
    """Whether the answer contains a text."""
    return _folded(value, casefold) in _text(side, casefold)


@_of_answers(_check_values)
def contains_any(side: Side, *, values: Sequence[str], casefold: bool = False) -> Value:
    """Whether the answer contains at least one of some texts."""
    text = _text(side, casefold)
    return any(_folded(value, casefold) in text for value in values)


@_of_answers(_check_values)
def contains_all(side: Side, *, values: Sequence[str], casefold: bool = False) -> Value:
    """Whether the answer contains all of some texts."""
    text = _text(side, casefold)
    return all(_folded(value, casefold) in text for value in values)


@_of_answers(_check_value)
def starts_with(side: Side, *, value: str, casefold: bool = False) -> Value:
    """Whether the answer starts with a text; white space before it does not count."""
    return _text(side, casefold).lstrip().startswith(_folded(value, casefold).lstrip())


@_of_answers(_check_value)
def ends_with(side: Side, *, value: str, casefold: bool = False) -> Value:
    """Whether the answer ends with a text; white space after it does not count."""
    return _text(side, casefold).rstrip().endswith(_folded(value, casefold).rstrip())


def _text(side: Side, casefold: bool) -> str:
    return _folded(side.text or "", casefold)


def _folded(text: str, casefold: bool) -> str:
    return text.casefold() if casefold else text
