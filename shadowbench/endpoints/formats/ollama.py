"""What Ollama's formats have in common (https://docs.ollama.com/api). Pure.

A stream is lines of JSON, and the default; its last line has `done` and the counters, and so has an answer at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shadowbench.endpoints.formats.base import JSON_LINES, Asked, Said

_CREATED_AT = "2023-11-14T22:13:20Z"
_NS_PER_TOKEN = 1_000_000


def streams(request: Mapping[str, Any]) -> bool:
    """Whether a stream is due: unless it is told otherwise."""
    return request.get("stream") is not False


def options(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where the sampling parameters are."""
    given = request.get("options")
    return given if isinstance(given, dict) else {}


def opening(asked: Asked) -> dict[str, Any]:
    """What each line begins with."""
    return {"model": asked.model, "created_at": _CREATED_AT}


def ending(said: Said) -> dict[str, Any]:
    """What the last line ends with. Durations are in nanoseconds."""
    read, written = said.input_tokens * _NS_PER_TOKEN, said.output_tokens * _NS_PER_TOKEN
    return {
        "done": True,
        "done_reason": "length" if said.cut else "stop",
        "total_duration": read + written,
        "load_duration": 0,
        "prompt_eval_count": said.input_tokens,
        "prompt_eval_duration": read,
        "eval_count": said.output_tokens,
        "eval_duration": written,
    }


def error(_: str, message: str) -> dict[str, Any]:
    """An error, which has no kind."""
    return {"error": message}


def error_line(_: Asked, error: bytes) -> bytes:
    """An error in the place of a line."""
    return error + b"\n"


def stream_type(_: Asked) -> str:
    """The content type of a stream."""
    return JSON_LINES
