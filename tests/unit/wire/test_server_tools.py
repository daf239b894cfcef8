"""Which tools the provider runs."""

from typing import Any

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.server_tools import server_tools

CHAT, MESSAGES, RESPONSES = Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_RESPONSES


def found(dialect: Dialect, *tools: Any, **request: Any) -> tuple[str, ...]:
    return server_tools(dialect, request, tools)


@pytest.mark.parametrize(
    "kind",
    [
        "web_search",
        "web_search_preview_2025_03_11",
        "file_search",
        "code_interpreter",
        "image_generation",
        "mcp",
        "computer_use_preview",
        "shell",
        "local_shell",
        "apply_patch",
        "tool_search",
        "invented_next_year",
    ],
)
def test_ct_84_openai_s_tools(kind: str) -> None:
    assert found(RESPONSES, {"type": "function", "name": "f"}, {"type": kind}) == (kind,)


@pytest.mark.parametrize(
    "kind",
    [
        "web_search_20250305",
        "web_fetch_20250910",
        "code_execution_20250825",
        "tool_search_tool_bm25_20251119",
        "mcp_toolset",
    ],
)
def test_ct_84_anthropic_s_tools(kind: str) -> None:
    assert found(MESSAGES, {"name": "f", "input_schema": {}}, {"type": kind}) == (kind,)


@pytest.mark.parametrize(
    ("dialect", "tool"),
    [
        (CHAT, {"type": "function", "function": {"name": "f"}}),
        (CHAT, {"type": "custom", "custom": {"name": "f"}}),
        (Dialect.OLLAMA_CHAT, {"type": "function", "function": {"name": "f"}}),
        (RESPONSES, {"type": "function", "name": "f"}),
        (RESPONSES, {"type": "custom", "name": "f"}),
        (RESPONSES, {"type": "namespace", "tools": []}),
        (RESPONSES, {"type": "tool_search", "execution": "client"}),
        (MESSAGES, {"name": "f"}),
        (MESSAGES, {"type": "custom", "name": "f"}),
        (MESSAGES, {"type": "bash_20250124", "name": "bash"}),
        (MESSAGES, {"type": "text_editor_20250728", "name": "x"}),
        (MESSAGES, {"type": "computer_20250124", "name": "x"}),
        (MESSAGES, {"type": "memory_20250818", "name": "memory"}),
        (RESPONSES, {"type": []}),
        (RESPONSES, {"type": ""}),
    ],
)
def test_ct_84_the_client_s_own_tools_are_not_the_provider_s(dialect: Dialect, tool: Any) -> None:
    assert found(dialect, tool) == ()


def test_ct_84_members_that_make_the_provider_run_something_count_too() -> None:
    assert found(CHAT, web_search_options={}) == ("web_search_options",)
    assert found(CHAT, web_search_options=None) == ()
    assert found(MESSAGES, mcp_servers=[{"url": "u"}]) == ("mcp_servers",)
    assert found(MESSAGES, mcp_servers=[]) == ()
    assert found(RESPONSES, web_search_options={}) == ()


def test_each_is_named_once() -> None:
    assert found(RESPONSES, {"type": "mcp"}, {"type": "web_search"}, {"type": "mcp"}) == ("mcp", "web_search")
