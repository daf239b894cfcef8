"""What a provider says when it fails, from the shapes in use. Pure.

    {"error": {"message", "type", "code"}}            OpenAI, Azure, most gateways
    {"type": "error", "error": {"type", "message"}}   Anthropic
    {"error": "text"}                                 Ollama, Hugging Face
    {"object": "error", "message", "type", "code"}    older vLLM, Mistral
    {"detail": "text" | [...]}, {"message": "text"}   FastAPI, AWS

Messages are cut at a bound, since some echo the request.
"""

from __future__ import annotations

from typing import Any

from shadowbench.wire import loose_json as loose
from shadowbench.wire.base import ProviderError

MAX_MESSAGE = 2000


def error_in(value: object) -> ProviderError | None:
    """The error that a JSON value announces itself as, or None: for bodies and events that came with status 200."""
    body = loose.as_mapping(value)
    if body.get("error"):
        return _described(body["error"])
    is_error = body.get("object") == "error" or body.get("type") == "error"
    return _described(body) if is_error else None


def error_of_body(body: bytes) -> ProviderError:
    """What the body of a response with an error status says; nothing when it says nothing we can read."""
    try:
        value = loose.load(_first_event_data(body))
    except loose.NotJson:
        return ProviderError()
    if isinstance(value, list) and value:  # Gemini's OpenAI endpoint wraps its errors in an array
        value = value[0]
    return error_in(value) or _described(value)


def _first_event_data(body: bytes) -> bytes:
    """Some gateways answer a streamed request with an error status and the error as an event."""
    lines = [line for line in body.splitlines() if line.startswith(b"data:")]
    return lines[0].removeprefix(b"data:") if lines and not body.lstrip().startswith((b"{", b"[")) else body


def _described(error: Any) -> ProviderError:
    if isinstance(error, str):
        return ProviderError(message=loose.sound(error)[:MAX_MESSAGE])
    fields = loose.as_mapping(error)
    kind = loose.as_name(fields.get("type")) or _code(fields.get("code")) or _code(fields.get("status"))
    message = next((m for key in ("message", "detail", "msg") if (m := _message(fields.get(key)))), None)
    return ProviderError(type=kind and loose.sound(kind)[:200], message=message)


def _message(value: object) -> str | None:
    text = value if isinstance(value, str) else loose.dump(value) if value else ""
    return loose.sound(text)[:MAX_MESSAGE] or None


def _code(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return loose.as_name(value)
