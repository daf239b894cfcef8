"""Ollama's embed: POST /api/embed (https://docs.ollama.com/api/embed). Pure. It is never streamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shadowbench.endpoints.formats import ollama
from shadowbench.endpoints.formats.base import (
    DEFAULT_DIMENSIONS,
    Asked,
    Format,
    Said,
    inputs_of,
    model_of,
    no_events,
)
from shadowbench.records import Dialect


def read(request: Mapping[str, Any], _: str) -> Asked:
    """What a request wants."""
    inputs = inputs_of(request.get("input", ""))
    return Asked(
        dialect=Dialect.OLLAMA_EMBED,
        model=model_of(request),
        prompt=" ".join(inputs),
        inputs=inputs,
        dimensions=int(request.get("dimensions") or DEFAULT_DIMENSIONS),
    )


def whole(asked: Asked, said: Said) -> dict[str, Any]:
    """The answer at once; there is no other."""
    return {
        "model": asked.model,
        "embeddings": [list(vector) for vector in said.vectors],
        "total_duration": 0,
        "load_duration": 0,
        "prompt_eval_count": said.input_tokens,
    }


FORMAT = Format(read=read, whole=whole, events=no_events, error=ollama.error, error_event=ollama.error_line)
