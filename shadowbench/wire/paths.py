"""Which dialect a request path speaks, by its end: gateways put prefixes in front (`/openai/v1`, `/deployments/x`). Pure."""

from __future__ import annotations

from shadowbench.records import Dialect

# Matched at a segment boundary, in this order: "/chat/completions" before "/completions". "/messages" alone is not enough,
# since OpenAI's "/v1/threads/{id}/messages" ends so as well.
_SUFFIXES = (
    ("/chat/completions", Dialect.OPENAI_CHAT),
    ("/v1/messages", Dialect.ANTHROPIC_MESSAGES),
    ("/responses", Dialect.OPENAI_RESPONSES),
    ("/completions", Dialect.OPENAI_COMPLETIONS),
    ("/embeddings", Dialect.OPENAI_EMBEDDINGS),
    ("/api/chat", Dialect.OLLAMA_CHAT),
    ("/api/generate", Dialect.OLLAMA_GENERATE),
    ("/api/embed", Dialect.OLLAMA_EMBED),
)


def dialect_of(path: str) -> Dialect:
    """The dialect of `path`; a query and one trailing slash do not matter, letter case does."""
    bare = path.partition("?")[0].removesuffix("/")
    return next((dialect for suffix, dialect in _SUFFIXES if bare.endswith(suffix)), Dialect.UNKNOWN)
