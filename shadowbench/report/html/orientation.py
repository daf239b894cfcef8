"""Effects of different measures on one line: right is better, and each row has its own scale. Pure.

An effect becomes its distance from no difference (of ratios the logarithm's), turned round where lower is better. The row is
then scaled so that whatever it shows (interval, margin, noise) fits between −1 and 1: rows are read by themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from shadowbench.report.document.comparisons import Comparison, Effect, Scale
from shadowbench.report.policy import Against
from shadowbench.scores import Direction

_ROOM = 1.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a row's parts are, from −1 (worse) to 1 (better)."""

    value: float | None
    low: float | None
    high: float | None
    margin: float | None
    noise_low: float | None
    noise_high: float | None


def place(comparison: Comparison) -> Place | None:
    """None: there is nothing to differ from, or no effect."""
    reference = _reference(comparison)
    if reference is None or comparison.reason is not None or comparison.effect.deciding.value is None:
        return None
    value, low, high = _turned(comparison, comparison.effect, reference)
    _, noise_low, noise_high = _turned(comparison, comparison.noise, reference)
    margin = _margin(comparison)
    reach = max((abs(x) for x in (value, low, high, noise_low, noise_high, margin) if x is not None), default=0.0)
    unit = reach * _ROOM or 1.0

    def scaled(x: float | None) -> float | None:
        return None if x is None else x / unit

    return Place(
        value=scaled(value),
        low=scaled(low),
        high=scaled(high),
        margin=scaled(margin),
        noise_low=scaled(noise_low),
        noise_high=scaled(noise_high),
    )


def _reference(comparison: Comparison) -> float | None:
    """Where no difference lies; of what has a bound, the bound."""
    if comparison.effect.scale is Scale.LEVEL and comparison.against is Against.BOUND:
        return comparison.bound
    return comparison.effect.scale.null


def _turned(
    comparison: Comparison, effect: Effect | None, reference: float
) -> tuple[float | None, float | None, float | None]:
    """Value, lower and upper end, better to the right. Noise on another scale is left out."""
    if effect is None or effect.scale is not comparison.effect.scale:
        return None, None, None
    found = effect.deciding
    value, low, high = (_distance(x, reference, effect.scale) for x in (found.value, found.low, found.high))
    if comparison.subject.direction is Direction.LOWER:
        return _minus(value), _minus(high), _minus(low)
    return value, low, high


def _distance(x: float | None, reference: float, scale: Scale) -> float | None:
    if x is None or not math.isfinite(x):
        return None
    if scale is Scale.RATIO:
        return math.log(x / reference) if x > 0 else None
    return x - reference


def _minus(x: float | None) -> float | None:
    return None if x is None else -x


def _margin(comparison: Comparison) -> float | None:
    """On the worse side, which is the left."""
    if comparison.margin is None or comparison.bound is not None:
        return None
    return -math.log1p(comparison.margin) if comparison.relative else -comparison.margin
