"""Ollama's generate: POST /api/generate (https://docs.ollama.com/api/generate). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shadowbench.endpoints.formats import ollama
from shadowbench.endpoints.formats.base import Asked, Format, Said, limit_of, line, model_of, prompt_of, text_of
from shadowbench.records import Dialect


def read(request: Mapping[str, Any], _: str) -> Asked:
    """What a request wants."""
    options = ollama.options(request)
    return Asked(
        dialect=Dialect.OLLAMA_GENERATE,
        model=model_of(request),
        prompt=prompt_of(text_of(request.get("system")), text_of(request.get("prompt"))),
        stream=ollama.streams(request),
        max_tokens=limit_of(options.get("num_predict")),
        temperature=float(options.get("temperature") or 0),
    )


def whole(asked: Asked, said: Said) -> dict[str, Any]:
    """The answer at once."""
    return ollama.opening(asked) | {"response": said.text} | ollama.ending(said)


def events(asked: Asked, said: Said) -> Iterator[bytes]:
    """The answer as a stream."""
    for token in said.tokens:
        yield line(ollama.opening(asked) | {"response": token, "done": False})
    yield line(ollama.opening(asked) | {"response": ""} | ollama.ending(said))


FORMAT = Format(
    read=read,
    whole=whole,
    events=events,
    error=ollama.error,
    error_event=ollama.error_line,
    stream_type=ollama.stream_type,
)
