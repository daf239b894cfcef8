"""What a client asks for."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.records import Dialect
from shadowbench.wire.requests import RequestFacts, Unreadable, parse_request, requested_model

CHAT, MESSAGES = Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES
HELLO = {"role": "user", "content": "hello"}


def facts(dialect: Dialect, **request: Any) -> RequestFacts:
    parsed = parse_request(dialect, json.dumps({"messages": [HELLO]} | request).encode())
    assert isinstance(parsed, RequestFacts)
    return parsed


def test_a_plain_chat_request() -> None:
    assert facts(CHAT, model="m") == RequestFacts(
        members=frozenset({"model", "messages"}),
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


def body_of(dialect: Dialect, text: str, **request: Any) -> bytes:
    """A request of one user message in that dialect's form."""
    message = {"role": "user", "content": text}
    forms: dict[Dialect, dict[str, Any]] = {
        Dialect.OPENAI_RESPONSES: {"input": text},
        Dialect.OPENAI_COMPLETIONS: {"prompt": text},
        Dialect.OPENAI_EMBEDDINGS: {"input": [text]},
        Dialect.OLLAMA_GENERATE: {"prompt": text},
        Dialect.OLLAMA_EMBED: {"input": text},
    }
    return json.dumps(forms.get(dialect, {"messages": [message]}) | {"model": "m"} | request).encode()


CLIENT_DIALECTS = sorted(set(Dialect) - {Dialect.UNKNOWN, Dialect.GEMINI})


@pytest.mark.parametrize("dialect", CLIENT_DIALECTS)
def test_every_dialect_that_clients_speak_is_read(dialect: Dialect) -> None:
    parsed = parse_request(dialect, body_of(dialect, "hello"))
    assert isinstance(parsed, RequestFacts)
    is_ollama_text = dialect in (Dialect.OLLAMA_CHAT, Dialect.OLLAMA_GENERATE)
    assert parsed == RequestFacts(
        members=frozenset(json.loads(body_of(dialect, "hello"))),
        model="m",
        stream=is_ollama_text,
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


@pytest.mark.parametrize("dialect", CLIENT_DIALECTS)
def test_ct_19_ollama_streams_unless_told_otherwise_and_embeddings_never_do(dialect: Dialect) -> None:
    def streams(**request: Any) -> bool:
        parsed = parse_request(dialect, body_of(dialect, "hello", **request))
        assert isinstance(parsed, RequestFacts)
        return parsed.stream

    is_embedding = dialect in (Dialect.OPENAI_EMBEDDINGS, Dialect.OLLAMA_EMBED)
    assert streams(stream=True) is not is_embedding
    assert streams(stream=False) is False
    assert streams() is (dialect in (Dialect.OLLAMA_CHAT, Dialect.OLLAMA_GENERATE))


@pytest.mark.parametrize("dialect", CLIENT_DIALECTS)
def test_ct_29_only_chat_and_completions_leave_usage_out_of_streams(dialect: Dialect) -> None:
    def wants_usage(**request: Any) -> bool:
        parsed = parse_request(dialect, body_of(dialect, "hello", stream=True, **request))
        assert isinstance(parsed, RequestFacts)
        return parsed.wants_usage

    assert wants_usage() is (dialect not in (Dialect.OPENAI_CHAT, Dialect.OPENAI_COMPLETIONS))
    assert wants_usage(stream_options={"include_usage": True}) is True


@pytest.mark.parametrize(
    ("dialect", "request_", "expected"),
    [
        (CHAT, {"max_tokens": 5}, 5),
        (CHAT, {"max_tokens": 5, "max_completion_tokens": 0}, 0),
        (Dialect.OPENAI_RESPONSES, {"max_output_tokens": 5}, 5),
        (MESSAGES, {"max_tokens": 5}, 5),
        (Dialect.OLLAMA_CHAT, {"options": {"num_predict": 5}}, 5),
        (Dialect.OLLAMA_GENERATE, {"options": {"num_predict": -1}}, None),
    ],
)
def test_the_bound_of_the_answer_has_many_names(dialect: Dialect, request_: Any, expected: int | None) -> None:
    parsed = parse_request(dialect, body_of(dialect, "hello", **request_))
    assert isinstance(parsed, RequestFacts)
    assert parsed.max_output_tokens == expected


@pytest.mark.parametrize(
    ("dialect", "request_", "expected"),
    [
        (CHAT, {"user": "u"}, "u"),
        (CHAT, {"safety_identifier": "s", "user": "u"}, "s"),
        (CHAT, {"user": ""}, None),
        (CHAT, {"user": 7}, None),
        (CHAT, {"user": "\ud83d"}, "\ufffd"),
        (Dialect.OPENAI_RESPONSES, {"safety_identifier": "s"}, "s"),
        (MESSAGES, {"metadata": {"user_id": "u"}}, "u"),
        (MESSAGES, {"metadata": ["u"]}, None),
    ],
)
def test_ct_85_the_end_user_that_a_request_names(dialect: Dialect, request_: Any, expected: str | None) -> None:
    parsed = parse_request(dialect, body_of(dialect, "hello", **request_))
    assert isinstance(parsed, RequestFacts)
    assert parsed.user == expected


def test_images_of_ollama_are_media() -> None:
    for dialect, request_ in (
        (Dialect.OLLAMA_GENERATE, {"images": ["AAAA"]}),
        (Dialect.OLLAMA_CHAT, {"messages": [HELLO | {"images": ["AAAA"]}]}),
    ):
        parsed = parse_request(dialect, body_of(dialect, "hello", **request_))
        assert isinstance(parsed, RequestFacts)
        assert parsed.has_media


def test_tools_that_an_item_of_responses_adds_are_tools() -> None:
    item = {"type": "additional_tools", "tools": [{"type": "web_search"}, 7]}
    parsed = facts(Dialect.OPENAI_RESPONSES, input=[HELLO, item])
    assert (parsed.has_tools, parsed.server_tools, parsed.has_server_tools) == (True, ("web_search",), True)


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


RUBBISH = [None, 1, "x", [], {}, [None], [[1]], {"type": 1}, [{"type": []}], [{"role": [], "content": [{"type": {}}]}]]
MEMBERS = """model stream stream_options system tools functions n max_tokens user safety_identifier metadata options
instructions input prompt messages images context container conversation previous_response_id background
web_search_options mcp_servers"""


@pytest.mark.parametrize("rubbish", RUBBISH)
@pytest.mark.parametrize("dialect", CLIENT_DIALECTS)
def test_rubbish_in_any_place_is_read_past(dialect: Dialect, rubbish: Any) -> None:
    for name in MEMBERS.split():
        parse_request(dialect, body_of(dialect, "hello", **{name: rubbish}))
    for name in (
        "content",
        "output",
        "file",
        "source",
        "image_url",
        "audio",
        "images",
        "id",
        "encrypted_content",
        "role",
    ):
        message = {"role": "user", "content": [{"type": "image", name: rubbish}, rubbish], name: rubbish}
        for place in ("messages", "input"):
            parse_request(dialect, body_of(dialect, "hello", **{place: [message, rubbish]}))
    for name in ("type", "container", "vector_store_ids", "environment"):
        parse_request(dialect, body_of(dialect, "hello", tools=[{"type": "mcp", name: rubbish}, rubbish]))


@pytest.mark.parametrize("dialect", CLIENT_DIALECTS)
@given(body=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: json.dumps({"messages": text}).encode()))
@settings(max_examples=30)
def test_arbitrary_bytes_never_raise(dialect: Dialect, body: bytes) -> None:
    parse_request(dialect, body)


def test_lone_surrogates_of_a_broken_client_are_no_obstacle() -> None:
    parsed = parse_request(CHAT, b'{"messages":[{"role":"user","content":"\\ud83d"}]}')
    assert isinstance(parsed, RequestFacts)
    assert parsed.opening == b"\x1f\xed\xa0\xbd"


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (b'{"model":"m","messages":[]}', "m"),
        (b'{"input":"x","model":"m"}', "m"),
        (b'{"model":""}', None),
        (b'{"model":5}', None),
        (b"[]", None),
        (b'"m"', None),
        (b"model=m", None),
        (b"", None),
    ],
)
def test_the_model_alone_is_read_from_any_object(body: bytes, model: str | None) -> None:
    assert requested_model(body) == model
