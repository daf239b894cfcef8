"""Path and query of a candidate's request. Pure.

When the candidate's URL has no path, the client's is used as it is, with whatever prefix it has; when it has one, it stands
for everything before the endpoint (`/openai/v1/chat/completions` with `http://host/v1` becomes `/v1/chat/completions`). Of the
query a short list is kept, for what is not known to be harmless may be a credential or name the caller. A request in another
dialect goes to that dialect's own endpoint, without the client's query.
"""

from __future__ import annotations

from shadowbench.mirror.bodies import ShapedBody
from shadowbench.mirror.plan import CopiedRequest
from shadowbench.records import Dialect
from shadowbench.wire.translation import endpoint_path

# What follows a base path, for the dialects whose path suffix may carry a version.
_ENDPOINTS = {
    Dialect.OPENAI_CHAT: "/chat/completions",
    Dialect.OPENAI_RESPONSES: "/responses",
    Dialect.OPENAI_COMPLETIONS: "/completions",
    Dialect.OPENAI_EMBEDDINGS: "/embeddings",
    Dialect.ANTHROPIC_MESSAGES: "/messages",
    Dialect.OLLAMA_CHAT: "/api/chat",
    Dialect.OLLAMA_GENERATE: "/api/generate",
    Dialect.OLLAMA_EMBED: "/api/embed",
}
# What stands before the endpoint where the candidate's URL has no path.
_BASES = {
    Dialect.OLLAMA_CHAT: b"",
    Dialect.OLLAMA_GENERATE: b"",
    Dialect.OLLAMA_EMBED: b"",
    Dialect.GEMINI: b"/v1beta",
}
_DEFAULT_BASE = b"/v1"
# What chooses an API's form and says nothing about who calls: Anthropic's `beta`, Azure's `api-version`, Gemini's `alt`.
COPIED_PARAMETERS = frozenset({b"beta", b"api-version", b"alt", b"version"})


def target(base_path: bytes, request: CopiedRequest, shaped: ShapedBody) -> bytes:
    """Path and query of the candidate's request."""
    if shaped.dialect is not request.dialect:
        base = base_path or _BASES.get(shaped.dialect, _DEFAULT_BASE)
        return base + endpoint_path(shaped.dialect, shaped.model or "", shaped.stream).encode("ascii")
    query = harmless(request.head.query)
    if not base_path:
        return request.head.path.encode("latin-1") + query
    endpoint = _ENDPOINTS.get(request.dialect, request.endpoint)
    return base_path + endpoint.encode("latin-1") + query


def harmless(query: bytes) -> bytes:
    """A query (with its "?", or empty) less every parameter that is not on the list."""
    if not query:
        return query
    kept = b"&".join(part for part in query[1:].split(b"&") if part.partition(b"=")[0] in COPIED_PARAMETERS)
    return b"?" + kept if kept else b""
