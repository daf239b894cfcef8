"""A client's request in the words of another dialect, for candidates that do not speak the client's. Pure.

Each dialect has one file with `parse` (its body to `neutral.Conversation`) and `build` (back), so that a new one meets all
others at once. The one rule: a request that the other side has no word for is refused with its reason, never silently changed.
Therefore the readers know every member they take, and end at any other. Left away is only what `dropped` lists.

The same dialect on both sides needs none of this: there the client's own bytes are patched (`wire.patch`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from shadowbench.records import Dialect
from shadowbench.wire.neutral import Conversation
from shadowbench.wire.translation import (
    anthropic_messages,
    exact_json,
    gemini,
    ollama_chat,
    openai_chat,
    openai_responses,
)
from shadowbench.wire.translation.refusals import NoWord, Reason, Untranslatable
from shadowbench.wire.translation.writing import refuse_if

__all__ = ["Reason", "Translated", "Untranslatable", "can_translate", "endpoint_path", "translate"]

_PARSERS: Mapping[Dialect, Callable[[object], Conversation | Untranslatable]] = {
    Dialect.OPENAI_CHAT: openai_chat.parse,
    Dialect.OPENAI_RESPONSES: openai_responses.parse,
    Dialect.ANTHROPIC_MESSAGES: anthropic_messages.parse,
    Dialect.OLLAMA_CHAT: ollama_chat.parse,
}
_BUILDERS: Mapping[Dialect, Callable[[Conversation], dict[str, Any] | Untranslatable]] = {
    Dialect.OPENAI_CHAT: openai_chat.build,
    Dialect.OPENAI_RESPONSES: openai_responses.build,
    Dialect.ANTHROPIC_MESSAGES: anthropic_messages.build,
    Dialect.OLLAMA_CHAT: ollama_chat.build,
    Dialect.GEMINI: gemini.build,
}
_DEMANDS_BOUND = frozenset({Dialect.ANTHROPIC_MESSAGES})
_PATHS = {
    Dialect.OPENAI_CHAT: "/chat/completions",
    Dialect.OPENAI_RESPONSES: "/responses",
    Dialect.ANTHROPIC_MESSAGES: "/messages",
    Dialect.OLLAMA_CHAT: "/api/chat",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A request in the target's dialect.

    `body` is its JSON, `stream` whether it asks for a stream. `path_hint` is where it goes below a base path as long as the
    client's model is kept: Gemini's has the model in it (`endpoint_path`).
    """

    body: bytes
    stream: bool
    path_hint: str


def can_translate(source: Dialect, target: Dialect) -> bool:
    """Whether there is a translation at all between two different dialects."""
    return source != target and source in _PARSERS and target in _BUILDERS


def translate(source: Dialect, target: Dialect, body: bytes, *, default_max_tokens: int) -> Translated | Untranslatable:
    """A content-decoded request body in the target's words.

    `default_max_tokens` bounds the answer where the target demands a bound and the client gave none (Anthropic).
    """
    if not can_translate(source, target):
        return Untranslatable(reason=Reason.NO_TRANSLATION)
    try:
        conversation = _PARSERS[source](exact_json.read(body))
        if isinstance(conversation, Untranslatable):
            return conversation
        refuse_if(not conversation.turns, Reason.NO_TURN)
        return _written(target, conversation, default_max_tokens)
    except NoWord as found:
        return Untranslatable(reason=found.reason)


def _written(target: Dialect, conversation: Conversation, default_max_tokens: int) -> Translated | Untranslatable:
    if target in _DEMANDS_BOUND:
        conversation = _bounded(conversation, default_max_tokens)
    built = _BUILDERS[target](conversation)
    if isinstance(built, Untranslatable):
        return built
    path = endpoint_path(target, conversation.model, conversation.stream)
    return Translated(body=exact_json.write(built), stream=conversation.stream, path_hint=path)


def _bounded(conversation: Conversation, default: int) -> Conversation:
    if conversation.sampling.max_output_tokens is not None:
        return conversation
    return replace(conversation, sampling=replace(conversation.sampling, max_output_tokens=default))


def endpoint_path(target: Dialect, model: str, stream: bool) -> str:
    """What follows a base path: `/v1` for OpenAI and Anthropic, nothing for Ollama, `/v1beta` for Gemini.

    Raises KeyError for a dialect that nothing is translated into.
    """
    if target is Dialect.GEMINI:
        # It may be the client's: there is no way out of the path, and no text that has no bytes.
        name = quote(model.removeprefix("models/"), safe="", errors="replace")
        return f"/models/{name}:" + ("streamGenerateContent?alt=sse" if stream else "generateContent")
    return _PATHS[target]
