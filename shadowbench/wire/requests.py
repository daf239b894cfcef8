"""What a client asks for, as far as deciding and labelling need it. Pure; the body itself is never rewritten from here.

One JSON load per request; what is looked at afterwards is looked at in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shadowbench.making import maker_of
from shadowbench.records import Dialect
from shadowbench.wire import loose_json as loose
from shadowbench.wire.request_opening import Opening, of_input, of_messages, of_ollama_prompt, of_prompt, of_responses
from shadowbench.wire.request_parts import is_media, telling_parts
from shadowbench.wire.request_state import state_reason
from shadowbench.wire.server_tools import server_tools

_OLLAMA = frozenset({Dialect.OLLAMA_CHAT, Dialect.OLLAMA_GENERATE, Dialect.OLLAMA_EMBED})
_EMBEDDING = frozenset({Dialect.OPENAI_EMBEDDINGS, Dialect.OLLAMA_EMBED})
# Those whose streams leave usage out unless `stream_options` asks for it.
_USAGE_ON_DEMAND = frozenset({Dialect.OPENAI_CHAT, Dialect.OPENAI_COMPLETIONS})


class RequestFacts(NamedTuple):
    """A request in numbers and flags. A NamedTuple: a frozen dataclass of so many fields takes as long as all of the reading.

    `opening` is what later requests of one conversation have in common: system prompt and first user message; `first_user` is
    the latter alone. They and `user` are content: hash them with the salt, never log them.
    """

    members: frozenset[str]  # names of the request's own members
    model: str | None
    stream: bool  # whether a stream is due: asked for, or the dialect's way unless told otherwise (Ollama)
    wants_usage: bool  # whether usage is due in the answer; unasked, OpenAI's streams leave it out
    message_count: int
    has_system: bool
    has_tools: bool
    server_tools: tuple[str, ...]  # types of tools that the provider runs: they would run, and cost, twice
    has_media: bool
    n: int
    max_output_tokens: int | None
    user: str | None  # the end user that the request names
    state_reason: str | None  # why no other endpoint could answer alike: a code of `request_state`
    opening: bytes
    first_user: bytes

    @property
    def has_server_tools(self) -> bool:
        """Whether the provider would run tools of its own."""
        return bool(self.server_tools)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A body that is not a request of its dialect."""

    reason: str  # dialect_unknown | not_json | not_an_object | no_messages | no_input


_request_facts = maker_of(RequestFacts)
_OPENINGS: dict[Dialect, Callable[[Mapping[str, Any]], Opening | str]] = {
    Dialect.OPENAI_CHAT: of_messages,
    Dialect.OPENAI_RESPONSES: of_responses,
    Dialect.OPENAI_COMPLETIONS: of_prompt,
    Dialect.OPENAI_EMBEDDINGS: of_input,
    Dialect.ANTHROPIC_MESSAGES: of_messages,
    Dialect.OLLAMA_CHAT: of_messages,
    Dialect.OLLAMA_GENERATE: of_ollama_prompt,
    Dialect.OLLAMA_EMBED: of_input,
}


# Members of a request's own by which it may carry tools or media, or refer to state. In Responses any item may.
_MAY_TELL = frozenset(
    {"tools", "functions", "web_search_options", "mcp_servers", "container", "context", "images", "type"}
)
_BOUNDS_ANSWER = frozenset({"max_completion_tokens", "max_output_tokens", "max_tokens", "options"})
_NAMES_USER = frozenset({"safety_identifier", "user", "metadata"})


def parse_request(dialect: Dialect, body: bytes) -> RequestFacts | Unreadable:
    """The facts of a content-decoded request body."""
    read_opening = _OPENINGS.get(dialect)
    if read_opening is None:
        return Unreadable(reason="dialect_unknown")
    try:
        request = loose.load(body)
    except loose.NotJson:
        return Unreadable(reason="not_json")
    if not isinstance(request, dict):
        return Unreadable(reason="not_an_object")
    opening = read_opening(request)
    return Unreadable(reason=opening) if isinstance(opening, str) else _facts(dialect, request, opening)


def requested_model(body: bytes) -> str | None:
    """The model alone, from a content-decoded body: a member of the request's object in every dialect that clients speak."""
    try:
        request = loose.load(body)
    except loose.NotJson:
        return None
    return loose.as_name(loose.as_mapping(request).get("model"))


def _facts(dialect: Dialect, request: Mapping[str, Any], opening: Opening) -> RequestFacts:
    members = frozenset(request)
    stream = _is_stream(dialect, request)
    parts = telling_parts(opening.messages)
    # Most requests are text and settings: what could be said otherwise is not looked for where no member can say it.
    is_plain = not parts and dialect is not Dialect.OPENAI_RESPONSES and members.isdisjoint(_MAY_TELL)
    tools = [] if is_plain else _tools(request, opening.messages)
    return _request_facts(
        members=members,
        model=loose.as_name(request.get("model")),
        stream=stream,
        wants_usage=not stream or dialect not in _USAGE_ON_DEMAND or _asks_for_usage(request),
        message_count=opening.message_count,
        has_system=opening.system is not None,
        has_tools=not is_plain and bool(tools or loose.as_sequence(request.get("functions"))),
        server_tools=() if is_plain else server_tools(dialect, request, tools),
        has_media=not is_plain and (is_media(request) or any(map(is_media, parts))),
        n=(loose.as_count(request["n"]) or 1) if "n" in members else 1,
        max_output_tokens=_max_output_tokens(request),
        user=_user(request),
        state_reason=None if is_plain else state_reason(dialect, request, parts, tools),
        opening=opening.as_bytes(),
        first_user=opening.first_user_as_bytes(),
    )


def _is_stream(dialect: Dialect, request: Mapping[str, Any]) -> bool:
    if dialect in _EMBEDDING:
        return False
    return request.get("stream") is not False if dialect in _OLLAMA else request.get("stream") is True


def _asks_for_usage(request: Mapping[str, Any]) -> bool:
    return loose.as_mapping(request.get("stream_options")).get("include_usage") is True


def _tools(request: Mapping[str, Any], messages: Sequence[Any]) -> list[Mapping[str, Any]]:
    """The tools of a request, and those that Responses lets its items add."""
    tools: list[Mapping[str, Any]] = [
        tool for tool in loose.as_sequence(request.get("tools")) if isinstance(tool, dict)
    ]
    for item in messages:
        if isinstance(item, dict) and item.get("type") == "additional_tools":
            tools += [tool for tool in loose.as_sequence(item.get("tools")) if isinstance(tool, dict)]
    return tools


def _max_output_tokens(request: Mapping[str, Any]) -> int | None:
    """Chat's newer name, Responses', that of the others, Ollama's (where a negative number means no bound)."""
    if _BOUNDS_ANSWER.isdisjoint(request):
        return None
    for name in ("max_completion_tokens", "max_output_tokens", "max_tokens"):
        if (count := loose.as_count(request.get(name))) is not None:
            return count
    return loose.as_count(loose.as_mapping(request.get("options")).get("num_predict"))


def _user(request: Mapping[str, Any]) -> str | None:
    """OpenAI's field for it, the older one, Anthropic's."""
    if _NAMES_USER.isdisjoint(request):
        return None
    named = loose.as_name(request.get("safety_identifier")) or loose.as_name(request.get("user"))
    return named or loose.as_name(loose.as_mapping(request.get("metadata")).get("user_id"))
