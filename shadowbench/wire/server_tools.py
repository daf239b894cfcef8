"""Which tools of a request the provider runs itself: they would run, and cost, once more for each candidate. Pure.

The client's own tools are listed; whatever else there is, or is invented next, counts as the provider's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shadowbench.records import Dialect
from shadowbench.wire import loose_json as loose

_CLIENT_TYPES = frozenset({"function", "custom"})
# Anthropic's own tools for the client's machine; dates follow.
_CLIENT_PREFIXES = ("bash_", "text_editor_", "computer_", "memory_")
_MEMBERS = {
    Dialect.OPENAI_CHAT: ("web_search_options",),
    Dialect.ANTHROPIC_MESSAGES: ("mcp_servers",),
}


def server_tools(dialect: Dialect, request: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The types of those among `tools` that the provider runs, and the members of `request` that make it run some."""
    kinds = [
        kind for tool in tools if (kind := loose.as_name(tool.get("type"))) and not _is_client_s(dialect, tool, kind)
    ]
    kinds += [member for member in _MEMBERS.get(dialect, ()) if request.get(member) not in (None, [])]
    return tuple(dict.fromkeys(kinds))


def _is_client_s(dialect: Dialect, tool: Mapping[str, Any], kind: str) -> bool:
    if kind in _CLIENT_TYPES:
        return True
    if dialect is Dialect.ANTHROPIC_MESSAGES:
        return kind.startswith(_CLIENT_PREFIXES)
    # Responses' groups of functions, and the search among them, when the client does it.
    return kind == "namespace" or (kind == "tool_search" and tool.get("execution") == "client")
