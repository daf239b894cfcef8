"""OpenAI chat: what it says in its own ways, what its reader refuses, and what nobody can say in it."""

from typing import Any

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.neutral import Conversation
from shadowbench.wire.translation import openai_chat
from tests.unit.wire.translation.bodies import (
    CHAT,
    CITY,
    GEMINI,
    MESSAGES,
    OLLAMA,
    PNG_URL,
    RESPONSES,
    TARGETS,
    Body,
    least,
    translated,
    with_tool,
)


def said_by(role: str, content: Any, **members: Any) -> Body:
    return least(CHAT, messages=[{"role": role, "content": content} | members, {"role": "user", "content": "Hi"}])


def image(url: str, **members: Any) -> Body:
    return least(
        CHAT, messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url} | members}]}]
    )


def called(arguments: str, **result: Any) -> Body:
    call = {"id": "a", "type": "function", "function": {"name": "weather", "arguments": arguments}}
    return with_tool(
        CHAT,
        messages=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "a", "content": "Rain"} | result,
        ],
    )


def schema(**members: Any) -> Body:
    described = {"name": "n", "schema": CITY, "strict": True} | members
    return least(CHAT, response_format={"type": "json_schema", "json_schema": described})


def tool(**members: Any) -> Body:
    return least(CHAT, tools=[{"type": "function", "function": {"name": "weather", "parameters": CITY} | members}])


NOWHERE = [  # refused by the reader, whatever the target
    (least(CHAT, n=2), "no_word_for_n"),
    (least(CHAT, logit_bias={"50256": -100}), "no_word_for_logit_bias"),
    (least(CHAT, logprobs=True), "no_word_for_logprobs"),
    (least(CHAT, top_logprobs=2), "no_word_for_logprobs"),
    (least(CHAT, web_search_options={}), "server_tool"),
    (least(CHAT, tools=[{"type": "web_search"}]), "server_tool"),
    (least(CHAT, tools=[{"type": "custom", "custom": {"name": "x"}}]), "tool_form"),
    (said_by("assistant", None, tool_calls=[{"id": "a", "type": "custom", "custom": {}}]), "tool_form"),
    (least(CHAT, functions=[{"name": "f"}]), "legacy_functions"),
    (least(CHAT, function_call="auto"), "legacy_functions"),
    (said_by("function", "Rain", name="weather"), "legacy_functions"),
    (least(CHAT, modalities=["text", "audio"]), "audio_form"),
    (said_by("user", [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]), "audio_form"),
    (said_by("user", [{"type": "file", "file": {"file_id": "f"}}]), "document_form"),
    (said_by("user", [{"type": "hologram"}]), "unknown_member"),
    (said_by("user", "Hi", name="Ann"), "no_word_for_name"),
    (said_by("oracle", "Hi"), "unknown_member"),
    (said_by("assistant", "Hi", reasoning_content="Hm"), "thinking_in_history"),
    (said_by("assistant", "Hi", annotations=[{"type": "url_citation"}]), "no_word_for_citations"),
    (least(CHAT, prediction={"type": "content", "content": "x"}), "no_word_for_prediction"),
    (least(CHAT, top_k=40), "unknown_member"),
    (least(CHAT, max_tokens=5, max_completion_tokens=5), "not_readable"),
    (least(CHAT, temperature="hot"), "not_readable"),
    (least(CHAT, stream=1), "not_readable"),
    (least(CHAT, seed=1.5), "not_readable"),
    (least(CHAT, model=None), "not_readable"),
    (least(CHAT, reasoning_effort="colossal"), "no_word_for_effort"),
    (least(CHAT, tool_choice="required"), "tool_form"),
    (with_tool(CHAT, tool_choice={"type": "allowed_tools", "allowed_tools": {}}), "no_word_for_tool_choice"),
    (least(CHAT, response_format={"type": "grammar"}), "unknown_member"),
    (image("gs://bucket/cat.png"), "image_form"),
    (image("data:image/png,raw"), "image_form"),
]


@pytest.mark.parametrize("target", [t for t in TARGETS if t != CHAT], ids=str)
@pytest.mark.parametrize(("body", "reason"), NOWHERE, ids=lambda value: value if isinstance(value, str) else "")
def test_what_only_chat_can_say_is_refused_for_every_target(body: Body, reason: str, target: Dialect) -> None:
    assert translated(CHAT, target, body) == reason


NOT_THERE = [
    (MESSAGES, least(CHAT, temperature=1.1), "out_of_range"),
    (MESSAGES, least(CHAT, seed=7), "no_word_for_seed"),
    (MESSAGES, least(CHAT, frequency_penalty=0.1), "no_word_for_penalty"),
    (MESSAGES, least(CHAT, presence_penalty=-1), "no_word_for_penalty"),
    (MESSAGES, least(CHAT, stop="\n"), "no_word_for_stop"),
    (MESSAGES, least(CHAT, response_format={"type": "json_object"}), "no_word_for_json_object"),
    (MESSAGES, least(CHAT, reasoning_effort="low"), "no_word_for_effort"),
    (MESSAGES, least(CHAT, verbosity="low"), "no_word_for_verbosity"),
    (MESSAGES, least(CHAT, max_tokens=0), "out_of_range"),
    (MESSAGES, schema(strict=False), "schema_strictness"),
    (MESSAGES, schema(schema={"type": "object"}), "schema_strictness"),
    (MESSAGES, schema(description="A city"), "no_word_for_schema_description"),
    (MESSAGES, image("https://x/y.png", detail="low"), "no_word_for_image_detail"),
    (MESSAGES, image(PNG_URL, detail="high"), "no_word_for_image_detail"),
    (MESSAGES, image("data:image/tiff;base64,AA=="), "image_form"),
    (MESSAGES, said_by("user", ""), "empty_text"),
    (MESSAGES, said_by("system", ""), "empty_text"),
    (MESSAGES, said_by("assistant", None, refusal="No."), "no_word_for_refusal"),
    (MESSAGES, least(CHAT, messages=[{"role": "system", "content": "Hi"}]), "no_turn"),
    (MESSAGES, least(CHAT, messages=[{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]), "system_position"),
    (MESSAGES, least(CHAT, messages=[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]), "last_turn"),
    (MESSAGES, called("{"), "tool_arguments"),
    (MESSAGES, called(""), "tool_arguments"),
    (MESSAGES, called("[1]"), "tool_arguments"),
    (MESSAGES, called('{"a":1,"a":2}'), "tool_arguments"),
    (MESSAGES, called("{}", tool_call_id="other"), "tool_form"),
    (MESSAGES, tool(parameters={}), "tool_form"),
    (MESSAGES, tool(name="n" * 129), "tool_form"),
    (MESSAGES, tool(strict=True, parameters={"type": "object"}), "schema_strictness"),
    (RESPONSES, least(CHAT, stop=["a"]), "no_word_for_stop"),
    (RESPONSES, least(CHAT, seed=7), "no_word_for_seed"),
    (RESPONSES, least(CHAT, frequency_penalty=0.1), "no_word_for_penalty"),
    (RESPONSES, least(CHAT, max_tokens=15), "out_of_range"),
    (RESPONSES, tool(strict=True, parameters={"type": "object"}), "schema_strictness"),
    (OLLAMA, image("https://x/y.png"), "image_form"),
    (OLLAMA, with_tool(CHAT, tool_choice="none"), "no_word_for_tool_choice"),
    (OLLAMA, with_tool(CHAT, tool_choice="required"), "no_word_for_tool_choice"),
    (OLLAMA, with_tool(CHAT, parallel_tool_calls=False), "no_word_for_parallel_tool_calls"),
    (OLLAMA, tool(strict=True), "no_word_for_strict"),
    (OLLAMA, least(CHAT, reasoning_effort="minimal"), "no_word_for_effort"),
    (OLLAMA, called("null"), "tool_arguments"),
    (OLLAMA, schema(strict=False), "schema_strictness"),
    (OLLAMA, least(CHAT, messages=[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]), "last_turn"),
    (GEMINI, said_by("assistant", None, refusal="No."), "no_word_for_refusal"),
    (GEMINI, said_by("system", ""), "empty_text"),
    (GEMINI, said_by("user", ""), "empty_text"),
    (GEMINI, image("https://x/y.png"), "image_form"),
    (GEMINI, image("data:image/gif;base64,R0lGOD=="), "image_form"),
    (GEMINI, least(CHAT, stop=["a", "b", "c", "d", "e", "f"]), "out_of_range"),
    (GEMINI, least(CHAT, seed=2**31), "out_of_range"),
    (GEMINI, with_tool(CHAT, parallel_tool_calls=False), "no_word_for_parallel_tool_calls"),
    (GEMINI, tool(strict=True), "no_word_for_strict"),
    (GEMINI, tool(name="2fast"), "tool_form"),
    (GEMINI, least(CHAT, reasoning_effort="xhigh"), "no_word_for_effort"),
    (GEMINI, schema(schema=CITY | {"patternProperties": {}}), "schema_strictness"),
    (GEMINI, called("{}", content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), "tool_form"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "body", "reason"), NOT_THERE, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_the_target_cannot_say_is_refused(target: Dialect, body: Body, reason: str) -> None:
    assert translated(CHAT, target, body) == reason


SAME_AS_LEAST = [  # housekeeping, defaults spelled out, and nulls
    {"n": 1},
    {"n": None, "stop": None, "tools": None, "logit_bias": {}, "logprobs": False, "top_logprobs": 0},
    {"user": "u", "metadata": {"a": "b"}, "store": True, "service_tier": "flex", "prompt_cache_key": "k"},
    {"safety_identifier": "s", "prompt_cache_retention": "24h", "stream_options": None},
    {"modalities": ["text"], "response_format": {"type": "text"}, "tool_choice": "none", "tools": []},
    {"frequency_penalty": 0, "presence_penalty": 0.0, "parallel_tool_calls": True},
    {"repetition_penalty": None},
]


@pytest.mark.parametrize("members", SAME_AS_LEAST, ids=str)
@pytest.mark.parametrize("target", [RESPONSES, MESSAGES], ids=str)
def test_what_changes_no_answer_is_left_away(target: Dialect, members: Body) -> None:
    assert translated(CHAT, target, least(CHAT, **members)) == translated(CHAT, target, least(CHAT))


CHOICES = [
    ({"tool_choice": "auto"}, None, None, None),
    ({"tool_choice": "none"}, {"type": "none"}, "none", {"mode": "NONE"}),
    ({"tool_choice": "required"}, {"type": "any"}, "required", {"mode": "ANY"}),
    (
        {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
        {"type": "tool", "name": "weather"},
        {"type": "function", "name": "weather"},
        {"mode": "ANY", "allowedFunctionNames": ["weather"]},
    ),
]


@pytest.mark.parametrize(("members", "messages", "responses", "gemini"), CHOICES, ids=lambda value: str(value)[:40])
def test_tool_choice_in_every_dialect_that_has_one(members: Body, messages: Any, responses: Any, gemini: Any) -> None:
    body = with_tool(CHAT, **members)
    written: dict[Dialect, Any] = {target: translated(CHAT, target, body) for target in (MESSAGES, RESPONSES, GEMINI)}
    assert written[MESSAGES].get("tool_choice") == messages
    assert written[RESPONSES].get("tool_choice") == responses
    assert written[GEMINI].get("toolConfig", {}).get("functionCallingConfig") == gemini


def test_one_call_at_most_needs_a_choice_in_messages() -> None:
    written: Any = translated(CHAT, MESSAGES, with_tool(CHAT, parallel_tool_calls=False))
    assert written["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    written = translated(CHAT, MESSAGES, with_tool(CHAT, parallel_tool_calls=False, tool_choice="required"))
    assert written["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}


def test_no_thinking_at_all_has_a_word_everywhere() -> None:
    body = least(CHAT, reasoning_effort="none")
    written: dict[Dialect, Any] = {target: translated(CHAT, target, body) for target in TARGETS if target != CHAT}
    assert written[RESPONSES]["reasoning"] == {"effort": "none"}
    assert written[MESSAGES]["thinking"] == {"type": "disabled"}
    assert written[OLLAMA]["think"] is False
    assert written[GEMINI]["generationConfig"]["thinkingConfig"] == {"thinkingBudget": 0}


def test_effort_and_verbosity_in_the_dialects_that_know_the_word() -> None:
    body = least(CHAT, reasoning_effort="low")
    written: dict[Dialect, Any] = {target: translated(CHAT, target, body) for target in (RESPONSES, OLLAMA, GEMINI)}
    assert written[RESPONSES]["reasoning"] == {"effort": "low"}
    assert written[OLLAMA]["think"] == "low"
    assert written[GEMINI]["generationConfig"]["thinkingConfig"] == {"thinkingLevel": "low"}
    spoken: Any = translated(CHAT, RESPONSES, least(CHAT, verbosity="high"))
    assert spoken["text"] == {"verbosity": "high"}


def test_sampling_in_the_dialects_that_have_all_of_it() -> None:
    body = least(CHAT, seed=7, stop="END", frequency_penalty=0.5, presence_penalty=-0.5, temperature=1.5, max_tokens=9)
    ollama: Any = translated(CHAT, OLLAMA, body)
    assert ollama["options"] == {
        "num_predict": 9,
        "temperature": 1.5,
        "seed": 7,
        "stop": ["END"],
        "frequency_penalty": 0.5,
        "presence_penalty": -0.5,
    }
    gemini: Any = translated(CHAT, GEMINI, body)
    assert gemini["generationConfig"] == {
        "maxOutputTokens": 9,
        "temperature": 1.5,
        "seed": 7,
        "stopSequences": ["END"],
        "frequencyPenalty": 0.5,
        "presencePenalty": -0.5,
    }


def test_several_instructions_stay_apart() -> None:
    messages = [
        {"role": "system", "content": "A"},
        {"role": "developer", "content": [{"type": "text", "text": "B"}, {"type": "text", "text": "C"}]},
        {"role": "user", "content": "Hi"},
    ]
    written: Any = translated(CHAT, MESSAGES, least(CHAT, messages=messages))
    assert written["system"] == [{"type": "text", "text": text} for text in "ABC"]
    ollama: Any = translated(CHAT, OLLAMA, least(CHAT, messages=messages))
    assert [message["content"] for message in ollama["messages"]] == ["A", "B", "C", "Hi"]
    responses: Any = translated(CHAT, RESPONSES, least(CHAT, messages=messages))
    assert [item["role"] for item in responses["input"]] == ["system", "developer", "user"]


def test_arguments_pass_as_they_were_written_where_they_stay_text() -> None:
    odd = '{ "big": 12345678901234567890123, "a" : 1.50 }'
    written: Any = translated(CHAT, RESPONSES, called(odd))
    assert written["input"][1]["arguments"] == odd


def test_whole_numbers_of_any_size_survive_as_objects() -> None:
    written: Any = translated(CHAT, MESSAGES, called('{"big": 12345678901234567890123}'))
    assert written["messages"][1]["content"][0]["input"] == {"big": 12345678901234567890123}


def test_links_to_images_pass_where_the_target_fetches_them() -> None:
    written: Any = translated(CHAT, MESSAGES, image("https://x/y.png", detail="auto"))
    assert written["messages"][0]["content"] == [{"type": "image", "source": {"type": "url", "url": "https://x/y.png"}}]
    written = translated(CHAT, RESPONSES, image("https://x/y.png", detail="low"))
    assert written["input"][0]["content"] == [{"type": "input_image", "image_url": "https://x/y.png", "detail": "low"}]


def test_a_json_object_is_asked_for_where_there_is_a_word() -> None:
    body = least(CHAT, response_format={"type": "json_object"})
    written: dict[Dialect, Any] = {target: translated(CHAT, target, body) for target in (RESPONSES, OLLAMA, GEMINI)}
    assert written[RESPONSES]["text"] == {"format": {"type": "json_object"}}
    assert written[OLLAMA]["format"] == "json"
    assert written[GEMINI]["generationConfig"] == {"responseMimeType": "application/json"}


@pytest.mark.parametrize("choice", ["none", "required", {"type": "function", "function": {"name": "weather"}}], ids=str)
def test_its_own_words_survive_being_read_and_written(choice: Any) -> None:
    body = {
        "model": "m",
        "messages": [
            {"role": "developer", "content": "A"},
            {"role": "assistant", "content": [{"type": "text", "text": "B"}, {"type": "refusal", "refusal": "No."}]},
            {"role": "assistant", "content": ""},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG_URL, "detail": "high"}}]},
        ],
        "max_completion_tokens": 1,
        "temperature": 2,
        "top_p": 0,
        "seed": -1,
        "stop": ["a", "b"],
        "frequency_penalty": -2,
        "presence_penalty": 2,
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": CITY, "strict": True}}],
        "tool_choice": choice,
        "parallel_tool_calls": False,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "n", "description": "d", "schema": CITY, "strict": False},
        },
        "reasoning_effort": "max",
        "verbosity": "low",
    }
    conversation = openai_chat.parse(body)
    assert isinstance(conversation, Conversation)
    assert openai_chat.build(conversation) == body


def test_an_earlier_refusal_keeps_its_kind_in_responses() -> None:
    written: Any = translated(CHAT, RESPONSES, said_by("assistant", None, refusal="No."))
    assert written["input"][0] == {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}
