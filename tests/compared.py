"""Pairs as metrics see them, made of two texts."""

from __future__ import annotations

import json
from typing import Any

from shadowbench.metrics.base import Absent, Detailed, Metric
from shadowbench.metrics.view import PairView
from shadowbench.records import Answer, CandidateResult, Choice, Dialect, Exchange, Observation, Outcome
from shadowbench.scores import PairRef, Shape


def pair(
    production: str | None, candidate: str | None, *, reference: str | None = None, request: Any = None
) -> PairView:
    """The answers of both sides to one request. `request` is its JSON body; None: it was not kept."""
    exchange = Exchange(
        id="0198c0de-0000-7000-8000-000000000000",
        started_at=1_700_000_000.0,
        method="POST",
        path="/v1/chat/completions",
        dialect=Dialect.OPENAI_CHAT,
        request_id=None,
        cluster_key="c",
        epoch="e",
        sequence=1,
        policy_version=1,
        config_hash="",
        request_body=None if request is None else json.dumps(request).encode(),
        request_headers=(),
        production=_answered("production", production),
        candidates=(),
    )
    result = CandidateResult(observation=_answered("candidate", candidate), inclusion_probability=1.0, config_hash="")
    return PairView(exchange, result, PairRef(1, 1), reference=reference)


def _answered(endpoint: str, text: str | None) -> Observation:
    return Observation(endpoint=endpoint, outcome=Outcome.OK, answer=Answer(choices=(Choice(text=text),)))


def value(metric: Metric, subject: Any, **given: Any) -> float | str:
    """What a metric says of a side or a pair under these options: a number, or the reason why there is none."""
    said = metric.function(subject, **metric.options(given))
    if isinstance(said, Absent):
        return said.reason
    return float(said.value if isinstance(said, Detailed) else said)


def alike(metrics: tuple[Metric, Metric], candidate: str, production: str, **given: Any) -> float | str:
    """What a comparison says of two texts, which must not depend on what the second is: production's or the right one."""
    to_production, to_reference = metrics
    assert (to_production.shape, to_reference.shape) == (Shape.PAIR, Shape.SIDES)
    said = value(to_production, pair(production, candidate), **given)
    assert said == value(to_reference, pair("", candidate, reference=production).candidate, **given)
    return said
