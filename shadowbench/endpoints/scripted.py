"""What the scripted provider says, and how each wire format writes it. Pure: the same request gives the same bytes.

A word is a token. The answer to a prompt is drawn from the prompt's own words and a small vocabulary, seeded by the
prompt; a temperature above 1 draws a different one for every `salt`, so that a hot candidate differs as real ones do.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shadowbench.records import Dialect

CREATED_AT = 1_700_000_000
_DEFAULT_TOKENS = 24
_WORDS = (
    "first then because often rarely water light engine table river garden number reason answer simple careful "
    "between under after before small large clear quiet open early north paper metal window letter market signal"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request wants, as far as the script cares."""

    dialect: Dialect
    model: str
    prompt: str
    stream: bool
    wants_usage: bool
    max_tokens: int
    temperature: float
    tool: str | None  # the first tool on offer; it is called when there is one
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The answer, before any wire format."""

    id: str
    tokens: tuple[str, ...]
    call: str | None  # arguments of the tool call, as JSON text
    cut: bool  # max_tokens ended it
    input_tokens: int

    @property
    def text(self) -> str:
        """All tokens joined."""
        return "".join(self.tokens)

    @property
    def output_tokens(self) -> int:
        """Words said, or pieces of the call's arguments."""
        return len(self.tokens) or len(_pieces(self.call or ""))


def dialect_of(path: str) -> Dialect:
    """The wire format of a path, by its end."""
    for suffix, dialect in (
        ("/chat/completions", Dialect.OPENAI_CHAT),
        ("/responses", Dialect.OPENAI_RESPONSES),
        ("/messages", Dialect.ANTHROPIC_MESSAGES),
    ):
        if path.endswith(suffix):
            return dialect
    return Dialect.UNKNOWN


def read(path: str, body: bytes) -> Asked | None:
    """What a request asks, or None when it is none the script knows."""
    dialect = dialect_of(path)
    try:
        request = json.loads(body)
    except ValueError:
        return None
    if dialect is Dialect.UNKNOWN or not isinstance(request, dict):
        return None
    tool, parameters = _first_tool(request)
    limit = request.get("max_tokens") or request.get("max_completion_tokens") or request.get("max_output_tokens")
    return Asked(
        dialect=dialect,
        model=str(request.get("model", "scripted")),
        prompt=_prompt(request),
        stream=bool(request.get("stream")),
        wants_usage=bool((request.get("stream_options") or {}).get("include_usage")),
        max_tokens=int(limit or _DEFAULT_TOKENS),
        temperature=float(request.get("temperature") or 0),
        tool=tool,
        parameters=parameters,
    )


def say(asked: Asked, salt: int = 0) -> Said:
    """The answer to a request. `salt` matters only above temperature 1."""
    salt = salt if asked.temperature > 1 else 0
    seed = hashlib.sha256(f"{asked.prompt}\0{salt}".encode()).hexdigest()
    chance = random.Random(seed)
    full = chance.randint(8, _DEFAULT_TOKENS)
    words = [*re.findall(r"\w+", asked.prompt)[-8:], *_WORDS.split()]
    tokens = tuple(("" if n == 0 else " ") + chance.choice(words) for n in range(min(full, asked.max_tokens)))
    arguments = json.dumps({name: chance.choice(words) for name in asked.parameters})
    return Said(
        id=seed[:24],
        tokens=() if asked.tool else tokens,
        call=arguments if asked.tool else None,
        cut=not asked.tool and full > asked.max_tokens,
        input_tokens=len(asked.prompt.split()),
    )


def as_json(asked: Asked, said: Said) -> bytes:
    """The whole answer in the request's wire format."""
    write = {
        Dialect.OPENAI_CHAT: _chat,
        Dialect.ANTHROPIC_MESSAGES: _message,
        Dialect.OPENAI_RESPONSES: _response,
    }[asked.dialect]
    return _dump(write(asked, said))


def as_events(asked: Asked, said: Said) -> list[bytes]:
    """The streamed answer, one server-sent event each."""
    write = {
        Dialect.OPENAI_CHAT: _chat_events,
        Dialect.ANTHROPIC_MESSAGES: _message_events,
        Dialect.OPENAI_RESPONSES: _response_events,
    }[asked.dialect]
    return list(write(asked, said))


def as_error(dialect: Dialect, kind: str, message: str) -> bytes:
    """An error body as the provider of that wire format writes it."""
    if dialect is Dialect.ANTHROPIC_MESSAGES:
        return _dump({"type": "error", "error": {"type": kind, "message": message}})
    return _dump({"error": {"message": message, "type": kind, "param": None, "code": kind}})


# ── reading ──


def _prompt(request: dict[str, Any]) -> str:
    """All texts of a request in order; content may be a text or a list of parts in every format."""
    messages = request.get("messages", request.get("input", ""))
    if isinstance(messages, str):
        return messages
    texts = [_text(request.get("system", ""))]
    texts += [_text(message.get("content")) for message in messages if isinstance(message, dict)]
    return " ".join(text for text in texts if text)


def _text(content: Any) -> str:
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def _first_tool(request: dict[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    tools = request.get("tools") or []
    if not tools:
        return None, ()
    tool = tools[0].get("function", tools[0])
    schema = tool.get("parameters") or tool.get("input_schema") or {}
    return str(tool.get("name")), tuple(schema.get("properties", {}))


# ── OpenAI chat completions ──


def _chat(asked: Asked, said: Said) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": said.text or None, "refusal": None}
    if said.call is not None:
        message["tool_calls"] = [_chat_call(asked, said, said.call)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(said)}
    return {
        "id": f"chatcmpl-{said.id}",
        "object": "chat.completion",
        "created": CREATED_AT,
        "model": asked.model,
        "choices": [choice],
        "usage": _chat_usage(said),
        "system_fingerprint": "fp_scripted",
    }


def _chat_call(asked: Asked, said: Said, arguments: str) -> dict[str, Any]:
    return {
        "id": f"call_{said.id}",
        "type": "function",
        "function": {"name": asked.tool, "arguments": arguments},
    }


def _chat_events(asked: Asked, said: Said) -> Iterator[bytes]:
    def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _chat_chunk(asked, said, choices=[choice])

    yield event({"role": "assistant", "content": ""})
    for token in said.tokens:
        yield event({"content": token})
    if said.call is not None:
        yield event({"tool_calls": [{"index": 0, **_chat_call(asked, said, "")}]})
        for piece in _pieces(said.call):
            yield event({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    yield event({}, _finish(said))
    if asked.wants_usage:
        yield _chat_chunk(asked, said, choices=[], usage=_chat_usage(said))
    yield b"data: [DONE]\n\n"


def _chat_chunk(asked: Asked, said: Said, **rest: Any) -> bytes:
    chunk = {
        "id": f"chatcmpl-{said.id}",
        "object": "chat.completion.chunk",
        "created": CREATED_AT,
        "model": asked.model,
        "system_fingerprint": "fp_scripted",
        **rest,
    }
    return b"data: " + _dump(chunk) + b"\n\n"


def _chat_usage(said: Said) -> dict[str, Any]:
    return {
        "prompt_tokens": said.input_tokens,
        "completion_tokens": said.output_tokens,
        "total_tokens": said.input_tokens + said.output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
    }


def _finish(said: Said) -> str:
    if said.call is not None:
        return "tool_calls"
    return "length" if said.cut else "stop"


# ── Anthropic messages ──


def _message(asked: Asked, said: Said) -> dict[str, Any]:
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


def _block(asked: Asked, said: Said, text: str, call: str | None) -> dict[str, Any]:
    if said.call is None:
        return {"type": "text", "text": text}
    return {"type": "tool_use", "id": f"toolu_{said.id}", "name": asked.tool, "input": json.loads(call or "{}")}


def _message_events(asked: Asked, said: Said) -> Iterator[bytes]:
    start = _message(asked, said) | {"content": [], "stop_reason": None}
    start["usage"] = {"input_tokens": said.input_tokens, "output_tokens": 1}
    yield _named({"type": "message_start", "message": start})
    yield _named({"type": "content_block_start", "index": 0, "content_block": _block(asked, said, "", None)})
    yield _named({"type": "ping"})
    for delta in _message_deltas(said):
        yield _named({"type": "content_block_delta", "index": 0, "delta": delta})
    yield _named({"type": "content_block_stop", "index": 0})
    stop = {"stop_reason": _stop(said), "stop_sequence": None}
    yield _named({"type": "message_delta", "delta": stop, "usage": {"output_tokens": said.output_tokens}})
    yield _named({"type": "message_stop"})


def _message_deltas(said: Said) -> Iterator[dict[str, Any]]:
    if said.call is None:
        yield from ({"type": "text_delta", "text": token} for token in said.tokens)
    else:
        yield from ({"type": "input_json_delta", "partial_json": piece} for piece in _pieces(said.call))


def _stop(said: Said) -> str:
    if said.call is not None:
        return "tool_use"
    return "max_tokens" if said.cut else "end_turn"


# ── OpenAI responses ──


def _response(asked: Asked, said: Said, status: str = "completed") -> dict[str, Any]:
    return {
        "id": f"resp_{said.id}",
        "object": "response",
        "created_at": CREATED_AT,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": asked.model,
        "output": [_item(said, "completed")] if status == "completed" else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": _response_usage(said) if status == "completed" else None,
    }


def _item(said: Said, status: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": said.text, "annotations": []}
    content = [part] if status == "completed" else []
    return {"id": f"msg_{said.id}", "type": "message", "role": "assistant", "status": status, "content": content}


def _response_usage(said: Said) -> dict[str, Any]:
    return {
        "input_tokens": said.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": said.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": said.input_tokens + said.output_tokens,
    }


def _response_events(asked: Asked, said: Said) -> Iterator[bytes]:
    where = {"item_id": f"msg_{said.id}", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": []}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": _response(asked, said, "in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": _item(said, "in_progress")},
        {"type": "response.content_part.added", **where, "part": part},
        *({"type": "response.output_text.delta", **where, "delta": token, "logprobs": []} for token in said.tokens),
        {"type": "response.output_text.done", **where, "text": said.text, "logprobs": []},
        {"type": "response.content_part.done", **where, "part": part | {"text": said.text}},
        {"type": "response.output_item.done", "output_index": 0, "item": _item(said, "completed")},
        {"type": "response.completed", "response": _response(asked, said)},
    ]
    for number, event in enumerate(events):
        yield _named(event | {"sequence_number": number})


# ── bytes ──


def _named(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\n".encode() + b"data: " + _dump(event) + b"\n\n"


def _pieces(arguments: str) -> list[str]:
    """A call's arguments as a provider streams them: a few characters each."""
    return [arguments[at : at + 6] for at in range(0, len(arguments), 6)]


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
