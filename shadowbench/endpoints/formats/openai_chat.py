"""OpenAI's chat completions: POST /v1/chat/completions (https://platform.openai.com/docs/api-reference/chat). Pure."""

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
    functions,
    limit_of,
    model_of,
    offered,
    pieces,
    prompt_of,
    texts_of,
)
from shadowbench.records import Dialect

DONE = b"data: [DONE]\n\n"


def read(request: Mapping[str, Any], _: str) -> Asked:
    """What a request wants."""
    tool = offered(functions(request.get("tools")), "parameters")
    return Asked(
        dialect=Dialect.OPENAI_CHAT,
        model=model_of(request),
        prompt=prompt_of(*texts_of(request.get("messages", ""))),
        stream=bool(request.get("stream")),
        wants_usage=wants_usage(request),
        max_tokens=limit_of(request.get("max_tokens"), request.get("max_completion_tokens")),
        temperature=float(request.get("temperature") or 0),
        tool=tool.name,
        parameters=tool.parameters,
    )


def wants_usage(request: Mapping[str, Any]) -> bool:
    """Whether a stream is to report usage: only when it is asked to."""
    return bool((request.get("stream_options") or {}).get("include_usage"))


def whole(asked: Asked, said: Said) -> dict[str, Any]:
    """The answer at once."""
    message: dict[str, Any] = {"role": "assistant", "content": said.text or None, "refusal": None}
    if said.call is not None:
        message["tool_calls"] = [_call(asked, said, said.call)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(said)}
    return {
        "id": f"chatcmpl-{said.id}",
        "object": "chat.completion",
        "created": CREATED_AT,
        "model": asked.model,
        "choices": [choice],
        "usage": usage(said),
        "system_fingerprint": "fp_scripted",
    }


def events(asked: Asked, said: Said) -> Iterator[bytes]:
    """The answer as a stream."""

    def piece(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _chunk(asked, said, choices=[choice])

    yield piece({"role": "assistant", "content": ""})
    for token in said.tokens:
        yield piece({"content": token})
    if said.call is not None:
        yield piece({"tool_calls": [{"index": 0, **_call(asked, said, "")}]})
        for part in pieces(said.call):
            yield piece({"tool_calls": [{"index": 0, "function": {"arguments": part}}]})
    yield piece({}, _finish(said))
    if asked.wants_usage:
        yield _chunk(asked, said, choices=[], usage=usage(said))
    yield DONE


def usage(said: Said) -> dict[str, Any]:
    """The counts, as OpenAI's older formats name them."""
    return {
        "prompt_tokens": said.input_tokens,
        "completion_tokens": said.output_tokens,
        "total_tokens": said.input_tokens + said.output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
    }


def error(kind: str, message: str) -> dict[str, Any]:
    """An error, as all of OpenAI's formats write it."""
    return {"error": {"message": message, "type": kind, "param": None, "code": kind}}


FORMAT = Format(read=read, whole=whole, events=events, error=error, error_event=error_event)


def _call(asked: Asked, said: Said, arguments: str) -> dict[str, Any]:
    return {"id": f"call_{said.id}", "type": "function", "function": {"name": asked.tool, "arguments": arguments}}


def _chunk(asked: Asked, said: Said, **rest: Any) -> bytes:
    chunk = {
        "id": f"chatcmpl-{said.id}",
        "object": "chat.completion.chunk",
        "created": CREATED_AT,
        "model": asked.model,
        "system_fingerprint": "fp_scripted",
        **rest,
    }
    return event(chunk)


def _finish(said: Said) -> str:
    if said.call is not None:
        return "tool_calls"
    return "length" if said.cut else "stop"
