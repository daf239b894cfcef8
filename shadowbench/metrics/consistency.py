"""How far an endpoint agrees with itself when the same request is asked once more.

Two good answers to one question differ in their words. How much they do, with one endpoint, is the measure for how much
production and candidate may differ: it is the noise in which every agreement between the two stands.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from shadowbench.metrics import text, tools
from shadowbench.metrics.base import Absent, Metric, Need, Value, metric
from shadowbench.metrics.view import Request, Side
from shadowbench.scores import Direction, Shape

By = Literal[
    "exact_match",
    "levenshtein_similarity",
    "token_set_ratio",
    "token_f1",
    "rouge_l",
    "tool_name_f1",
    "tool_call_match",
    "tool_args_match",
]

COMPARED: dict[str, Metric] = {each.name: each for each in (*text.METRICS, *tools.METRICS) if each.name in get_args(By)}


class _Twice(NamedTuple):
    """One endpoint's two answers, where a pair's two sides are looked for."""

    candidate: Side
    production: Side
    request: Request


@metric(version="1", shape=Shape.SIDES, direction=Direction.HIGHER, low=0, high=1, needs=(Need.REPEAT,))
def consistency(side: Side, *, by: By = "rouge_l") -> Value:
    """How alike an endpoint's first and second answer to the same request are, by the metric that `by` names.

    Absent as `repeat_failed` where the second came to no answer, `no_text` where texts are to be compared and one has none.
    """
    again = side.again
    if again is None:
        return Absent(Need.REPEAT.value)
    if not again.is_answer:
        return Absent("repeat_failed")
    compared = COMPARED[by]
    if Need.TEXT in compared.needs and not all(each.text and not each.text.isspace() for each in (side, again)):
        return Absent(Need.TEXT.value)
    return compared.function(_Twice(candidate=again, production=side, request=side.request), **compared.options({}))


METRICS: tuple[Metric, ...] = (consistency,)
