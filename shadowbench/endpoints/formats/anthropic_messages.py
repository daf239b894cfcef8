"""Anthropic's messages: POST /v1/messages (https://docs.anthropic.com/en/api/messages). Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from shadowbench.endpoints.formats.base import (
    Asked,
    Format,
    Said,
    error_event,
    limit_of,
    model_of,
    named_event,
    offered,
    pieces,
    prompt_of,
    text_of,
    texts_of,
)
from shadowbench.records import Dialect


def read(request: Mapping[str, Any], _: str) -> Asked:
    """What a request wants."""
    tool = offered(request.get("tools"), "input_schema")
    return Asked(
        dialect=Dialect.ANTHROPIC_MESSAGES,
        model=model_of(request),
        prompt=prompt_of(text_of(request.get("system")), *texts_of(request.get("messages", ""))),
        stream=bool(request.get("stream")),
        max_tokens=limit_of(request.get("max_tokens")),
        temperature=float(request.get("temperature") or 0),
        tool=tool.name,
        parameters=tool.parameters,
    )


def whole(asked: Asked, said: Said) -> dict[str, Any]:
    """The answer at once."""
    return {
        "id": f"msg_{said.id}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [_block(asked, said, said.text, said.call)],
        "stop_reason": _stop(said),
        "stop_sequence": None,
        "usage": {"input_tokens": said.input_tokens, "output_tokens": said.output_tokens},
    }


def events(asked: Asked, said: Said) -> Iterator[bytes]:
    """The answer as a stream."""
    start = whole(asked, said) | {"content": [], "stop_reason": None}
    start["usage"] = {"input_tokens": said.input_tokens, "output_tokens": 1}
    yield named_event({"type": "message_start", "message": start})
    yield named_event({"type": "content_block_start", "index": 0, "content_block": _block(asked, said, "", None)})
    yield named_event({"type": "ping"})
    for delta in _deltas(said):
        yield named_event({"type": "content_block_delta", "index": 0, "delta": delta})
    yield named_event({"type": "content_block_stop", "index": 0})
    stop = {"stop_reason": _stop(said), "stop_sequence": None}
    yield named_event({"type": "message_delta", "delta": stop, "usage": {"output_tokens": said.output_tokens}})
    yield named_event({"type": "message_stop"})


def error(kind: str, message: str) -> dict[str, Any]:
    """An error."""
    return {"type": "error", "error": {"type": kind, "message": message}}


FORMAT = Format(read=read, whole=whole, events=events, error=error, error_event=error_event)


def _block(asked: Asked, said: Said, text: str, call: str | None) -> dict[str, Any]:
    if said.call is None:
        return {"type": "text", "text": text}
    return {"type": "tool_use", "id": f"toolu_{said.id}", "name": asked.tool, "input": json.loads(call or "{}")}


def _deltas(said: Said) -> Iterator[dict[str, Any]]:
    if said.call is None:
        yield from ({"type": "text_delta", "text": token} for token in said.tokens)
    else:
        yield from ({"type": "input_json_delta", "partial_json": piece} for piece in pieces(said.call))


def _stop(said: Said) -> str:
    if said.call is not None:
        return "tool_use"
    return "max_tokens" if said.cut else "end_turn"
