"""What a candidate gets, byte by byte."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from shadowbench import keyed
from shadowbench.errors import ConfigurationError
from shadowbench.mirror.head import parse_head
from shadowbench.mirror.options import CandidateOptions
from shadowbench.mirror.plan import CopiedRequest
from shadowbench.mirror.shaping import Shaped, Shaper, Unshapable
from shadowbench.wire.paths import dialect_of
from shadowbench.wire.requests import RequestFacts, parse_request

STREAM_OPTIONS = {"include_usage": True, "include_obfuscation": False}
MESSAGE = b'{"model":"big","messages":[{"role":"user","content":"Hi"}]}'
CHAT = b'{ "model": "big", "messages": [], "seed": 9007199254740993, "x": 1e-7 }'


def request(body: bytes = CHAT, path: str = "/v1/chat/completions", *lines: str) -> CopiedRequest:
    head = parse_head("\r\n".join([f"POST {path} HTTP/1.1", *lines, ""]).encode())
    facts = parse_request(dialect_of(head.path), body)
    assert isinstance(facts, RequestFacts)
    return CopiedRequest(head=head, dialect=dialect_of(head.path), endpoint="/v1/x", body=body, facts=facts)


def shaper(api_key: str | None = None, base_path: bytes = b"", **changes: Any) -> Shaper:
    options = CandidateOptions(**({"name": "small", "url": "http://c"} | changes))
    return Shaper(options, api_key=api_key, host=b"c:80", base_path=base_path)


def shaped(by: Shaper, of: CopiedRequest) -> Shaped:
    found = by.shape(of, b"MARK")
    assert isinstance(found, Shaped)
    return found


def test_the_whole_request() -> None:
    found = shaped(
        shaper("sk-1", model="tiny", headers={"X-Team": "a"}),
        request(
            CHAT,
            "/v1/chat/completions?api-version=%2F&user=jo",
            "Content-Type: application/json",
            "Accept: */*",
            "Cookie: c",
        ),
    )
    assert found.head + found.body == (
        b"POST /v1/chat/completions?api-version=%2F HTTP/1.1\r\n"
        b"Host: c:80\r\n"
        b"Accept-Encoding: identity\r\n"
        b"X-Team: a\r\n"
        b"Authorization: Bearer sk-1\r\n"
        b"content-type: application/json\r\n"
        b"accept: */*\r\n"
        b"x-shadowbench-mirrored: MARK\r\n"
        b"Content-Length: 72\r\n\r\n"
        b'{ "model": "tiny", "messages": [], "seed": 9007199254740993, "x": 1e-7 }'
    )


def test_without_changes_the_body_is_the_clients() -> None:
    assert shaped(shaper(), request()).body == CHAT


@pytest.mark.parametrize(
    ("base", "path", "target"),
    [
        (b"", "/v1/chat/completions", b"/v1/chat/completions"),
        (b"", "/u/jo/v1/chat/completions?x=1", b"/u/jo/v1/chat/completions"),
        (b"/v1", "/v1/chat/completions", b"/v1/chat/completions"),
        (b"/v1", "/u/jo/v1/chat/completions?x=1", b"/v1/chat/completions"),
        (b"/api/openai", "/v1/chat/completions", b"/api/openai/chat/completions"),
        (b"/v1", "/v1/messages?beta=true", b"/v1/messages?beta=true"),
        (b"/anthropic/v1", "/v1/messages", b"/anthropic/v1/messages"),
        (b"", "/v1/chat/completions?api-key=hash:00ff&version=1", b"/v1/chat/completions?version=1"),
        (
            b"",
            "/v1/chat/completions?code=1&api-version=2&alt=sse&Beta=1&alt",
            b"/v1/chat/completions?api-version=2&alt=sse&alt",
        ),
        (b"", "/v1/chat/completions?x?alt=1&;version=2", b"/v1/chat/completions"),
        (b"/v1", "/v1/chat/completions?key=hash:00ff", b"/v1/chat/completions"),
    ],
)
def test_the_candidates_path_stands_for_all_before_the_endpoint(base: bytes, path: str, target: bytes) -> None:
    body = b'{"model":"m","messages":[],"max_tokens":1}'
    assert shaped(shaper(base_path=base), request(body, path)).head.split(b" ")[1] == target


def test_ct_70_ct_78_no_credential_and_no_idempotency_key_is_copied() -> None:
    lines = [f"{name.decode()}: hash:secret" for name in sorted(keyed.CREDENTIAL_HEADERS)]
    found = shaped(shaper(), request(CHAT, "/v1/chat/completions", *lines, "X-Other: 1", "Idempotency-Key: 1"))
    assert b"secret" not in found.head
    assert [line.split(b":")[0] for line in found.head.split(b"\r\n")[1:-2]] == [
        b"Host",
        b"Accept-Encoding",
        b"content-type",
        b"x-shadowbench-mirrored",
        b"Content-Length",
    ]


def test_anthropic_gets_its_own_headers() -> None:
    found = shaped(shaper("sk-2"), request(CHAT, "/v1/messages", "anthropic-beta: b", "authorization: hash:x"))
    assert b"\r\nx-api-key: sk-2\r\n" in found.head and b"uthorization" not in found.head
    assert b"\r\nanthropic-version: 2023-06-01\r\nanthropic-beta: b\r\n" in found.head
    given = shaped(shaper(), request(CHAT, "/v1/messages", "anthropic-version: 2099-01-01"))
    assert b"anthropic-version: 2099-01-01" in given.head and b"2023" not in given.head


def test_a_configured_header_replaces_a_copied_one() -> None:
    found = shaped(shaper(headers={"Accept": "text/x"}), request(CHAT, "/v1/chat/completions", "Accept: */*"))
    assert found.head.lower().count(b"accept:") == 1 and b"Accept: text/x" in found.head


@pytest.mark.parametrize(
    ("body", "options", "members"),
    [
        ({"stream": False}, {}, {"stream": False}),
        ({"stream": True}, {}, {"stream": True, "stream_options": STREAM_OPTIONS}),
        (
            {"stream": True, "stream_options": {"include_usage": False}},
            {},
            {"stream": True, "stream_options": STREAM_OPTIONS},
        ),
        (
            {"stream": True, "stream_options": {"include_obfuscation": True, "other": 1}},
            {},
            {"stream": True, "stream_options": {**STREAM_OPTIONS, "other": 1}},
        ),
        ({"stream": True}, {"stream": "false"}, {"stream": False}),
        ({"stream": True, "stream_options": {"include_usage": True}}, {"stream": "false"}, {"stream": False}),
        ({"stream": True, "stream_options": {}}, {"stream": None}, {}),
        ({}, {"stream": "true"}, {"stream": True, "stream_options": STREAM_OPTIONS}),
        ({"stream": True}, {"stream_options": "null"}, {"stream": True, "stream_options": None}),
        ({"temperature": 0, "n": 2}, {"temperature": "1.5", "n": None}, {"temperature": 1.5}),
        ({}, {"max_tokens": "8", "stop": '["a"]'}, {"max_tokens": 8, "stop": ["a"]}),
    ],
)
def test_members_are_set_deleted_and_usage_is_asked_for(
    body: dict[str, Any], options: dict[str, str | None], members: dict[str, Any]
) -> None:
    base = {"model": "m", "messages": []}
    found = shaped(shaper(parameters=options), request(json.dumps(base | body).encode()))
    assert json.loads(found.body) == base | members
    assert f"Content-Length: {len(found.body)}\r\n".encode() in found.head


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/completions", {"stream_options": STREAM_OPTIONS}),
        ("/v1/responses", {"stream_options": {"include_obfuscation": False}, "store": False}),
    ],
)
def test_ct_31_streams_come_without_padding_in_every_dialect_that_pads(path: str, expected: dict[str, Any]) -> None:
    base = {"model": "m", "prompt": "a", "input": "a", "stream": True}
    assert json.loads(shaped(shaper(), request(json.dumps(base).encode(), path)).body) == base | expected


def test_ct_79_a_copy_is_a_child_of_the_clients_span_and_is_not_sampled() -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    lines = (f"traceparent: 00-{trace}-b7ad6b7169203331-01", "tracestate: vendor=1", "baggage: user=7")
    head = shaped(shaper(), request(CHAT, "/v1/chat/completions", *lines)).head
    (child,) = re.findall(rb"\r\ntraceparent: 00-([0-9a-f]{32})-([0-9a-f]{16})-(..)\r\n", head)
    assert child[0].decode() == trace and child[1] != b"b7ad6b7169203331" and child[2] == b"00"
    assert b"tracestate" not in head and b"baggage" not in head


def test_a_key_goes_where_the_dialect_wants_it() -> None:
    def keys(host: bytes, **changes: Any) -> list[bytes]:
        options = CandidateOptions(**({"name": "small", "url": "http://c"} | changes))
        by = Shaper(options, api_key="sk-1", host=host, base_path=b"")
        return [line for line in shaped(by, request(MESSAGE)).head.split(b"\r\n") if b"sk-1" in line]

    assert keys(b"c") == [b"Authorization: Bearer sk-1"]
    assert keys(b"x.openai.azure.com") == [b"api-key: sk-1"]
    assert keys(b"x.openai.azure.com.evil.example") == [b"Authorization: Bearer sk-1"]
    assert keys(b"c", dialect="anthropic.messages") == [b"x-api-key: sk-1"]
    assert keys(b"c", dialect="gemini.generate_content") == [b"x-goog-api-key: sk-1"]
    assert keys(b"c", dialect="ollama.chat") == [b"Authorization: Bearer sk-1"]


def test_another_dialect_has_its_own_path_headers_and_body() -> None:
    by = shaper("sk-1", dialect="anthropic.messages", model="claude-x", default_max_tokens=77)
    found = shaped(by, request(MESSAGE, "/openai/v1/chat/completions?x=1", "accept: text/x", "anthropic-beta: no"))
    assert found.head.startswith(b"POST /v1/messages HTTP/1.1\r\n")
    assert b"anthropic-version" in found.head and b"anthropic-beta" not in found.head and b"text/x" not in found.head
    members = json.loads(found.body)
    assert (members["model"], members["max_tokens"]) == ("claude-x", 77)
    assert "Hi" in json.dumps(members["messages"])


def test_a_streamed_gemini_request_says_so_in_its_path() -> None:
    by = shaper(dialect="gemini.generate_content", model="gemini-x")
    body = MESSAGE[:-1] + b',"stream":true}'
    assert shaped(by, request(body)).head.startswith(b"POST /v1beta/models/gemini-x:streamGenerateContent?alt=sse HTTP")
    plain = shaper(
        dialect="gemini.generate_content", model="gemini-x", base_path=b"/google", parameters={"stream": "false"}
    )
    assert shaped(plain, request(body)).head.startswith(b"POST /google/models/gemini-x:generateContent HTTP")


def test_what_the_other_side_has_no_word_for_is_not_sent() -> None:
    found = shaper(dialect="anthropic.messages").shape(request(MESSAGE[:-1] + b',"n":3}'), b"MARK")
    assert isinstance(found, Unshapable) and found.reason.startswith("untranslatable_")


def test_an_anthropic_stream_is_left_alone() -> None:
    body = b'{"model":"m","messages":[],"stream":true}'
    assert shaped(shaper(), request(body, "/v1/messages")).body == body


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"model":"a","model":"b","messages":[]}', "unpatchable_duplicate_key"),
        (b'{"model":"a","messages":[],"stream":true,"stream_options":3}', "unpatchable_member_not_an_object"),
    ],
)
def test_what_cannot_be_patched_without_guessing_is_not_sent(body: bytes, reason: str) -> None:
    assert shaper(model="tiny").shape(request(body), b"MARK") == Unshapable(reason=reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"Host": "x"}},
        {"headers": {"content-length": "1"}},
        {"headers": {"X Y": "1"}},
        {"headers": {"": "1"}},
        {"headers": {"X": "a\r\nY: b"}},
        {"headers": {"X": "€"}},
        {"parameters": {"temperature": "warm"}},
        {"api_key": "sk\nx"},
    ],
)
def test_what_cannot_be_sent_is_a_configuration_error(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as found:
        shaper(**changes)
    assert "sk" not in str(found.value)
