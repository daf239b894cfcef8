"""The request as a judge reads it: who said what, in all dialects, with tools named and media told of. Pure.

    [system] …
    [user] …
    [assistant] … [calls the tool NAME with {…}]
    [tool] …

Nothing is refused: what is not known here is shown as JSON, and what is no text is told of ("[image]").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shadowbench.judges.showing import tool_call
from shadowbench.metrics.view import Request
from shadowbench.wire import loose_json as loose

_SAYING = ("messages", "input", "prompt", "contents")
_TEXTS = frozenset({"text", "input_text", "output_text", "refusal", "summary_text"})
_MEDIA = {
    "image_url": "image",
    "image": "image",
    "input_image": "image",
    "input_audio": "audio",
    "audio": "audio",
    "video_url": "video",
    "file": "file",
    "input_file": "file",
    "document": "document",
}


def conversation_of(request: Request) -> str | None:
    """The whole request as text, untidied; None: it was not kept, is not JSON, or says nothing."""
    if (body := request.json) is None or not any(body.get(name) for name in _SAYING):
        return None
    turns = [f"[{role}] {said}" for role, said in _turns(body) if said.strip()]
    return "\n\n".join([*turns, *_offered(request)]) if turns else None


def _turns(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("instructions", "system"):  # Responses; Anthropic and Ollama
        yield "system", _content(body.get(name))
    for name in _SAYING:
        said = body.get(name)
        items = said if isinstance(said, list) else [said]
        for item in items:
            yield from _turn(item)


def _turn(item: object) -> Iterator[tuple[str, str]]:
    """A message, an item of Responses, or a plain prompt."""
    if isinstance(item, str):
        yield "user", item
    elif isinstance(item, dict):
        kind = item.get("type")
        if kind in ("function_call", "custom_tool_call"):
            yield "assistant", _call(item)
        elif isinstance(kind, str) and kind.endswith("_output"):
            yield "tool", _content(item.get("output"))
        elif kind != "reasoning":
            said = [_content(item.get("content") or item.get("parts")), *map(_call, _calls(item))]
            said += ["[image]" for _ in loose.as_sequence(item.get("images"))]
            yield loose.as_text(item.get("role")) or "user", "\n".join(filter(None, said))


def _calls(message: Mapping[str, Any]) -> Sequence[Any]:
    older = [message["function_call"]] if isinstance(message.get("function_call"), dict) else []
    return [*loose.as_sequence(message.get("tool_calls")), *older]


def _call(call: object) -> str:
    """A tool call as OpenAI, Anthropic, Ollama or Responses write it."""
    told = loose.as_mapping(call)
    function = loose.as_mapping(told.get("function") or told.get("custom")) or told
    arguments: Any = next((function[name] for name in ("arguments", "input", "args") if name in function), {})
    written = arguments if isinstance(arguments, str) else loose.dump(arguments)
    return tool_call(loose.as_text(function.get("name")) or "", written)


def _content(content: object) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(filter(None, map(_part, loose.as_sequence(content))))


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    told = loose.as_mapping(part)
    kind = loose.as_text(told.get("type")) or ""
    if kind in ("thinking", "redacted_thinking", "reasoning"):
        return ""
    if kind in ("tool_use", "server_tool_use"):
        return _call(told)
    if kind == "tool_result":
        return f"[the tool gave] {_content(told.get('content'))}"
    if kind in _MEDIA:
        return f"[{_MEDIA[kind]}]"
    text = loose.as_text(told.get("text") if "text" in told else told.get("refusal"))
    return text if text is not None else loose.dump(part)


def _offered(request: Request) -> list[str]:
    """The tools that could have been called, by name."""
    names = ", ".join(tool.name for tool in request.tools)
    return [f"[tools at hand: {names}]"] if names else []
