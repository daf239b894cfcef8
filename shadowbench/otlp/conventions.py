"""OpenTelemetry's names for what GenAI calls are, and our facts in its words. Pure.

Semantic conventions 1.41.0, the last numbered version that has them
(https://github.com/open-telemetry/semantic-conventions/tree/v1.41.0/docs/gen-ai): status Development. Their successor,
https://github.com/open-telemetry/semantic-conventions-genai, has no version yet and renames metrics. The names are written
out here because the package of constants marks all of them as deprecated.
"""

from __future__ import annotations

from typing import Final

from shadowbench.otlp.call import Call
from shadowbench.records import Dialect, Outcome

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.41.0"

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
RESPONSE_MODEL: Final = "gen_ai.response.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
RESPONSE_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_CREATION_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
TOKEN_TYPE: Final = "gen_ai.token.type"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
ERROR_TYPE: Final = "error.type"
STATUS_CODE: Final = "http.response.status_code"

# What the conventions have no name for.
TARGET: Final = "shadowbench.target"
EXCHANGE: Final = "shadowbench.exchange.id"
OUTCOME: Final = "shadowbench.outcome"
REASON: Final = "shadowbench.reason"
COST: Final = "shadowbench.cost_usd"
FIRST_TOKEN: Final = "shadowbench.time_to_first_token"
ATTEMPT: Final = "shadowbench.attempt"

UNKNOWN: Final = "unknown"

_OPERATIONS = {
    Dialect.OPENAI_CHAT: "chat",
    Dialect.OPENAI_RESPONSES: "chat",
    Dialect.ANTHROPIC_MESSAGES: "chat",
    Dialect.OLLAMA_CHAT: "chat",
    Dialect.OPENAI_COMPLETIONS: "text_completion",
    Dialect.OLLAMA_GENERATE: "text_completion",
    Dialect.OPENAI_EMBEDDINGS: "embeddings",
    Dialect.OLLAMA_EMBED: "embeddings",
    Dialect.GEMINI: "generate_content",
}
# Whose format it is: what the conventions ask for where nothing better is known.
_FORMATS = {"openai": "openai", "anthropic": "anthropic", "gemini": "gcp.gemini", "ollama": "ollama"}
# genai-prices' ids of providers where OpenTelemetry's differ.
_PROVIDERS = {
    "aws": "aws.bedrock",
    "azure": "azure.ai.openai",
    "google": "gcp.gemini",
    "mistral": "mistral_ai",
    "x-ai": "x_ai",
}
# The client left, or nothing went wrong: no error of the call.
_NO_ERROR = frozenset({Outcome.OK, Outcome.CLIENT_CANCELLED})


def operation_of(dialect: Dialect) -> str:
    """gen_ai.operation.name."""
    return _OPERATIONS.get(dialect, UNKNOWN)


def provider_of(known: str, dialect: Dialect) -> str:
    """gen_ai.provider.name: by genai-prices' id of who bills, else by whose format is spoken."""
    return _PROVIDERS.get(known, known) or _FORMATS.get(dialect.value.partition(".")[0], UNKNOWN)


def error_type_of(call: Call) -> str | None:
    """error.type: the status of an answer that was an error, else our outcome; None for what went well."""
    if call.outcome in _NO_ERROR:
        return None
    if call.outcome is Outcome.HTTP_ERROR and call.status is not None:
        return str(call.status)
    if call.outcome is Outcome.NOT_SENT and call.tries:  # it was not tried again
        last = call.tries[-1]
        return last.reason if last.status is None else str(last.status)
    return call.outcome.value
