"""What a log line may say of a request, and what it never does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.proxy.lines import Naming, request_id, route_of, shown_path, trace_id

NAMING = Naming(request_id_header="X-Correlation-Id", routes=("/completions", "/chat/completions", "/v1/messages"))
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def fields(**given: str) -> list[bytes]:
    """Flat, as heads have them."""
    flat: list[bytes] = []
    for name, value in given.items():
        flat += name.replace("_", "-").encode(), b": ", value.encode("latin-1"), b"\r\n"
    return flat


def test_a_request_is_named_as_the_pair_log_names_it() -> None:
    asked, answered = fields(X_Correlation_Id="c-1", X_Request_Id="r-1"), fields(x_request_id="p-1")
    assert request_id(NAMING, asked, answered) == "c-1"
    assert request_id(Naming(), asked, answered) == "p-1"
    assert request_id(Naming(), asked, []) == "r-1"  # production has not answered
    assert request_id(Naming(), [], []) is None


@pytest.mark.parametrize("value", ["req_01", "550e8400-e29b-41d4-a716-446655440000", "1700000000000", "a" * 128])
def test_names_stay(value: str) -> None:
    assert request_id(Naming(), fields(x_request_id=value), []) == value


@pytest.mark.parametrize("value", ["", "a b", "x" * 129, "sk-live-1", "key_123", 'a"b', "é", JWT, "4111111111111111"])
def test_what_does_not_look_like_a_name_is_none(value: str) -> None:
    assert request_id(Naming(), fields(x_request_id=value), []) is None


def test_a_credential_that_is_configured_as_a_name_is_none() -> None:
    asked = fields(authorization="Bearer123", x_request_id="r-1")
    assert request_id(Naming(request_id_header="Authorization"), asked, []) == "r-1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"00-{TRACE}-00f067aa0ba902b7-01", TRACE),
        (f"cc-{TRACE}-00f067aa0ba902b7-01-what-comes-later", TRACE),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", None),
        (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", None),
        (f"00-{TRACE}-00f067aa0ba902b7", None),
        ("secret", None),
    ],
)
def test_the_trace_is_the_clients(value: str, expected: str | None) -> None:
    assert trace_id(fields(Traceparent=value)) == expected


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        (b"/v1/chat/completions", "/v1/chat/completions"),
        (b"/v1/models?key=canary", "/v1/models"),
        (b"/v1/models?key=canary?/x", "/v1/models"),
        (b"/u/0123456789abcdefghij/v1/messages", "/u/…/v1/messages"),
        (b"/u/sk-abc/v1/messages", "/u/…/v1/messages"),
        (b"/u/ada@example.org/x", "/u/…/x"),
        (b"/u/ada%40example.org/x", "/u/…/x"),
        (b"/v1;token=canary/x", "/…/x"),
        (b"/v1/token=canary", "/v1/…"),
        (b"/v1beta/models/gemini-pro:generateContent", "/v1beta/models/gemini-pro:generateContent"),
        (b"/u/4111111111111111", "/u/…"),
        (b"/u/4111-1111-1111-1111/x", "/u/…/x"),
        (b"/v1/tel/+41791234567", "/v1/tel/…"),
        (b"/v1/tel/%2B41791234567", "/v1/tel/…"),
        (b"/v1/threads/1700000000000/runs/41", "/v1/threads/1700000000000/runs/41"),
        (b"*", "*"),
        (b"/" + b"a/" * 300, "/" + "a/" * 99 + "a…"),
        (b"/\xe9", "/é"),
    ],
)
def test_a_path_is_shown_without_query_and_without_what_may_be_a_key(target: bytes, shown: str) -> None:
    assert shown_path(target) == shown


@given(st.binary(max_size=3000), st.binary(min_size=8, max_size=50))
def test_no_query_is_ever_shown(path: bytes, secret: bytes) -> None:
    shown = shown_path(b"/" + path.replace(b"?", b"") + b"?" + secret)
    assert len(shown) <= 201
    assert "?" not in shown


def test_the_longest_route_counts() -> None:
    assert route_of(NAMING, b"/u/x/v1/chat/completions?a=1") == "/chat/completions"
    assert route_of(NAMING, b"/v1/completions") == "/completions"
    assert route_of(NAMING, b"/v1/models") is None
