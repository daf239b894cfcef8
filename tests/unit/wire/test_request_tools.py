"""Which tools a client offers, whatever dialect it offers them in."""

from typing import Any

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.request_tools import OfferedTool, offered_tools

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = OfferedTool("weather", SCHEMA, takes_text=False)


@pytest.mark.parametrize(
    ("dialect", "request_"),
    [
        (
            Dialect.OPENAI_CHAT,
            {"tools": [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]},
        ),
        (Dialect.OPENAI_CHAT, {"functions": [{"name": "weather", "parameters": SCHEMA}]}),
        (Dialect.OLLAMA_CHAT, {"tools": [{"function": {"name": "weather", "parameters": SCHEMA}}]}),
        (Dialect.OPENAI_RESPONSES, {"tools": [{"type": "function", "name": "weather", "parameters": SCHEMA}]}),
        (Dialect.ANTHROPIC_MESSAGES, {"tools": [{"name": "weather", "input_schema": SCHEMA}]}),
        (Dialect.ANTHROPIC_MESSAGES, {"tools": [{"type": "custom", "name": "weather", "input_schema": SCHEMA}]}),
    ],
)
def test_a_function_reads_alike_in_every_dialect(dialect: Dialect, request_: dict[str, Any]) -> None:
    assert offered_tools(dialect, request_) == (WEATHER,)


def test_a_tool_may_take_text_or_have_a_schema_that_only_the_model_knows() -> None:
    chat = {"tools": [{"type": "custom", "custom": {"name": "sql"}}]}
    assert offered_tools(Dialect.OPENAI_CHAT, chat) == (OfferedTool("sql", None, takes_text=True),)
    responses = {"tools": [{"type": "custom", "name": "sql", "format": {"type": "grammar"}}]}
    assert offered_tools(Dialect.OPENAI_RESPONSES, responses) == (OfferedTool("sql", None, takes_text=True),)
    bash = {"tools": [{"type": "bash_20250124", "name": "bash"}]}
    assert offered_tools(Dialect.ANTHROPIC_MESSAGES, bash) == (OfferedTool("bash", None, takes_text=False),)


def test_groups_and_items_add_tools() -> None:
    flat = {"type": "function", "name": "weather", "parameters": SCHEMA}
    group = {"type": "namespace", "name": "sky", "tools": [flat]}
    assert offered_tools(Dialect.OPENAI_RESPONSES, {"tools": [group]}) == (WEATHER,)
    added = {"type": "additional_tools", "tools": [flat]}
    assert offered_tools(Dialect.OPENAI_RESPONSES, {"input": [{"role": "user", "content": "x"}, added]}) == (WEATHER,)


def test_the_provider_s_own_tools_are_not_the_client_s() -> None:
    assert offered_tools(Dialect.OPENAI_RESPONSES, {"tools": [{"type": "web_search"}]}) == ()
    search = {"type": "web_search_20250305", "name": "web_search"}
    assert offered_tools(Dialect.ANTHROPIC_MESSAGES, {"tools": [search]}) == ()


@pytest.mark.parametrize(
    "tools", [None, {}, "x", [1, None, {}, {"function": 3}, {"function": {"name": 7}}, {"name": ""}]]
)
def test_what_is_no_tool_is_passed_over(tools: Any) -> None:
    assert offered_tools(Dialect.OPENAI_CHAT, {"tools": tools}) == ()


def test_groups_without_end_end() -> None:
    group: dict[str, Any] = {"name": "f"}
    for _ in range(200):
        group = {"type": "namespace", "tools": [group]}
    assert offered_tools(Dialect.OPENAI_RESPONSES, {"tools": [group]}) == ()
