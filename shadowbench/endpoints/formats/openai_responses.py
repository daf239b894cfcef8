"""OpenAI's responses: POST /v1/responses (https://platform.openai.com/docs/api-reference/responses). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shadowbench.endpoints.formats.base import (
    CREATED_AT,
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
from shadowbench.endpoints.formats.openai_chat import error
from shadowbench.records import Dialect

_Event = dict[str, Any]


def read(request: Mapping[str, Any], _: str) -> Asked:
    """What a request wants."""
    tool = offered(request.get("tools"), "parameters")
    return Asked(
        dialect=Dialect.OPENAI_RESPONSES,
        model=model_of(request),
        prompt=prompt_of(text_of(request.get("instructions")), *texts_of(request.get("input", ""))),
        stream=bool(request.get("stream")),
        max_tokens=limit_of(request.get("max_output_tokens")),
        temperature=float(request.get("temperature") or 0),
        tool=tool.name,
        parameters=tool.parameters,
    )


def whole(asked: Asked, said: Said) -> dict[str, Any]:
    """The answer at once."""
    return _response(asked, said, "incomplete" if said.cut else "completed")


def events(asked: Asked, said: Said) -> Iterator[bytes]:
    """The answer as a stream."""
    for number, event in enumerate(_events(asked, said)):
        yield named_event(event | {"sequence_number": number})


FORMAT = Format(read=read, whole=whole, events=events, error=error, error_event=error_event)


def _response(asked: Asked, said: Said, status: str) -> dict[str, Any]:
    is_over = status != "in_progress"
    return {
        "id": f"resp_{said.id}",
        "object": "response",
        "created_at": CREATED_AT,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "model": asked.model,
        "output": [_item(asked, said, status)] if is_over else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": _usage(said) if is_over else None,
    }


def _item(asked: Asked, said: Said, status: str) -> dict[str, Any]:
    is_over = status != "in_progress"
    if said.call is not None:
        call = {"call_id": f"call_{said.id}", "name": asked.tool, "arguments": said.call if is_over else ""}
        return {"id": f"fc_{said.id}", "type": "function_call", "status": status, **call}
    content = [_part(said.text)] if is_over else []
    return {"id": f"msg_{said.id}", "type": "message", "role": "assistant", "status": status, "content": content}


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": []}


def _usage(said: Said) -> dict[str, Any]:
    return {
        "input_tokens": said.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": said.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": said.input_tokens + said.output_tokens,
    }


def _events(asked: Asked, said: Said) -> Iterator[_Event]:
    last = whole(asked, said)
    yield {"type": "response.created", "response": _response(asked, said, "in_progress")}
    yield {"type": "response.output_item.added", "output_index": 0, "item": _item(asked, said, "in_progress")}
    yield from _text_events(said) if said.call is None else _call_events(asked, said, said.call)
    yield {"type": "response.output_item.done", "output_index": 0, "item": last["output"][0]}
    yield {"type": f"response.{last['status']}", "response": last}


def _text_events(said: Said) -> Iterator[_Event]:
    where = {"item_id": f"msg_{said.id}", "output_index": 0, "content_index": 0}
    yield {"type": "response.content_part.added", **where, "part": _part("")}
    for token in said.tokens:
        yield {"type": "response.output_text.delta", **where, "delta": token, "logprobs": []}
    yield {"type": "response.output_text.done", **where, "text": said.text, "logprobs": []}
    yield {"type": "response.content_part.done", **where, "part": _part(said.text)}


def _call_events(asked: Asked, said: Said, arguments: str) -> Iterator[_Event]:
    where = {"item_id": f"fc_{said.id}", "output_index": 0}
    for piece in pieces(arguments):
        yield {"type": "response.function_call_arguments.delta", **where, "delta": piece}
    yield {"type": "response.function_call_arguments.done", **where, "name": asked.tool, "arguments": arguments}
