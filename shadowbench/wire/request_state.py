"""Why a request refers to state, or to work, at production's provider: no other endpoint could answer it alike. Pure.

    previous_response    a response, audio answer or Ollama context that production gave before
    conversation         a conversation that production's provider keeps
    prompt_id            a prompt that is stored there
    background           the answer is fetched later
    file_reference       something stored there: files, containers, skills, vector stores, earlier items by their id
    encrypted_reasoning  earlier reasoning, or search results, that only that provider can read
    thinking_signature   earlier thinking that only that provider takes back (Anthropic)
    signed_url           a file behind a URL that holds for some minutes, or for one reader

The first that applies is given, those of the request as a whole before those of its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shadowbench.records import Dialect
from shadowbench.wire import loose_json as loose

# AWS, Google, Azure (`sig` with `se`), CloudFront and the older forms of the first two (`Signature`), Alibaba, Tencent.
_SIGNED = re.compile(r"[?&](?:x-(?:amz|goog|oss)-signature|signature|sig|q-signature)=", re.IGNORECASE)
_URL_KEYS = ("url", "image_url", "file_url", "video_url", "audio_url")
_REFERENCE_KEYS = ("file_id", "container_id", "skill_id")
# A part keeps its file beside its type, or in one of these.
_FILE_HOLDERS = (
    "file",
    "source",
    "image_url",
    "input_image_mask",
    "environment",
    "container",
    "video_url",
    "audio_url",
)


def state_reason(
    dialect: Dialect, request: Mapping[str, Any], parts: Iterable[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
) -> str | None:
    """Why `request` refers to state, as a code; None when it stands for itself."""
    reason = _of_request(dialect, request)
    if reason is None and any(_names_a_store(tool) for tool in tools):
        reason = "file_reference"
    return reason or next(filter(None, map(_of_part, parts)), None)


def _of_request(dialect: Dialect, request: Mapping[str, Any]) -> str | None:
    if dialect is Dialect.OPENAI_RESPONSES:
        return _of_responses_request(request)
    if dialect is Dialect.ANTHROPIC_MESSAGES and request.get("container"):
        return "file_reference"
    if dialect is Dialect.OLLAMA_GENERATE and request.get("context"):
        return "previous_response"
    return None


def _of_responses_request(request: Mapping[str, Any]) -> str | None:
    if request.get("previous_response_id"):
        return "previous_response"
    if request.get("conversation"):
        return "conversation"
    if loose.as_mapping(request.get("prompt")).get("id"):
        return "prompt_id"
    return "background" if request.get("background") is True else None


def _names_a_store(tool: Mapping[str, Any]) -> bool:
    if tool.get("vector_store_ids") or isinstance(tool.get("container"), str):
        return True
    return any(_is_reference(held) or bool(held.get("file_ids")) for held in _holders(tool))


def _of_part(part: Mapping[str, Any]) -> str | None:
    kind = part.get("type")
    if kind == "redacted_thinking" or (kind == "thinking" and part.get("signature")):
        return "thinking_signature"
    if part.get("encrypted_content") or kind == "reasoning.encrypted":
        return "encrypted_reasoning"
    if _is_kept_item(part, kind):
        return "file_reference"
    if part.get("role") == "assistant" and loose.as_mapping(part.get("audio")).get("id"):
        return "previous_response"
    return _of_file(part)


def _is_kept_item(item: Mapping[str, Any], kind: object) -> bool:
    """Whether Responses is to look an earlier item up by its id. A reasoning item without its text is only an id, too."""
    if kind == "item_reference" or (kind == "reasoning" and not item.get("content")):
        return bool(item.get("id"))
    return kind is None and "role" not in item and isinstance(item.get("id"), str)


def _of_file(part: Mapping[str, Any]) -> str | None:
    holders = _holders(part)
    if any(map(_is_reference, holders)):
        return "file_reference"
    return "signed_url" if any(_is_signed(held.get(key)) for held in holders for key in _URL_KEYS) else None


def _holders(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [part, *(held for key in _FILE_HOLDERS if isinstance(held := part.get(key), dict))]


def _is_reference(held: Mapping[str, Any]) -> bool:
    return any(held.get(key) for key in _REFERENCE_KEYS)


def _is_signed(url: object) -> bool:
    # A data URL is the file itself, and may have megabytes.
    return isinstance(url, str) and not url.startswith("data:") and _SIGNED.search(url) is not None
