"""The parts a request's messages consist of, whatever their dialect nests them in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Where parts stand: in a message, in Anthropic's tool results, in what Responses' calls gave, and in what gateways keep of
# other providers' reasoning (LiteLLM, OpenRouter).
_HOLDERS = ("content", "output", "thinking_blocks", "reasoning_details")
_MAX_DEPTH = 2  # message, tool result, its content

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


def parts_of(items: Iterable[Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Every object among `items`, each followed by the parts it holds. What is no object is passed over."""
    for item in items:
        if not isinstance(item, dict):
            continue
        yield item
        if depth == _MAX_DEPTH:
            continue
        for holder in _HOLDERS:
            held = item.get(holder)
            if isinstance(held, list):
                yield from parts_of(held, depth + 1)
            elif isinstance(held, dict):
                yield held


def is_media(part: Mapping[str, Any]) -> bool:
    """Whether a part is, or carries, something other than text. Ollama's messages list their images beside the text."""
    kind = part.get("type")
    return (isinstance(kind, str) and kind in _MEDIA_TYPES) or bool(part.get("images"))
