"""Which tools of its own a client offers, in one form for all dialects. Pure.

    Chat, Ollama       {"type": "function", "function": {"name", "parameters"}}, {"type": "custom", "custom": {"name"}}
    Chat, the old way  "functions": [{"name", "parameters"}]
    Responses          {"type": "function", "name", "parameters"}, {"type": "custom", "name"}, and groups of them with `tools`;
                       items of `input` may add some
    Anthropic          {"name", "input_schema"}; {"type": "bash_…", "name"} has no schema: the model knows it

Tools that the provider runs are left out: nobody but the provider knows what they are called with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from shadowbench.records import Dialect
from shadowbench.wire import loose_json as loose
from shadowbench.wire.server_tools import server_tools

_MAX_DEPTH = 3  # groups in groups


class OfferedTool(NamedTuple):
    """A tool that the client runs."""

    name: str
    parameters: Mapping[str, Any] | None  # its JSON schema; None: there is none
    takes_text: bool  # free text instead of JSON


def offered_tools(dialect: Dialect, request: Mapping[str, Any]) -> tuple[OfferedTool, ...]:
    """The tools that have a name, in order."""
    if not ("tools" in request or "functions" in request or "input" in request):
        return ()
    return tuple(_all(dialect, _lists(request), 1))


def _lists(request: Mapping[str, Any]) -> Iterator[Any]:
    yield from loose.as_sequence(request.get("tools"))
    yield from loose.as_sequence(request.get("functions"))
    for item in loose.as_sequence(request.get("input")):
        if isinstance(item, dict) and "tools" in item:
            yield from loose.as_sequence(item["tools"])


def _all(dialect: Dialect, given: Iterable[Any], depth: int) -> Iterator[OfferedTool]:
    for tool in given:
        if not isinstance(tool, dict) or server_tools(dialect, {}, [tool]):
            continue
        if isinstance(group := tool.get("tools"), list):
            if depth < _MAX_DEPTH:
                yield from _all(dialect, group, depth + 1)
        elif offered := _offered(tool):
            yield offered


def _offered(tool: Mapping[str, Any]) -> OfferedTool | None:
    told = loose.as_mapping(tool.get("function") or tool.get("custom") or tool)
    name = loose.as_name(told.get("name"))
    if name is None:
        return None
    parameters = told.get("parameters", told.get("input_schema"))
    # Anthropic's `custom` is the usual tool with a schema, OpenAI's is the one that takes text.
    is_custom = tool.get("type") == "custom" and not isinstance(parameters, dict)
    return OfferedTool(name, parameters if isinstance(parameters, dict) else None, is_custom)
