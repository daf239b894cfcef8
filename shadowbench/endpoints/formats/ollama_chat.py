"""Ollama's chat: POST /api/chat (https://docs.ollama.com/api/chat). Pure. A tool call comes whole, in a line of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from shadowbench.endpoints.formats import ollama
from shadowbench.endpoints.formats.base import (
    Asked,
    Format,
    Said,
    functions,
    limit_of,
    line,
    model_of,
    offered,
    prompt_of,
    texts_of,
)
from shadowbench.records import Dialect


def read(request: Mapping[str, Any], _: str) -> Asked:
    """What a request wants."""
    options = ollama.options(request)
    tool = offered(functions(request.get("tools")), "parameters")
    return Asked(
        dialect=Dialect.OLLAMA_CHAT,
        model=model_of(request),
        prompt=prompt_of(*texts_of(request.get("messages", ""))),
        stream=ollama.streams(request),
        max_tokens=limit_of(options.get("num_predict")),
        temperature=float(options.get("temperature") or 0),
        tool=tool.name,
        parameters=tool.parameters,
    )


def whole(asked: Asked, said: Said) -> dict[str, Any]:
    """The answer at once."""
    message = _message(said.text, _calls(asked, said))
    return ollama.opening(asked) | {"message": message} | ollama.ending(said)


def events(asked: Asked, said: Said) -> Iterator[bytes]:
    """The answer as a stream."""
    messages = [_message(token) for token in said.tokens]
    if said.call is not None:
        messages.append(_message("", _calls(asked, said)))
    for message in messages:
        yield line(ollama.opening(asked) | {"message": message, "done": False})
    yield line(ollama.opening(asked) | {"message": _message("")} | ollama.ending(said))


FORMAT = Format(
    read=read,
    whole=whole,
    events=events,
    error=ollama.error,
    error_event=ollama.error_line,
    stream_type=ollama.stream_type,
)


def _message(text: str, calls: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    return message | {"tool_calls": calls} if calls else message


def _calls(asked: Asked, said: Said) -> list[dict[str, Any]]:
    if said.call is None:
        return []
    return [{"id": f"call_{said.id}", "function": {"index": 0, "name": asked.tool, "arguments": json.loads(said.call)}}]
