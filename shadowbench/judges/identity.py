"""What a judge's scores are entered as: its measure, with a hash over everything that its verdicts depend on. Pure.

Not in the hash, for a verdict does not depend on it: whom it is asked for and how often, at what speed and at what price.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shadowbench.judges.families import family_of
from shadowbench.judges.options import EndpointOptions, JudgeOptions
from shadowbench.judges.rubrics import canonical_hash
from shadowbench.scores import Direction, Measure, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What values a kind of judge gives. Higher is always better."""

    shape: Shape
    low: float
    high: float


def measure_of(
    options: JudgeOptions,
    *,
    version: str,
    scale: Scale,
    rubric: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
) -> Measure:
    """The measure of a judge. `rubric`: name, version and hash of what it goes by; `extra`: what its kind adds."""
    content = {
        "kind": options.kind,
        "rubric": dict(rubric),
        "endpoint": None if options.endpoint is None else _endpoint(options.endpoint),
        "options": dict(options.options),
        "own_family": options.own_family,
        "family": judge_family(options),
        "strip_markdown": options.strip_markdown,
        "redact_identity": options.redact_identity,
        **(extra or {}),
    }
    return Measure(
        name=options.name,
        kind="judge",
        version=version,
        config_hash=canonical_hash(content),
        shape=scale.shape,
        direction=Direction.HIGHER,
        low=scale.low,
        high=scale.high,
        about=json.dumps(content, sort_keys=True, ensure_ascii=False),
    )


def judge_family(options: JudgeOptions) -> str | None:
    """The family a judge is of: as configured, else as its model's name tells."""
    return options.family or (None if options.endpoint is None else family_of(options.endpoint.model))


def _endpoint(endpoint: EndpointOptions) -> dict[str, Any]:
    """What of an endpoint decides about its words. Of the URL neither a password nor a query: they may be secrets."""
    url = urlsplit(endpoint.url)
    return {
        "url": f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}",
        "model": endpoint.model,
        "dialect": endpoint.dialect,
        "temperature": endpoint.temperature,
        "seed": endpoint.seed,
        "max_output_tokens": endpoint.max_output_tokens,
        "parameters": dict(endpoint.parameters),
        "structured": endpoint.structured,
    }
