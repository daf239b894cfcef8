"""Why a request refers to state at production's provider. Case numbers are those of the conformance list."""

import json
from typing import Any

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.requests import RequestFacts, parse_request

CHAT, MESSAGES, RESPONSES = Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_RESPONSES
GENERATE = Dialect.OLLAMA_GENERATE


def reason(dialect: Dialect, **request: Any) -> str | None:
    parsed = parse_request(dialect, json.dumps(request).encode())
    assert isinstance(parsed, RequestFacts)
    return parsed.state_reason


def of_parts(dialect: Dialect, *parts: Any) -> str | None:
    messages = [{"role": "user", "content": "hello"}, {"role": "user", "content": [*parts]}]
    return reason(dialect, **{"input" if dialect is RESPONSES else "messages": messages})


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"previous_response_id": "resp"}, "previous_response"),
        ({"previous_response_id": None}, None),
        ({"conversation": "conv"}, "conversation"),
        ({"conversation": {"id": "conv"}}, "conversation"),
        ({"prompt": {"id": "pmpt"}}, "prompt_id"),
        ({"background": True}, "background"),
        ({"background": False}, None),
        ({"store": True}, None),
        ({"previous_response_id": "resp", "background": True}, "previous_response"),
    ],
)
def test_ct_82_a_response_that_goes_on_from_something(request_: Any, expected: str | None) -> None:
    assert reason(RESPONSES, input="x", **request_) == expected


def test_ct_82_the_same_members_mean_nothing_elsewhere() -> None:
    assert reason(CHAT, messages=[], conversation="c", previous_response_id="r", background=True) is None


def test_an_ollama_context_is_a_previous_answer() -> None:
    assert reason(GENERATE, prompt="x", context=[1, 2]) == "previous_response"
    assert reason(GENERATE, prompt="x", context=[]) is None


def test_an_audio_answer_named_by_its_id_is_a_previous_answer() -> None:
    spoken = {"role": "assistant", "audio": {"id": "audio_1"}}
    assert reason(CHAT, messages=[spoken]) == "previous_response"


@pytest.mark.parametrize(
    ("dialect", "part"),
    [
        (CHAT, {"type": "file", "file": {"file_id": "file-1"}}),
        (RESPONSES, {"type": "input_file", "file_id": "file-1"}),
        (RESPONSES, {"type": "input_image", "file_id": "file-1"}),
        (MESSAGES, {"type": "document", "source": {"type": "file", "file_id": "file_1"}}),
        (MESSAGES, {"type": "image", "source": {"type": "file", "file_id": "file_1"}}),
        (MESSAGES, {"type": "container_upload", "file_id": "file_1"}),
        (MESSAGES, {"type": "tool_result", "content": [{"type": "image", "source": {"file_id": "file_1"}}]}),
    ],
)
def test_ct_83_files_named_by_their_id(dialect: Dialect, part: Any) -> None:
    assert of_parts(dialect, {"type": "text", "text": "see"}, part) == "file_reference"


@pytest.mark.parametrize(
    "item",
    [
        {"type": "item_reference", "id": "msg_1"},
        {"id": "msg_1"},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "code_interpreter_call", "id": "ci", "container_id": "cntr"},
        {"type": "computer_call_output", "output": {"type": "computer_screenshot", "file_id": "file-1"}},
    ],
)
def test_ct_83_items_that_are_to_be_looked_up(item: Any) -> None:
    assert reason(RESPONSES, input=[{"role": "user", "content": "x"}, item]) == "file_reference"


@pytest.mark.parametrize(
    "request_",
    [
        {"tools": [{"type": "file_search", "vector_store_ids": ["vs"]}]},
        {"tools": [{"type": "code_interpreter", "container": "cntr"}]},
        {"tools": [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}}]},
        {"tools": [{"type": "shell", "environment": {"type": "container_reference", "container_id": "cntr"}}]},
        {"tools": [{"type": "image_generation", "input_image_mask": {"file_id": "file-1"}}]},
    ],
)
def test_ct_83_tools_that_name_a_store(request_: Any) -> None:
    assert reason(RESPONSES, input="x", **request_) == "file_reference"


def test_ct_83_a_fresh_container_is_no_reference_and_a_kept_one_is() -> None:
    assert reason(RESPONSES, input="x", tools=[{"type": "code_interpreter", "container": {"type": "auto"}}]) is None
    assert reason(MESSAGES, messages=[], container="container_1") == "file_reference"


@pytest.mark.parametrize(
    ("dialect", "messages"),
    [
        (RESPONSES, [{"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "xx"}]),
        (RESPONSES, [{"type": "compaction", "encrypted_content": "xx"}]),
        (
            MESSAGES,
            [
                {
                    "role": "user",
                    "content": [{"type": "web_search_tool_result", "content": [{"encrypted_content": "xx"}]}],
                }
            ],
        ),
        (CHAT, [{"role": "assistant", "reasoning_details": [{"type": "reasoning.encrypted", "data": "xx"}]}]),
    ],
)
def test_ct_83_what_only_the_provider_can_read(dialect: Dialect, messages: Any) -> None:
    assert reason(dialect, **{"input" if dialect is RESPONSES else "messages": messages}) == "encrypted_reasoning"


def test_ct_83_reasoning_in_plain_text_stands_for_itself() -> None:
    shown = {"type": "reasoning", "id": "rs", "content": [{"type": "reasoning_text", "text": "so"}]}
    assert reason(RESPONSES, input=[shown]) is None


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "thinking", "thinking": "so", "signature": "xx"}, "thinking_signature"),
        ({"type": "redacted_thinking", "data": "xx"}, "thinking_signature"),
        ({"type": "thinking", "thinking": "so"}, None),
    ],
)
def test_ct_83_signed_thinking(part: Any, expected: str | None) -> None:
    assert of_parts(MESSAGES, part) == expected
    assert reason(CHAT, messages=[{"role": "assistant", "content": "x", "thinking_blocks": [part]}]) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://bucket.s3.amazonaws.com/a.png?X-Amz-Expires=300&X-Amz-Signature=abc", "signed_url"),
        ("https://storage.googleapis.com/b/a.png?X-Goog-Signature=abc", "signed_url"),
        ("https://x.blob.core.windows.net/a.png?se=2026-01-01&sig=abc", "signed_url"),
        ("https://d.cloudfront.net/a.png?Expires=1&Signature=abc&Key-Pair-Id=K", "signed_url"),
        ("https://example.com/a.png", None),
        ("https://example.com/a.png?design=abc&sigma=1", None),
        ("data:image/png;base64,?sig=abc", None),
    ],
)
def test_ct_83_signed_urls(url: str, expected: str | None) -> None:
    assert of_parts(CHAT, {"type": "image_url", "image_url": {"url": url}}) == expected
    assert of_parts(RESPONSES, {"type": "input_image", "image_url": url}) == expected
    assert of_parts(RESPONSES, {"type": "input_file", "file_url": url}) == expected
    assert of_parts(MESSAGES, {"type": "image", "source": {"type": "url", "url": url}}) == expected


def test_a_conversation_of_plain_text_and_calls_stands_for_itself() -> None:
    assert (
        reason(
            CHAT,
            messages=[
                {"role": "user", "content": "x"},
                {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": {"name": "f"}}]},
                {"role": "tool", "tool_call_id": "c", "content": "y"},
            ],
        )
        is None
    )
    assert (
        reason(
            RESPONSES,
            input=[
                {
                    "type": "message",
                    "id": "msg_1",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "a"}],
                },
                {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "y"},
            ],
        )
        is None
    )
    assert of_parts(MESSAGES, {"type": "tool_use", "id": "t", "name": "f", "input": {}}) is None
