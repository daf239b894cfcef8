"""OpenAI responses: what it says in its own ways, and what its reader refuses."""

from typing import Any

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.neutral import Conversation
from shadowbench.wire.translation import openai_responses
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


def items(*items: Body) -> Body:
    return least(RESPONSES, input=[*items, {"role": "user", "content": "Hi"}])


def tool(**members: Any) -> Body:
    return least(RESPONSES, tools=[{"type": "function", "name": "n", "parameters": CITY} | members])


OPEN = {"type": "object", "properties": {}}
CITED = {"type": "output_text", "text": "Hi", "annotations": [{"type": "url_citation"}]}

NOWHERE = [  # CT-82, CT-83, CT-84
    (least(RESPONSES, previous_response_id="r"), "stateful"),
    (least(RESPONSES, conversation="c"), "stateful"),
    (least(RESPONSES, prompt={"id": "p"}), "stateful"),
    (least(RESPONSES, background=True), "stateful"),
    (items({"type": "item_reference", "id": "i"}), "stateful"),
    (items({"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}), "stateful"),
    (items({"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}), "document_form"),
    (items({"type": "reasoning", "id": "r", "summary": []}), "thinking_in_history"),
    (items({"type": "web_search_call", "id": "w"}), "server_tool"),
    (items({"type": "custom_tool_call", "call_id": "w"}), "tool_form"),
    (items({"type": "hologram"}), "unknown_member"),
    (items({"type": 7}), "not_readable"),
    (items({"role": "assistant", "content": "Hi", "phase": "commentary"}), "no_word_for_phase"),
    (items({"role": "assistant", "content": [CITED]}), "no_word_for_citations"),
    (items({"role": "assistant", "content": [{"type": "input_text", "text": ""}]}), "unknown_member"),
    (least(RESPONSES, tools=[{"type": "web_search"}]), "server_tool"),
    (least(RESPONSES, tools=[{"type": "mcp", "server_label": "l"}]), "server_tool"),
    (least(RESPONSES, tools=[{"type": "custom", "name": "n"}]), "tool_form"),
    (tool(parameters=OPEN), "schema_strictness"),
    (tool(parameters=OPEN, strict=None), "schema_strictness"),
    (tool(strict=False, defer_loading=True), "tool_form"),
    (with_tool(RESPONSES, tool_choice={"type": "web_search"}), "no_word_for_tool_choice"),
    (least(RESPONSES, include=["message.output_text.logprobs"]), "no_word_for_logprobs"),
    (least(RESPONSES, top_logprobs=3), "no_word_for_logprobs"),
    (least(RESPONSES, truncation="auto"), "no_word_for_truncation"),
    (least(RESPONSES, reasoning={"mode": "pro"}), "no_word_for_thinking"),
    (least(RESPONSES, max_tool_calls=3), "server_tool"),
    (least(RESPONSES, messages=[]), "unknown_member"),
    (least(RESPONSES, text="plain"), "not_readable"),
    (least(RESPONSES, text={"format": {"type": "grammar"}}), "unknown_member"),
]  # fmt: skip


@pytest.mark.parametrize("target", [t for t in TARGETS if t != RESPONSES], ids=str)
@pytest.mark.parametrize(("body", "reason"), NOWHERE, ids=lambda value: value if isinstance(value, str) else "")
def test_what_only_responses_can_say_is_refused_for_every_target(body: Body, reason: str, target: Dialect) -> None:
    assert translated(RESPONSES, target, body) == reason


@pytest.mark.parametrize(
    "members",
    [
        {"store": True, "user": "u", "include": ["reasoning.encrypted_content"], "truncation": "disabled"},
        {"input": [{"type": "message", "role": "user", "content": "Hi", "id": "i", "status": "completed"}]},
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]},
        {"reasoning": {"summary": "auto", "effort": None}, "text": {"format": {"type": "text"}}},
        {"background": False, "top_logprobs": 0, "instructions": "", "tools": [], "tool_choice": "none"},
    ],
    ids=str,
)
@pytest.mark.parametrize("target", [CHAT, MESSAGES, OLLAMA, GEMINI], ids=str)
def test_what_changes_no_answer_is_left_away(target: Dialect, members: Body) -> None:
    assert translated(RESPONSES, target, least(RESPONSES, **members)) == translated(RESPONSES, target, least(RESPONSES))


def test_instructions_come_first() -> None:
    body = items({"role": "developer", "content": "B"}) | {"instructions": "A"}
    chat: Any = translated(RESPONSES, CHAT, body)
    assert [(message["role"], message["content"]) for message in chat["messages"]] == [
        ("system", "A"),
        ("developer", "B"),
        ("user", "Hi"),
    ]
    messages: Any = translated(RESPONSES, MESSAGES, body)
    assert messages["system"] == [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]


def test_calls_in_a_row_are_one_turn() -> None:
    calls = [{"type": "function_call", "call_id": id, "name": "n", "arguments": "{}"} for id in "ab"]
    results = [{"type": "function_call_output", "call_id": id, "output": "x"} for id in "ab"]
    written: Any = translated(RESPONSES, CHAT, items({"role": "user", "content": "Go"}, *calls, *results))
    assert [message["role"] for message in written["messages"]] == ["user", "assistant", "tool", "tool", "user"]
    assert [call["id"] for call in written["messages"][1]["tool_calls"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("members", "strict"), [({}, True), ({"strict": True}, True), ({"strict": False, "parameters": OPEN}, None)]
)
def test_a_tool_that_does_not_say_is_strict_when_it_can_be(members: Body, strict: bool | None) -> None:
    written: Any = translated(RESPONSES, CHAT, tool(**members))
    assert written["tools"][0]["function"].get("strict") == strict


def test_several_words_of_the_model_stay_apart_on_the_way_through_messages() -> None:
    spoken = [{"type": "output_text", "text": "a"}, {"type": "output_text", "text": "b"}]
    body = items({"role": "user", "content": "Go"}, {"role": "assistant", "content": spoken})
    messages: Any = translated(RESPONSES, MESSAGES, body)
    assert messages["messages"][1]["content"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    back: Any = translated(MESSAGES, RESPONSES, messages)
    assert back["input"][1]["content"] == spoken


def test_the_resolution_of_an_image_passes_to_chat() -> None:
    part = {"type": "input_image", "image_url": "https://x/y.png", "detail": "low"}
    written: Any = translated(RESPONSES, CHAT, items({"role": "user", "content": [part]}))
    assert written["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}}
    ]


@pytest.mark.parametrize("choice", ["none", "required", {"type": "function", "name": "weather"}], ids=str)
def test_its_own_words_survive_being_read_and_written(choice: Any) -> None:
    refusal = {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}
    body = items({"role": "developer", "content": "A"}, refusal, {"role": "assistant", "content": ""}) | {
        "max_output_tokens": 16,
        "temperature": 2,
        "tools": [{"type": "function", "name": "weather", "parameters": CITY, "strict": True}],
        "tool_choice": choice,
        "parallel_tool_calls": False,
        "text": {
            "format": {"type": "json_schema", "name": "n", "description": "d", "schema": CITY, "strict": False},
            "verbosity": "low",
        },
        "reasoning": {"effort": "max"},
        "stream": True,
        "store": False,
    }
    conversation = openai_responses.parse(body)
    assert isinstance(conversation, Conversation)
    assert openai_responses.build(conversation) == body


def test_nothing_that_is_written_is_stored() -> None:
    """CT-82: the API stores unless told not to."""
    written: Any = translated(CHAT, RESPONSES, least(CHAT, store=True))
    assert written["store"] is False
