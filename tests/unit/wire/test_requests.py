"""What a client asks for."""

import json
from typing import Any

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.requests import RequestFacts, Unreadable, parse_request

CHAT, MESSAGES = Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES
HELLO = {"role": "user", "content": "hello"}


def facts(dialect: Dialect, **request: Any) -> RequestFacts:
    parsed = parse_request(dialect, json.dumps({"messages": [HELLO]} | request).encode())
    assert isinstance(parsed, RequestFacts)
    return parsed


def test_a_plain_chat_request() -> None:
    assert facts(CHAT, model="m") == RequestFacts(
        model="m",
        stream=False,
        wants_usage=True,
        message_count=1,
        has_system=False,
        has_tools=False,
        server_tools=(),
        has_media=False,
        n=1,
        max_output_tokens=None,
        user=None,
        state_reason=None,
        opening=b"\x1fhello",
        first_user=b"hello",
    )


def test_a_chat_request_with_everything() -> None:
    parsed = facts(
        CHAT,
        stream=True,
        stream_options={"include_usage": True},
        messages=[
            {"role": "system", "content": "be brief"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": "u"}}],
            },
            {"role": "assistant", "content": None, "tool_calls": []},
            HELLO,
        ],
        tools=[{"type": "function", "function": {"name": "f"}}],
        n=3,
        max_tokens=5,
        max_completion_tokens=6,
    )
    assert (parsed.stream, parsed.wants_usage, parsed.message_count, parsed.n) == (True, True, 4, 3)
    assert (parsed.has_system, parsed.has_tools, parsed.has_server_tools, parsed.has_media) == (True, True, False, True)
    assert parsed.max_output_tokens == 6
    assert parsed.opening == b"be brief\x1fsee"


def test_ct_29_a_chat_stream_reports_usage_only_when_asked_and_a_messages_stream_always() -> None:
    assert facts(CHAT, stream=True).wants_usage is False
    assert facts(CHAT, stream=True, stream_options={"include_usage": False}).wants_usage is False
    assert facts(MESSAGES, stream=True).wants_usage is True


def test_a_messages_request_has_its_system_prompt_beside_the_messages() -> None:
    parsed = facts(MESSAGES, system=[{"type": "text", "text": "be brief"}], max_tokens=5)
    assert (parsed.has_system, parsed.opening, parsed.max_output_tokens) == (True, b"be brief\x1fhello", 5)


@pytest.mark.parametrize(
    ("dialect", "request_", "expected"),
    [
        (CHAT, {"tools": [{"type": "custom", "custom": {"name": "f"}}]}, False),
        (CHAT, {"tools": [{"type": "web_search"}]}, True),
        (CHAT, {"web_search_options": {}}, True),
        (MESSAGES, {"tools": [{"name": "f", "input_schema": {}}]}, False),
        (MESSAGES, {"tools": [{"type": "bash_20250124", "name": "bash"}]}, False),
        (MESSAGES, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, True),
        (MESSAGES, {"mcp_servers": [{"url": "u"}]}, True),
    ],
)
def test_ct_84_tools_that_run_at_the_provider_are_told_apart(dialect: Dialect, request_: Any, expected: bool) -> None:
    assert facts(dialect, **request_).has_server_tools is expected


def test_later_turns_of_a_conversation_have_the_same_opening() -> None:
    later = [HELLO, {"role": "assistant", "content": "hi"}, {"role": "user", "content": "and now?"}]
    assert facts(CHAT, messages=later).opening == facts(CHAT).opening


@pytest.mark.parametrize(
    ("dialect", "body", "reason"),
    [
        (Dialect.UNKNOWN, b"{}", "dialect_unknown"),
        (Dialect.GEMINI, b"{}", "dialect_unknown"),
        (Dialect.OPENAI_RESPONSES, b"{}", "no_input"),
        (CHAT, b"", "not_json"),
        (CHAT, b"{", "not_json"),
        (CHAT, b"[" * 100_000, "not_json"),
        (CHAT, b"[]", "not_an_object"),
        (CHAT, b'{"messages":"hello"}', "no_messages"),
        (MESSAGES, b"{}", "no_messages"),
    ],
)
def test_what_is_not_a_request_says_why(dialect: Dialect, body: bytes, reason: str) -> None:
    assert parse_request(dialect, body) == Unreadable(reason=reason)


@pytest.mark.parametrize("rubbish", [None, 1, "x", [], {}, [None], [[1]], {"type": 1}, [{"type": []}]])
def test_rubbish_in_any_place_is_read_past(rubbish: Any) -> None:
    for name in ("model", "stream", "stream_options", "system", "tools", "functions", "n", "max_tokens"):
        facts(CHAT, **{name: rubbish})
        facts(MESSAGES, **{name: rubbish})
    facts(CHAT, messages=[rubbish, {"role": rubbish, "content": rubbish}, {"role": "user", "content": [rubbish]}])


def test_lone_surrogates_of_a_broken_client_are_no_obstacle() -> None:
    parsed = parse_request(CHAT, b'{"messages":[{"role":"user","content":"\\ud83d"}]}')
    assert isinstance(parsed, RequestFacts)
    assert parsed.opening == b"\x1f\xed\xa0\xbd"
