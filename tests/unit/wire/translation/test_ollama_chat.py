"""Ollama chat: what it says in its own ways, and what its reader refuses."""

from typing import Any

import pytest

from shadowbench.records import Dialect
from tests.unit.wire.translation.bodies import (
    CHAT,
    CITY,
    GEMINI,
    MESSAGES,
    OLLAMA,
    PNG,
    PNG_URL,
    RESPONSES,
    TARGETS,
    Body,
    least,
    translated,
)


def call(name: str, **members: Any) -> Body:
    return {"function": {"name": name, "arguments": {}}} | members


def after(*messages: Body) -> Body:
    return least(OLLAMA, messages=[{"role": "user", "content": "Go"}, *messages, {"role": "user", "content": "Hi"}])


def options(**members: Any) -> Body:
    return least(OLLAMA, options=members)


NOWHERE = [
    (options(num_ctx=8192), "no_word_for_option"),
    (options(repeat_penalty=0), "no_word_for_option"),
    (options(num_predict=-2), "no_word_for_option"),
    (options(surprise=0), "unknown_member"),
    (options(temperature=True), "not_readable"),
    (least(OLLAMA, options=[]), "not_readable"),
    (least(OLLAMA, think=True), "no_word_for_thinking"),
    (least(OLLAMA, truncate=False), "no_word_for_truncation"),
    (least(OLLAMA, logprobs=True), "no_word_for_logprobs"),
    (least(OLLAMA, format="yaml"), "not_readable"),
    (least(OLLAMA, messages=[{"role": "assistant", "content": "Hi"}]), "last_turn"),
    (least(OLLAMA, messages=[{"role": "user", "content": "Hi", "images": ["QUJD"]}]), "image_form"),
    (after({"role": "assistant", "content": "Hi", "thinking": "Hm"}), "thinking_in_history"),
    (after({"role": "oracle", "content": "Hi"}), "unknown_member"),
    (after({"role": "tool", "content": "nobody asked"}), "tool_form"),
    (after({"role": "assistant", "tool_calls": [call("a")]}, {"role": "tool", "tool_name": "b", "content": ""}), "tool_form"),
    (after({"role": "assistant", "tool_calls": [{"function": {"name": "a", "arguments": "{}"}}]}), "not_readable"),
]  # fmt: skip


@pytest.mark.parametrize("target", [t for t in TARGETS if t != OLLAMA], ids=str)
@pytest.mark.parametrize(("body", "reason"), NOWHERE, ids=lambda value: value if isinstance(value, str) else "")
def test_what_only_ollama_can_say_is_refused_for_every_target(body: Body, reason: str, target: Dialect) -> None:
    assert translated(OLLAMA, target, body) == reason


@pytest.mark.parametrize(
    "members",
    [
        {"keep_alive": "5m", "format": "", "options": {}, "tools": [], "think": None},
        {"options": {"num_predict": -1, "num_gpu": 1, "num_thread": 4}},
        {"options": None, "keep_alive": None, "format": None},
    ],
    ids=str,
)
@pytest.mark.parametrize("target", [CHAT, RESPONSES, MESSAGES, GEMINI], ids=str)
def test_what_changes_no_answer_is_left_away(target: Dialect, members: Body) -> None:
    assert translated(OLLAMA, target, least(OLLAMA, **members)) == translated(OLLAMA, target, least(OLLAMA))


def test_answers_are_streamed_unless_the_request_says_no() -> None:
    written: Any = translated(OLLAMA, MESSAGES, {"model": "m", "messages": [{"role": "user", "content": "Hi"}]})
    assert written["stream"] is True
    written = translated(OLLAMA, MESSAGES, least(OLLAMA))
    assert "stream" not in written


def test_results_find_their_calls_by_id_by_name_and_by_order() -> None:
    calls = [call("a"), call("b"), call("a", id="x"), call("c")]
    results = [
        {"role": "tool", "content": "4", "tool_name": "c"},
        {"role": "tool", "content": "3", "tool_call_id": "x"},
        {"role": "tool", "content": "1"},
        {"role": "tool", "content": "2"},
    ]
    written: Any = translated(OLLAMA, CHAT, after({"role": "assistant", "tool_calls": calls}, *results))
    ids = [made["id"] for made in written["messages"][1]["tool_calls"]]
    assert ids == ["call_1_0", "call_1_1", "x", "call_1_3"]
    found = [(message["tool_call_id"], message["content"]) for message in written["messages"][2:6]]
    assert found == [("call_1_3", "4"), ("x", "3"), ("call_1_0", "1"), ("call_1_1", "2")]


def test_results_out_of_order_have_no_word() -> None:
    calls = [{"id": id, "type": "function", "function": {"name": "n", "arguments": "{}"}} for id in "ab"]
    results = [{"role": "tool", "tool_call_id": id, "content": ""} for id in "ba"]
    said: list[Body] = [{"role": "user", "content": "Go"}, {"role": "assistant", "tool_calls": calls}]
    assert translated(CHAT, OLLAMA, least(CHAT, messages=[*said, *results])) == "tool_form"
    assert isinstance(translated(CHAT, OLLAMA, least(CHAT, messages=[*said, *results[::-1]])), dict)


def test_texts_and_images_keep_their_order() -> None:
    image = {"type": "image_url", "image_url": {"url": PNG_URL}}
    content = [{"type": "text", "text": "a"}, image, {"type": "text", "text": "b"}, image]
    written: Any = translated(CHAT, OLLAMA, least(CHAT, messages=[{"role": "user", "content": content}]))
    assert written["messages"] == [
        {"role": "user", "content": "a"},
        {"role": "user", "content": "b", "images": [PNG]},
        {"role": "user", "content": "", "images": [PNG]},
    ]


@pytest.mark.parametrize(("think", "effort"), [(False, "none"), ("low", "low"), ("high", "high")])
def test_thinking_in_openais_words(think: Any, effort: str) -> None:
    written: Any = translated(OLLAMA, CHAT, least(OLLAMA, think=think))
    assert written["reasoning_effort"] == effort


def test_some_json_object_in_openais_words() -> None:
    chat: Any = translated(OLLAMA, CHAT, least(OLLAMA, format="json"))
    assert chat["response_format"] == {"type": "json_object"}
    responses: Any = translated(OLLAMA, RESPONSES, least(OLLAMA, format="json"))
    assert responses["text"] == {"format": {"type": "json_object"}}
    assert translated(RESPONSES, OLLAMA, responses) == least(OLLAMA, format="json")


def test_a_schema_is_enforced() -> None:
    written: Any = translated(OLLAMA, CHAT, least(OLLAMA, format=CITY))
    assert written["response_format"]["json_schema"] == {"name": "answer", "schema": CITY, "strict": True}
    loose = CITY | {"additionalProperties": True}
    assert translated(OLLAMA, CHAT, least(OLLAMA, format=loose)) == "schema_strictness"
