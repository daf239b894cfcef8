"""Who said what in a request, as plain text, found in each dialect's own place. Pure.

Images, audio, files and earlier thinking have no text here; neither has a prompt of token numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from shadowbench.records import Dialect
from shadowbench.wire import loose_json as loose


class Said(NamedTuple):
    """One message. `role` is the dialect's own word, `tool` for what a tool brought."""

    role: str
    text: str


_Place = tuple[str, object]  # role; content as it stands in the request
_MAX_DEPTH = 2  # message, tool result, its content
_THOUGHTS = frozenset({"thinking", "redacted_thinking", "reasoning"})


def turns_of(dialect: Dialect, request: Mapping[str, Any]) -> Iterator[Said]:
    """Every message that has text, in order, instructions first."""
    for role, content in _places(dialect, request):
        for turn in _said(role, content):
            if turn.text:
                yield turn


def last_user_text(dialect: Dialect, request: Mapping[str, Any]) -> str | None:
    """What the user said last, tool results aside; None when they said nothing that is not blank."""
    for role, content in reversed(_places(dialect, request)):
        if role == "user" and (text := _words(content)).strip():
            return text
    return None


def _places(dialect: Dialect, request: Mapping[str, Any]) -> list[_Place]:
    find = _FINDERS.get(dialect)
    return [] if find is None else find(request)


def _of_messages(request: Mapping[str, Any]) -> list[_Place]:
    """Chat, Anthropic messages (whose instructions stand beside the messages), Ollama chat."""
    return [*_one("system", request.get("system")), *map(_place, loose.as_sequence(request.get("messages")))]


def _of_responses(request: Mapping[str, Any]) -> list[_Place]:
    given = request.get("input")
    items = [("user", given)] if isinstance(given, str) else [_place(item) for item in loose.as_sequence(given)]
    return [*_one("system", request.get("instructions")), *items]


def _of_prompt(request: Mapping[str, Any]) -> list[_Place]:
    """Completions. Of several prompts the first: it is what an answer's first choice answers."""
    given = request.get("prompt")
    return _one("user", next(iter(given), None) if isinstance(given, list) else given)


def _of_ollama_prompt(request: Mapping[str, Any]) -> list[_Place]:
    return [*_one("system", request.get("system")), *_one("user", request.get("prompt"))]


_FINDERS: dict[Dialect, Callable[[Mapping[str, Any]], list[_Place]]] = {
    Dialect.OPENAI_CHAT: _of_messages,
    Dialect.OPENAI_RESPONSES: _of_responses,
    Dialect.OPENAI_COMPLETIONS: _of_prompt,
    Dialect.ANTHROPIC_MESSAGES: _of_messages,
    Dialect.OLLAMA_CHAT: _of_messages,
    Dialect.OLLAMA_GENERATE: _of_ollama_prompt,
}


def _one(role: str, content: object) -> list[_Place]:
    return [] if content is None else [(role, content)]


def _place(message: object) -> _Place:
    """A message, or an item of Responses: what a call brought has no role there."""
    told = loose.as_mapping(message)
    if isinstance(role := told.get("role"), str):
        return role, told.get("content")
    return "tool", told.get("output")


def _said(role: str, content: object) -> Iterator[Said]:
    """A message's own words; then what tools brought, which Anthropic puts into the user's messages."""
    yield Said(role, _words(content))
    for part in map(loose.as_mapping, loose.as_sequence(content)):
        if part.get("type") == "tool_result":
            yield Said("tool", _words(part.get("content")))


def _words(content: object) -> str:
    return content if isinstance(content, str) else "\n".join(_texts(loose.as_sequence(content), 1))


def _texts(parts: Iterable[Any], depth: int) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict) and loose.as_text(part.get("type")) not in _THOUGHTS:
            if isinstance(text := part.get("text"), str):
                yield text
            elif part.get("type") != "tool_result" and depth < _MAX_DEPTH:
                yield from _texts(loose.as_sequence(part.get("content")), depth + 1)
