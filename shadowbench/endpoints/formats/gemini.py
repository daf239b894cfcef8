"""Gemini's generateContent: POST /v1beta/models/{model}:generateContent (https://ai.google.dev/api/generate-content). Pure.

The path says model and stream. A stream is server-sent events with `alt=sse` in the query, else the elements of a JSON array.
A tool call comes whole, and its finish reason is that of a text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from shadowbench.endpoints.formats.base import (
    EVENT_STREAM,
    JSON,
    Asked,
    Format,
    Said,
    dump,
    event,
    limit_of,
    offered,
    prompt_of,
)
from shadowbench.records import Dialect

WHOLE, STREAM = ":generateContent", ":streamGenerateContent"
_ARRAY = "array"
_SCHEMAS = ("parametersJsonSchema", "parameters_json_schema", "parameters")  # Google's SDK sends the second
# Google's name of each kind, with the status that belongs to it.
_KINDS = {
    "rate_limit_error": (429, "RESOURCE_EXHAUSTED"),
    "overloaded_error": (503, "UNAVAILABLE"),
    "not_found_error": (404, "NOT_FOUND"),
}
_ANY_OTHER = (500, "INTERNAL")


def read(request: Mapping[str, Any], target: str) -> Asked:
    """What a request wants."""
    path, _, query = target.partition("?")
    generation = request.get("generationConfig") or {}
    contents = [request.get("systemInstruction"), *(request.get("contents") or [])]
    tools = request.get("tools") or [{}]
    tool = offered(tools[0].get("functionDeclarations"), *_SCHEMAS)
    return Asked(
        dialect=Dialect.GEMINI,
        model=unquote(path.rpartition("/")[2].rpartition(":")[0]),
        prompt=prompt_of(*(_text(part) for content in contents if content for part in content.get("parts") or [])),
        stream=path.endswith(STREAM),
        max_tokens=limit_of(generation.get("maxOutputTokens")),
        temperature=float(generation.get("temperature") or 0),
        tool=tool.name,
        parameters=tool.parameters,
        form=None if parse_qs(query).get("alt") == ["sse"] else _ARRAY,
    )


def whole(asked: Asked, said: Said) -> dict[str, Any]:
    """The answer at once."""
    return _answer(asked, said, _part(asked, said, said.text), _finish(said))


def events(asked: Asked, said: Said) -> Iterator[bytes]:
    """The answer as a stream."""
    parts = [{"text": token} for token in said.tokens] if said.call is None else [_part(asked, said, "")]
    answers = [_answer(asked, said, part) for part in parts]
    answers.append(_answer(asked, said, {"text": ""}, _finish(said)))
    if asked.form != _ARRAY:
        yield from map(event, answers)
        return
    for number, answer in enumerate(answers):
        yield (b",\r\n" if number else b"[") + dump(answer)
    yield b"]"


def error(kind: str, message: str) -> dict[str, Any]:
    """An error."""
    code, status = _KINDS.get(kind, _ANY_OTHER)
    return {"error": {"code": code, "message": message, "status": status}}


def error_event(asked: Asked, error: bytes) -> bytes:
    """An error in the place of an event; of an array it is the last element."""
    return b",\r\n" + error + b"]" if asked.form == _ARRAY else b"data: " + error + b"\n\n"


def stream_type(asked: Asked) -> str:
    """The content type of a stream."""
    return JSON if asked.form == _ARRAY else EVENT_STREAM


FORMAT = Format(read=read, whole=whole, events=events, error=error, error_event=error_event, stream_type=stream_type)


def _text(part: Mapping[str, Any]) -> str:
    """What a part says; of a function's response, its output."""
    response = (part.get("functionResponse") or {}).get("response") or {}
    return str(part.get("text") or response.get("output") or "")


def _answer(asked: Asked, said: Said, part: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": [part], "role": "model"}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    usage = {
        "promptTokenCount": said.input_tokens,
        "candidatesTokenCount": said.output_tokens,
        "totalTokenCount": said.input_tokens + said.output_tokens,
    }
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": asked.model, "responseId": said.id}


def _part(asked: Asked, said: Said, text: str) -> dict[str, Any]:
    if said.call is None:
        return {"text": text}
    return {"functionCall": {"name": asked.tool, "args": json.loads(said.call)}}


def _finish(said: Said) -> str:
    return "MAX_TOKENS" if said.cut else "STOP"
