"""OpenAI's embeddings: POST /v1/embeddings (https://platform.openai.com/docs/api-reference/embeddings). Pure.

Vectors are lists of numbers, or the base64 of little-endian 32-bit floats, which the vendor's SDK asks for unasked.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from typing import Any

from shadowbench.endpoints.formats.base import (
    DEFAULT_DIMENSIONS,
    Asked,
    Format,
    Said,
    error_event,
    inputs_of,
    model_of,
    no_events,
)
from shadowbench.endpoints.formats.openai_chat import error
from shadowbench.records import Dialect


def read(request: Mapping[str, Any], _: str) -> Asked:
    """What a request wants."""
    inputs = inputs_of(request.get("input", ""))
    return Asked(
        dialect=Dialect.OPENAI_EMBEDDINGS,
        model=model_of(request),
        prompt=" ".join(inputs),
        inputs=inputs,
        dimensions=int(request.get("dimensions") or DEFAULT_DIMENSIONS),
        form=request.get("encoding_format"),
    )


def whole(asked: Asked, said: Said) -> dict[str, Any]:
    """The answer at once; there is no other."""
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _written(vector, asked.form)}
            for index, vector in enumerate(said.vectors)
        ],
        "model": asked.model,
        "usage": {"prompt_tokens": said.input_tokens, "total_tokens": said.input_tokens},
    }


FORMAT = Format(read=read, whole=whole, events=no_events, error=error, error_event=error_event)


def _written(vector: tuple[float, ...], form: str | None) -> str | list[float]:
    if form != "base64":
        return list(vector)
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
