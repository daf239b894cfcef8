"""Anthropic messages: what it says in its own ways, what its reader refuses, and what others cannot say."""

from typing import Any

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.neutral import Conversation
from shadowbench.wire.translation import anthropic_messages
from tests.unit.wire.translation.bodies import (
    CHAT,
    CITY,
    GEMINI,
    MESSAGES,
    OLLAMA,
    RESPONSES,
    TARGETS,
    Body,
    least,
    translated,
    with_tool,
)

CALL = {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Riga"}}
RESULT = {"type": "tool_result", "tool_use_id": "a", "content": "Rain"}
SHOWN = {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}}
TURNS = [("user", "a"), ("system", "b"), ("user", "c")]
IN_BETWEEN = least(MESSAGES, messages=[{"role": role, "content": words} for role, words in TURNS])


def said(*blocks: Body) -> Body:
    return least(MESSAGES, messages=[{"role": "user", "content": list(blocks)}])


def answered(*blocks: Body, after: tuple[Body, ...] = (RESULT,)) -> Body:
    turns = [{"role": "assistant", "content": list(blocks)}, {"role": "user", "content": list(after)}]
    return with_tool(MESSAGES, messages=[{"role": "user", "content": "Hi"}, *turns])


def text(words: str, **members: Any) -> Body:
    return {"type": "text", "text": words} | members


NOWHERE = [
    (least(MESSAGES, messages=[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "{"}]), "last_turn"),
    (least(MESSAGES, thinking={"type": "adaptive"}), "no_word_for_thinking"),
    (least(MESSAGES, output_config={"effort": "low"}), "no_word_for_effort"),
    (least(MESSAGES, container="c"), "stateful"),
    (least(MESSAGES, mcp_servers=[{"url": "u"}]), "server_tool"),
    (least(MESSAGES, context_management={"edits": []}), "no_word_for_context_management"),
    (least(MESSAGES, seed=1), "unknown_member"),
    (least(MESSAGES, tools=[{"type": "web_search_20250305", "name": "web_search"}]), "server_tool"),
    (least(MESSAGES, tools=[{"type": "bash_20250124", "name": "bash"}]), "tool_form"),
    (least(MESSAGES, tools=[{"name": "n", "input_schema": CITY, "defer_loading": True}]), "tool_form"),
    (least(MESSAGES, tool_choice={"type": "any"}), "tool_form"),
    (with_tool(MESSAGES, tool_choice={}), None),
    (with_tool(MESSAGES, tool_choice={"type": "most"}), "unknown_member"),
    (said({"type": "document", "source": {}}), "document_form"),
    (said({"type": "image", "source": {"type": "file", "file_id": "f"}}), "stateful"),
    (said({"type": "image", "source": {"type": "url", "url": "u"}, "transformations": {"a": 1}}), "image_form"),
    (said({"type": "hologram"}), "unknown_member"),
    (said({"text": "no type"}), "not_readable"),
    (said(text("Hi", citations=[{"type": "char_location"}])), "no_word_for_citations"),
    (answered({"type": "thinking", "thinking": "Hm", "signature": "s"}, CALL), "thinking_in_history"),
    (answered({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}), "server_tool"),
    (answered(CALL | {"caller": {"type": "code_execution_20250825", "tool_id": "t"}}), "server_tool"),
    (answered(CALL | {"input": "text"}), "not_readable"),
    (answered(CALL, after=(text("first"), RESULT)), "tool_form"),
    (least(MESSAGES, output_config={"format": {"type": "regex"}}), "unknown_member"),
    (least(MESSAGES, output_format={"type": "json_schema"}, output_config={"format": {}}), "not_readable"),
]


@pytest.mark.parametrize("target", [t for t in TARGETS if t != MESSAGES], ids=str)
@pytest.mark.parametrize(("body", "reason"), NOWHERE, ids=lambda value: value if isinstance(value, str) else "")
def test_what_only_messages_can_say_is_refused_for_every_target(
    body: Body, reason: str | None, target: Dialect
) -> None:
    result = translated(MESSAGES, target, body)
    assert result == reason or (reason is None and isinstance(result, dict))


NOT_THERE = [
    (CHAT, least(MESSAGES, top_k=40), "no_word_for_top_k"),
    (RESPONSES, least(MESSAGES, top_k=40), "no_word_for_top_k"),
    (CHAT, least(MESSAGES, stop_sequences=["a", "b", "c", "d", "e"]), "out_of_range"),
    (RESPONSES, least(MESSAGES, stop_sequences=["a"]), "no_word_for_stop"),
    (CHAT, least(MESSAGES, max_tokens=0), "out_of_range"),
    (CHAT, least(MESSAGES, thinking={"type": "enabled", "budget_tokens": 1024}), "no_word_for_thinking"),
    (RESPONSES, least(MESSAGES, thinking={"type": "enabled", "budget_tokens": 1024}), "no_word_for_thinking"),
    (OLLAMA, least(MESSAGES, thinking={"type": "enabled", "budget_tokens": 1024}), "no_word_for_thinking"),
    (GEMINI, least(MESSAGES, thinking={"type": "enabled", "budget_tokens": -1}), "out_of_range"),
    (CHAT, answered(CALL, after=(RESULT | {"is_error": True},)), "no_word_for_is_error"),
    (RESPONSES, answered(CALL, after=(RESULT | {"is_error": True},)), "no_word_for_is_error"),
    (OLLAMA, answered(CALL, after=(RESULT | {"is_error": True},)), "no_word_for_is_error"),
    (CHAT, answered(CALL, text("and so on")), "tool_form"),
    (RESPONSES, answered(CALL, text("and so on")), "tool_form"),
    (OLLAMA, answered(CALL, text("and so on")), "tool_form"),
    (CHAT, answered(CALL, after=(RESULT | {"content": [SHOWN]},)), "image_form"),
    (CHAT, least(MESSAGES, output_format={"type": "json_schema", "schema": CITY | {"required": []}}), "schema_strictness"),
    (CHAT, least(MESSAGES, tools=[{"name": "n" * 65, "input_schema": CITY}]), "tool_form"),
    (GEMINI, IN_BETWEEN, "system_position"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "body", "reason"), NOT_THERE, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_the_target_cannot_say_is_refused(target: Dialect, body: Body, reason: str) -> None:
    assert translated(MESSAGES, target, body) == reason


@pytest.mark.parametrize(
    "members",
    [
        {"metadata": {"user_id": "u"}, "service_tier": "auto", "speed": "fast", "inference_geo": "eu"},
        {"cache_control": {"type": "ephemeral"}, "system": "", "tools": [], "stop_sequences": [], "stream": False},
        {"messages": [{"role": "user", "content": [text("Hi", cache_control={"type": "ephemeral"})]}]},
        {"tool_choice": {"type": "auto"}, "output_config": {}, "mcp_servers": []},
    ],
    ids=str,
)
@pytest.mark.parametrize("target", [CHAT, RESPONSES, OLLAMA, GEMINI], ids=str)
def test_what_changes_no_answer_is_left_away(target: Dialect, members: Body) -> None:
    assert translated(MESSAGES, target, least(MESSAGES, **members)) == translated(MESSAGES, target, least(MESSAGES))


@pytest.mark.parametrize(
    ("choice", "chat", "parallel"),
    [
        ({"type": "auto", "disable_parallel_tool_use": True}, None, False),
        ({"type": "any"}, "required", None),
        ({"type": "none"}, "none", None),
        ({"type": "tool", "name": "weather"}, {"type": "function", "function": {"name": "weather"}}, None),
    ],
)
def test_tool_choice_in_chat(choice: Body, chat: Any, parallel: bool | None) -> None:
    written: Any = translated(MESSAGES, CHAT, with_tool(MESSAGES, tool_choice=choice))
    assert (written.get("tool_choice"), written.get("parallel_tool_calls")) == (chat, parallel)


def test_top_k_and_a_thinking_budget_pass_where_they_have_a_word() -> None:
    body = least(MESSAGES, top_k=40, thinking={"type": "enabled", "budget_tokens": 1024, "display": "omitted"})
    gemini: Any = translated(MESSAGES, GEMINI, body)
    assert gemini["generationConfig"] == {
        "maxOutputTokens": 64,
        "topK": 40,
        "thinkingConfig": {"thinkingBudget": 1024},
    }
    ollama: Any = translated(MESSAGES, OLLAMA, least(MESSAGES, top_k=40))
    assert ollama["options"] == {"num_predict": 64, "top_k": 40}


def test_no_thinking_at_all_is_an_effort_of_openai() -> None:
    written: Any = translated(MESSAGES, CHAT, least(MESSAGES, thinking={"type": "disabled"}))
    assert written["reasoning_effort"] == "none"


def test_a_failed_call_is_an_error_in_gemini() -> None:
    written: Any = translated(MESSAGES, GEMINI, answered(CALL, after=(RESULT | {"is_error": True},)))
    part = written["contents"][2]["parts"][0]
    assert part["functionResponse"] == {"id": "a", "name": "weather", "response": {"error": "Rain"}}


def test_pictures_of_a_result_pass_to_responses() -> None:
    written: Any = translated(MESSAGES, RESPONSES, answered(CALL, after=(RESULT | {"content": [SHOWN]},)))
    assert written["input"][2]["output"] == [{"type": "input_image", "image_url": "https://x/y.png", "detail": "auto"}]


def test_its_own_words_survive_being_read_and_written() -> None:
    body = answered(CALL, after=(RESULT | {"is_error": True},)) | {
        "top_k": 40,
        "stop_sequences": ["END"],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tool_choice": {"type": "tool", "name": "weather", "disable_parallel_tool_use": True},
        "output_config": {"format": {"type": "json_schema", "schema": CITY}},
        "tools": [{"name": "weather", "description": "Of today", "input_schema": CITY, "strict": True}],
    }
    conversation = anthropic_messages.parse(body)
    assert isinstance(conversation, Conversation)
    assert anthropic_messages.build(conversation) == body


def test_words_beside_results_are_a_turn_after_them() -> None:
    together: Any = translated(MESSAGES, CHAT, answered(CALL, after=(RESULT, text("Thanks"))))
    assert [message["role"] for message in together["messages"]] == ["user", "assistant", "tool", "user"]
    apart: Any = translated(CHAT, MESSAGES, together)
    assert apart["messages"][2:] == [{"role": "user", "content": [RESULT]}, {"role": "user", "content": "Thanks"}]


def test_instructions_in_between_stay_in_their_place_where_the_target_takes_them() -> None:
    written: Any = translated(MESSAGES, CHAT, IN_BETWEEN)
    assert [(message["role"], message["content"]) for message in written["messages"]] == TURNS


def test_the_older_name_of_an_output_schema_means_the_same() -> None:
    form = {"type": "json_schema", "schema": CITY}
    newer, older = least(MESSAGES, output_config={"format": form}), least(MESSAGES, output_format=form)
    assert translated(MESSAGES, CHAT, older) == translated(MESSAGES, CHAT, newer)


def test_turns_of_one_role_in_a_row_are_kept_as_they_come() -> None:
    body = least(CHAT, messages=[{"role": "user", "content": "a"}, {"role": "user", "content": "b"}])
    written: Any = translated(CHAT, MESSAGES, body)
    assert written["messages"] == body["messages"]
