"""The parts of a request's messages that may be more than text, whatever their dialect nests them in. Pure.

Agents send hundreds of messages with each request, nearly all of them plain text: those are passed over at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

# Where parts stand: in a message, in Anthropic's tool results, in what Responses' calls gave, and in what gateways keep of
# other providers' reasoning (LiteLLM, OpenRouter).
_HOLDERS = ("content", "output", "thinking_blocks", "reasoning_details")
_MAX_DEPTH = 2  # message, tool result, its content
_PLAIN_TYPES = frozenset({"text", "input_text", "output_text", "refusal", "tool_use", "function_call", "summary_text"})
_MEDIA_TYPES = frozenset(
    {
        "image_url",
        "image",
        "input_image",
        "input_audio",
        "audio",
        "audio_url",
        "file",
        "input_file",
        "document",
        "video_url",
        "computer_screenshot",
        "container_upload",
    }
)


def telling_parts(items: Iterable[Any]) -> list[Mapping[str, Any]]:
    """The objects among `items`, and within those, that may be more than text. What is no object is passed over."""
    found: list[Mapping[str, Any]] = []
    _gather(items, 0, found)
    return found


def is_media(part: Mapping[str, Any]) -> bool:
    """Whether a part is, or carries, something other than text. Ollama's messages list their images beside the text."""
    kind = part.get("type")
    return (isinstance(kind, str) and kind in _MEDIA_TYPES) or bool(part.get("images"))


def _gather(items: Iterable[Any], depth: int, found: list[Mapping[str, Any]]) -> None:
    for item in items:
        if not isinstance(item, dict):
            continue
        if len(item) == 2 and "role" in item and "content" in item:  # nearly always
            if isinstance(item["content"], list):
                _gather(item["content"], depth + 1, found)
            continue
        kind = item.get("type")
        if isinstance(kind, str) and kind in _PLAIN_TYPES:
            continue
        found.append(item)
        if depth < _MAX_DEPTH:
            _gather_held(item, depth, found)


def _gather_held(item: Mapping[str, Any], depth: int, found: list[Mapping[str, Any]]) -> None:
    for holder in _HOLDERS:
        held = item.get(holder)
        if isinstance(held, list):
            _gather(held, depth + 1, found)
        elif isinstance(held, dict):
            found.append(held)
