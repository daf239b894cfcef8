"""The same requests, written by hand in every dialect: each must become every other."""

import json
from typing import Any

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.translation import Reason, Translated, Untranslatable, can_translate, endpoint_path, translate
from tests.unit.wire.translation import vendors
from tests.unit.wire.translation.bodies import (
    CHAT,
    CITY,
    GEMINI,
    MESSAGES,
    OLLAMA,
    PAIRS,
    PNG,
    PNG_URL,
    RESPONSES,
    SOURCES,
    Body,
    translated,
)

QUESTION: dict[Dialect, Body] = {
    CHAT: {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Capital of Latvia?"},
            {"role": "assistant", "content": "Riga."},
            {"role": "user", "content": "And of Estonia?"},
        ],
        "max_completion_tokens": 64,
        "temperature": 0.5,
        "top_p": 0.9,
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    RESPONSES: {
        "model": "m",
        "input": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Capital of Latvia?"},
            {"role": "assistant", "content": "Riga."},
            {"role": "user", "content": "And of Estonia?"},
        ],
        "max_output_tokens": 64,
        "temperature": 0.5,
        "top_p": 0.9,
        "stream": True,
        "store": False,
    },
    MESSAGES: {
        "model": "m",
        "max_tokens": 64,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "Capital of Latvia?"},
            {"role": "assistant", "content": "Riga."},
            {"role": "user", "content": "And of Estonia?"},
        ],
        "temperature": 0.5,
        "top_p": 0.9,
        "stream": True,
    },
    OLLAMA: {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Capital of Latvia?"},
            {"role": "assistant", "content": "Riga."},
            {"role": "user", "content": "And of Estonia?"},
        ],
        "stream": True,
        "options": {"num_predict": 64, "temperature": 0.5, "top_p": 0.9},
    },
    GEMINI: {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Capital of Latvia?"}]},
            {"role": "model", "parts": [{"text": "Riga."}]},
            {"role": "user", "parts": [{"text": "And of Estonia?"}]},
        ],
        "generationConfig": {"maxOutputTokens": 64, "temperature": 0.5, "topP": 0.9},
    },
}

# Two calls at once, their results, and what the user says then. Ollama has no ids: they come from the calls' places.
TOOL_ROUND: dict[Dialect, Body] = {
    CHAT: {
        "model": "m",
        "messages": [
            {"role": "user", "content": "Weather in Riga and Tartu?"},
            {
                "role": "assistant",
                "content": "I look.",
                "tool_calls": [
                    {
                        "id": "call_1_0",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city":"Riga"}'},
                    },
                    {
                        "id": "call_1_1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city":"Tartu"}'},
                    },
                ],
            },
            {"role": "tool", "tool_call_id": "call_1_0", "content": "Rain"},
            {"role": "tool", "tool_call_id": "call_1_1", "content": ""},
            {"role": "user", "content": "Thanks. Which is colder?"},
        ],
        "max_completion_tokens": 64,
        "tools": [
            {"type": "function", "function": {"name": "weather", "description": "Of today", "parameters": CITY}},
        ],
    },
    RESPONSES: {
        "model": "m",
        "input": [
            {"role": "user", "content": "Weather in Riga and Tartu?"},
            {"role": "assistant", "content": "I look."},
            {"type": "function_call", "call_id": "call_1_0", "name": "weather", "arguments": '{"city":"Riga"}'},
            {"type": "function_call", "call_id": "call_1_1", "name": "weather", "arguments": '{"city":"Tartu"}'},
            {"type": "function_call_output", "call_id": "call_1_0", "output": "Rain"},
            {"type": "function_call_output", "call_id": "call_1_1", "output": ""},
            {"role": "user", "content": "Thanks. Which is colder?"},
        ],
        "max_output_tokens": 64,
        "tools": [
            {"type": "function", "name": "weather", "description": "Of today", "parameters": CITY, "strict": False},
        ],
        "store": False,
    },
    MESSAGES: {
        "model": "m",
        "max_tokens": 64,
        "messages": [
            {"role": "user", "content": "Weather in Riga and Tartu?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "call_1_0", "name": "weather", "input": {"city": "Riga"}},
                    {"type": "tool_use", "id": "call_1_1", "name": "weather", "input": {"city": "Tartu"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "call_1_0", "content": "Rain"},
                    {"type": "tool_result", "tool_use_id": "call_1_1"},
                ],
            },
            {"role": "user", "content": "Thanks. Which is colder?"},
        ],
        "tools": [{"name": "weather", "description": "Of today", "input_schema": CITY}],
    },
    OLLAMA: {
        "model": "m",
        "messages": [
            {"role": "user", "content": "Weather in Riga and Tartu?"},
            {
                "role": "assistant",
                "content": "I look.",
                "tool_calls": [
                    {"function": {"name": "weather", "arguments": {"city": "Riga"}}},
                    {"function": {"name": "weather", "arguments": {"city": "Tartu"}}},
                ],
            },
            {"role": "tool", "tool_name": "weather", "content": "Rain"},
            {"role": "tool", "tool_name": "weather", "content": ""},
            {"role": "user", "content": "Thanks. Which is colder?"},
        ],
        "stream": False,
        "tools": [
            {"type": "function", "function": {"name": "weather", "description": "Of today", "parameters": CITY}},
        ],
        "options": {"num_predict": 64},
    },
    GEMINI: {
        "contents": [
            {"role": "user", "parts": [{"text": "Weather in Riga and Tartu?"}]},
            {
                "role": "model",
                "parts": [
                    {"text": "I look."},
                    {
                        "functionCall": {"id": "call_1_0", "name": "weather", "args": {"city": "Riga"}},
                        "thoughtSignature": "skip_thought_signature_validator",
                    },
                    {"functionCall": {"id": "call_1_1", "name": "weather", "args": {"city": "Tartu"}}},
                ],
            },
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"id": "call_1_0", "name": "weather", "response": {"output": "Rain"}}},
                    {"functionResponse": {"id": "call_1_1", "name": "weather", "response": {"output": ""}}},
                ],
            },
            {"role": "user", "parts": [{"text": "Thanks. Which is colder?"}]},
        ],
        "tools": [
            {"functionDeclarations": [{"name": "weather", "description": "Of today", "parametersJsonSchema": CITY}]},
        ],
        "generationConfig": {"maxOutputTokens": 64},
    },
}

PICTURE: dict[Dialect, Body] = {
    CHAT: {
        "model": "m",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": PNG_URL}},
                    {"type": "text", "text": "What is it?"},
                ],
            }
        ],
        "max_completion_tokens": 64,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": CITY, "strict": True},
        },
    },
    RESPONSES: {
        "model": "m",
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_image", "image_url": PNG_URL, "detail": "auto"},
                    {"type": "input_text", "text": "What is it?"},
                ],
            }
        ],
        "max_output_tokens": 64,
        "text": {"format": {"type": "json_schema", "name": "answer", "schema": CITY, "strict": True}},
        "store": False,
    },
    MESSAGES: {
        "model": "m",
        "max_tokens": 64,
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                    {"type": "text", "text": "What is it?"},
                ],
            }
        ],
        "output_config": {"format": {"type": "json_schema", "schema": CITY}},
    },
    OLLAMA: {
        "model": "m",
        "messages": [{"role": "user", "content": "What is it?", "images": [PNG]}],
        "stream": False,
        "format": CITY,
        "options": {"num_predict": 64},
    },
    GEMINI: {
        "contents": [
            {
                "role": "user",
                "parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}}, {"text": "What is it?"}],
            }
        ],
        "generationConfig": {
            "maxOutputTokens": 64,
            "responseMimeType": "application/json",
            "responseJsonSchema": CITY,
        },
    },
}


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=str)
@pytest.mark.parametrize("request_", [QUESTION, TOOL_ROUND, PICTURE], ids=["question", "tool_round", "picture"])
def test_one_request_in_any_dialect_becomes_itself_in_any_other(
    request_: dict[Dialect, Body], source: Dialect, target: Dialect
) -> None:
    assert translated(source, target, request_[source]) == request_[target]


@pytest.mark.parametrize("dialect", SOURCES, ids=str)
@pytest.mark.parametrize("request_", [QUESTION, TOOL_ROUND, PICTURE], ids=["question", "tool_round", "picture"])
def test_the_requests_written_by_hand_are_of_the_vendors_types(request_: dict[Dialect, Body], dialect: Dialect) -> None:
    vendors.check(dialect, request_[dialect])


def test_a_bound_is_set_only_where_the_target_demands_one_and_the_client_gave_none() -> None:
    unbounded = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    assert translated(CHAT, MESSAGES, unbounded) == unbounded | {"max_tokens": 1000}
    assert translated(CHAT, OLLAMA, unbounded) == unbounded | {"stream": False}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("target", [RESPONSES, MESSAGES, OLLAMA, GEMINI], ids=str)
def test_a_result_says_whether_it_asks_for_a_stream_and_where_it_goes(target: Dialect, stream: bool) -> None:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": stream}).encode()
    result = translate(CHAT, target, body, default_max_tokens=9)
    assert isinstance(result, Translated)
    assert result.stream is stream
    assert result.path_hint == endpoint_path(target, "m", stream)


@pytest.mark.parametrize(
    ("target", "model", "stream", "path"),
    [
        (CHAT, "m", True, "/chat/completions"),
        (RESPONSES, "m", False, "/responses"),
        (MESSAGES, "m", False, "/messages"),
        (OLLAMA, "m", True, "/api/chat"),
        (GEMINI, "gemini-2.5-flash", False, "/models/gemini-2.5-flash:generateContent"),
        (GEMINI, "models/gemini-2.5-flash", True, "/models/gemini-2.5-flash:streamGenerateContent?alt=sse"),
        (GEMINI, "half a pair \ud83d", False, "/models/half%20a%20pair%20%3F:generateContent"),
        (GEMINI, "../x?y HTTP/1.1\r\n", False, "/models/..%2Fx%3Fy%20HTTP%2F1.1%0D%0A:generateContent"),
    ],
)
def test_paths_follow_a_base_path_and_no_model_leads_out_of_them(
    target: Dialect, model: str, stream: bool, path: str
) -> None:
    assert endpoint_path(target, model, stream) == path


def test_which_pairs_exist() -> None:
    assert {(s, t) for s in Dialect for t in Dialect if can_translate(s, t)} == set(PAIRS)


@pytest.mark.parametrize(
    ("source", "target"),
    [(CHAT, CHAT), (GEMINI, CHAT), (Dialect.OPENAI_COMPLETIONS, CHAT), (CHAT, Dialect.UNKNOWN)],
    ids=str,
)
def test_other_pairs_have_no_translation(source: Dialect, target: Dialect) -> None:
    assert translate(source, target, b"{}", default_max_tokens=9) == Untranslatable(reason=Reason.NO_TRANSLATION)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"\xff", b'{"model":"m","model":"n","messages":[]}', b"[" * 100_000, b"null"],
)
@pytest.mark.parametrize(("source", "target"), PAIRS, ids=str)
def test_what_is_no_request_is_not_readable(source: Dialect, target: Dialect, body: bytes) -> None:
    assert translate(source, target, body, default_max_tokens=9) == Untranslatable(reason=Reason.NOT_READABLE)


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=str)
def test_a_request_that_says_nothing_is_refused(source: Dialect, target: Dialect) -> None:
    assert translated(source, target, {"model": "m"}) == "no_turn"


def test_every_reason_is_documented() -> None:
    documented: Any = Reason.__doc__
    assert [
        reason for reason in Reason if not reason.startswith("no_word_for_") and f"    {reason} " not in documented
    ] == []
