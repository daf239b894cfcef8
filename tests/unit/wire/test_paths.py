"""Which dialect a path speaks."""

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.paths import dialect_of


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/v1/chat/completions", Dialect.OPENAI_CHAT),
        ("/v1/chat/completions?beta=true", Dialect.OPENAI_CHAT),
        ("/chat/completions/", Dialect.OPENAI_CHAT),
        ("/openai/v1/chat/completions", Dialect.OPENAI_CHAT),
        ("/openai/deployments/gpt/chat/completions?api-version=2024-02-01", Dialect.OPENAI_CHAT),
        ("/v1/messages", Dialect.ANTHROPIC_MESSAGES),
        ("/anthropic/v1/messages?beta=true", Dialect.ANTHROPIC_MESSAGES),
        ("/v1/responses", Dialect.OPENAI_RESPONSES),
        ("/v1/completions", Dialect.OPENAI_COMPLETIONS),
        ("/v1/embeddings", Dialect.OPENAI_EMBEDDINGS),
        ("/api/chat", Dialect.OLLAMA_CHAT),
        ("/ollama/api/generate", Dialect.OLLAMA_GENERATE),
        ("/api/embed", Dialect.OLLAMA_EMBED),
        ("/api/pull", Dialect.UNKNOWN),
        ("/v1beta/models/gemini:generateContent", Dialect.UNKNOWN),  # spoken to candidates only
        ("/v1/messages/batches", Dialect.UNKNOWN),
        ("/v1/messages/count_tokens", Dialect.UNKNOWN),
        ("/v1/threads/t_1/messages", Dialect.UNKNOWN),
        ("/v1/responses/compact", Dialect.UNKNOWN),
        ("/v1/xchat/xcompletions", Dialect.UNKNOWN),
        ("/V1/CHAT/COMPLETIONS", Dialect.UNKNOWN),
        ("/", Dialect.UNKNOWN),
        ("", Dialect.UNKNOWN),
        ("/x?next=/v1/messages", Dialect.UNKNOWN),
    ],
)
def test_the_end_of_the_path_tells(path: str, dialect: Dialect) -> None:
    assert dialect_of(path) is dialect
