"""CT-80 and CT-81: what may be copied is listed, and what is stored never is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.mirror.options import DEFAULT_ENDPOINTS
from shadowbench.mirror.paths import Endpoint, find_endpoint, normalised
from shadowbench.records import Dialect

# Whoever writes such a list asks for trouble, and must not get it.
GREEDY = tuple(
    ("POST", suffix)
    for suffix in (
        *(each for _, each in DEFAULT_ENDPOINTS),
        *(
            "/messages",
            "/batches",
            "/cancel",
            "/compact",
            "/runs",
            "/files",
            "/pull",
            "/search",
            "/submit",
            "/deployments",
        ),
    )
)


@pytest.mark.parametrize(
    ("path", "suffix", "dialect"),
    [
        ("/v1/chat/completions", "/chat/completions", Dialect.OPENAI_CHAT),
        ("/v1/chat/completions/", "/chat/completions", Dialect.OPENAI_CHAT),
        ("/v1//chat/completions", "/chat/completions", Dialect.OPENAI_CHAT),
        ("/chat/completions", "/chat/completions", Dialect.OPENAI_CHAT),
        ("/v1/completions", "/completions", Dialect.OPENAI_COMPLETIONS),
        ("/v1/embeddings", "/embeddings", Dialect.OPENAI_EMBEDDINGS),
        ("/v1/responses", "/responses", Dialect.OPENAI_RESPONSES),
        ("/v1/messages", "/v1/messages", Dialect.ANTHROPIC_MESSAGES),
        ("/api/chat", "/api/chat", Dialect.OLLAMA_CHAT),
        ("/api/generate", "/api/generate", Dialect.OLLAMA_GENERATE),
        ("/api/embed", "/api/embed", Dialect.OLLAMA_EMBED),
        ("/openai/deployments/x/chat/completions", "/chat/completions", Dialect.OPENAI_CHAT),
        ("/openai/deployments/v1/embeddings", "/embeddings", Dialect.OPENAI_EMBEDDINGS),
        ("/evals/v1/chat/completions", "/chat/completions", Dialect.OPENAI_CHAT),  # a team of that name
        ("/v1/deployments/d/chat/completions", "/chat/completions", Dialect.OPENAI_CHAT),
        ("/team/agents/chat/completions", "/chat/completions", Dialect.OPENAI_CHAT),
    ],
)
def test_generating_endpoints_are_copied_whatever_stands_in_front(path: str, suffix: str, dialect: Dialect) -> None:
    assert find_endpoint(DEFAULT_ENDPOINTS, "POST", path) == Endpoint(suffix, dialect)
    assert find_endpoint(tuple(reversed(DEFAULT_ENDPOINTS)), "POST", path) == Endpoint(suffix, dialect)


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD", "post"])
def test_other_methods_are_not(method: str) -> None:
    assert find_endpoint(DEFAULT_ENDPOINTS, method, "/v1/chat/completions") == "method_path"


def test_a_suffix_does_not_mean_a_longer_known_one() -> None:
    assert find_endpoint((("POST", "/completions"),), "POST", "/v1/chat/completions") == "method_path"
    assert find_endpoint((("POST", "/completions"),), "POST", "/v1/completions") == Endpoint(
        "/completions", Dialect.OPENAI_COMPLETIONS
    )
    assert find_endpoint((("POST", "/score"),), "POST", "/v1/score") == Endpoint("/score", Dialect.UNKNOWN)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/files",
        "/v1/batches",
        "/openai/files",
        "/v1/messages/batches",
        "/v1/threads/t/messages",
        "/threads/t/messages",
        "/v1/threads/t/runs",
        "/v1/thre%61ds/t/messages",
        "/v1/thre%2561ds/t/messages",
        "/v1/x/../threads/t/messages",
        "/v1/responses/resp_1/cancel",
        "/v1/responses/compact",
        "/openai/responses/compact",
        "/v1/conversations/c/messages",
        "/v1/fine_tuning/jobs/j/cancel",
        "/v1/vector_stores/v/search",
        "/v1/agents/completions",
        "/v1/deployments",
        "/api/pull",
    ],
)
def test_stored_resources_are_never_copied_even_when_listed(path: str) -> None:
    assert find_endpoint(GREEDY, "POST", path) == "stateful_path"
    assert find_endpoint(DEFAULT_ENDPOINTS, "POST", path) in ("method_path", "stateful_path")


@given(st.text(max_size=80))
def test_any_path_has_an_answer(path: str) -> None:
    found = find_endpoint(GREEDY, "POST", "/" + path)
    assert isinstance(found, Endpoint) or found in ("method_path", "stateful_path")


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("//admin///v1/", "/admin/v1/"),
        ("/%61dmin/v1", "/admin/v1"),
        ("/admin%2Fv1", "/admin/v1"),
        ("/%2561dmin", "/admin"),
        ("/x/../admin/./v1", "/admin/v1"),
        ("/x/%2e%2e/admin", "/admin"),
        ("/../../a", "/a"),
        ("/a/..", "/"),
        ("/.well-known/x", "/.well-known/x"),
        ("/%C3%A9", "/é"),
        ("/é".encode().decode("latin-1"), "/é"),
        ("/%zz%", "/%zz%"),
        ("", ""),
    ],
)
def test_a_path_is_normalised_as_servers_may_read_it(sent: str, path: str) -> None:
    assert normalised(sent) == path


@given(st.text("/.%a25eEfF", max_size=20))
def test_a_normalised_path_has_no_empty_and_no_dot_segments(path: str) -> None:
    found = normalised("/" + path)
    assert found == "/" or not {"", ".", ".."} & set(found.removesuffix("/").split("/")[1:])
