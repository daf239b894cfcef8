"""What an answer takes and costs, as its provider reports it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from shadowbench.metrics.base import Absent, Metric, Need, Value, metric
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape

_tokens: Callable[..., Callable[[Callable[..., Value]], Metric]] = partial(
    metric, version="1", shape=Shape.SIDES, low=0, high=None, unit="tokens", needs=(Need.USAGE,)
)


@metric(version="1", shape=Shape.SIDES, direction=Direction.LOWER, low=0, high=None, unit="USD")
def cost(side: Side) -> Value:
    """What the endpoint's owner pays for the answer and for the attempts before it.

    Absent for the reason that pricing gives, or as `not_priced` where nothing was priced.
    """
    priced = side.observation.cost
    if priced is None:
        return Absent("not_priced")
    return Absent(priced.reason or "not_priced") if priced.usd is None else priced.usd


@_tokens(direction=Direction.NEITHER)
def input_tokens(side: Side) -> Value:
    """Tokens of the request, cached ones too, by the endpoint's own tokenizer."""
    return _reported(side.observation.usage.input_tokens)


@_tokens(direction=Direction.NEITHER)
def output_tokens(side: Side) -> Value:
    """Tokens of the answer, its reasoning too, by the endpoint's own tokenizer."""
    return _reported(side.observation.usage.output_tokens)


@_tokens(direction=Direction.HIGHER)
def cached_tokens(side: Side) -> Value:
    """Tokens of the request that the endpoint had in its cache; many endpoints do not say (`not_reported`)."""
    return _reported(side.observation.usage.cached_input_tokens)


def _reported(count: int | None) -> Value:
    return Absent("not_reported") if count is None else count
