"""OpenAI's text completions: POST /v1/completions (https://platform.openai.com/docs/api-reference/completions). Pure.

Several prompts at once are answered as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shadowbench.endpoints.formats.base import (
    CREATED_AT,
    Asked,
    Format,
    Said,
    error_event,
    event,
    inputs_of,
    limit_of,
    model_of,
    prompt_of,
)
from shadowbench.endpoints.formats.openai_chat import DONE, error, usage, wants_usage
from shadowbench.records import Dialect


def read(request: Mapping[str, Any], _: str) -> Asked:
    """What a request wants."""
    return Asked(
        dialect=Dialect.OPENAI_COMPLETIONS,
        model=model_of(request),
        prompt=prompt_of(*inputs_of(request.get("prompt", ""))),
        stream=bool(request.get("stream")),
        wants_usage=wants_usage(request),
        max_tokens=limit_of(request.get("max_tokens")),
        temperature=float(request.get("temperature") or 0),
    )


def whole(asked: Asked, said: Said) -> dict[str, Any]:
    """The answer at once."""
    return _completion(asked, said, choices=[_choice(said.text, _finish(said))], usage=usage(said))


def events(asked: Asked, said: Said) -> Iterator[bytes]:
    """The answer as a stream."""
    for token in said.tokens:
        yield event(_completion(asked, said, choices=[_choice(token)]))
    yield event(_completion(asked, said, choices=[_choice("", _finish(said))]))
    if asked.wants_usage:
        yield event(_completion(asked, said, choices=[], usage=usage(said)))
    yield DONE


FORMAT = Format(read=read, whole=whole, events=events, error=error, error_event=error_event)


def _completion(asked: Asked, said: Said, **rest: Any) -> dict[str, Any]:
    return {
        "id": f"cmpl-{said.id}",
        "object": "text_completion",
        "created": CREATED_AT,
        "model": asked.model,
        "system_fingerprint": "fp_scripted",
        **rest,
    }


def _choice(text: str, finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "text": text, "logprobs": None, "finish_reason": finish}


def _finish(said: Said) -> str:
    return "length" if said.cut else "stop"
