"""Where there is no right answer: whether both sides come out the same. Made of any metric of shape `sides`."""

from __future__ import annotations

import inspect
from typing import Any

from shadowbench.metrics.base import Absent, Detailed, Metric, Value, metric
from shadowbench.metrics.view import PairView
from shadowbench.scores import Direction, Shape


def agreement(of: Metric) -> Metric:
    """`NAME_agreement`: 1 when the metric says the same of production and candidate, 0 when not.

    It has the options of the metric, and is absent with its reason where it is for either side.
    """

    def agree(pair: PairView, **given: Any) -> Value:
        production = _plain(of.function(pair.production, **given))
        if isinstance(production, Absent):
            return production
        candidate = _plain(of.function(pair.candidate, **given))
        return candidate if isinstance(candidate, Absent) else production == candidate

    options = [p for p in inspect.signature(of.function, eval_str=True).parameters.values() if p.kind is p.KEYWORD_ONLY]
    told: Any = agree
    told.__signature__ = inspect.Signature([inspect.Parameter("pair", inspect.Parameter.POSITIONAL_ONLY), *options])
    told.__doc__ = f"Whether production and candidate come out the same: {of.about}"
    return metric(
        version=of.version,
        shape=Shape.PAIR,
        direction=Direction.HIGHER,
        low=0,
        high=1,
        name=f"{of.name}_agreement",
        needs=of.needs,
        check=of.check,
    )(told)


def _plain(value: Value) -> float | Absent:
    if isinstance(value, Absent):
        return value
    return float(value.value if isinstance(value, Detailed) else value)
