"""What the scripted provider says. How each wire format writes it is in `formats`. Pure: the same request, the same bytes.

A word is a token. The answer to a prompt is drawn from the prompt's own words and a small vocabulary, seeded by the
prompt; a temperature above 1 draws a different one for every `salt`, so that a hot candidate differs as real ones do. So the
same question asked in two wire formats has one answer.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import struct

from shadowbench.endpoints.formats import (
    anthropic_messages,
    gemini,
    ollama_chat,
    ollama_embed,
    ollama_generate,
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_responses,
)
from shadowbench.endpoints.formats.base import CREATED_AT, DEFAULT_TOKENS, JSON, Asked, Format, Said, dump
from shadowbench.records import Dialect

__all__ = [
    "CREATED_AT",
    "Asked",
    "Said",
    "as_error",
    "as_error_event",
    "as_events",
    "as_json",
    "content_type",
    "dialect_of",
    "read",
    "say",
]

_WORDS = (
    "first then because often rarely water light engine table river garden number reason answer simple careful "
    "between under after before small large clear quiet open early north paper metal window letter market signal"
)
# By the end of the path, in this order: "/chat/completions" ends in "/completions".
_SUFFIXES = (
    ("/chat/completions", Dialect.OPENAI_CHAT),
    ("/responses", Dialect.OPENAI_RESPONSES),
    ("/completions", Dialect.OPENAI_COMPLETIONS),
    ("/embeddings", Dialect.OPENAI_EMBEDDINGS),
    ("/messages", Dialect.ANTHROPIC_MESSAGES),
    ("/api/chat", Dialect.OLLAMA_CHAT),
    ("/api/generate", Dialect.OLLAMA_GENERATE),
    ("/api/embed", Dialect.OLLAMA_EMBED),
    (gemini.WHOLE, Dialect.GEMINI),
    (gemini.STREAM, Dialect.GEMINI),
)
_FORMATS: dict[Dialect, Format] = {
    Dialect.OPENAI_CHAT: openai_chat.FORMAT,
    Dialect.OPENAI_RESPONSES: openai_responses.FORMAT,
    Dialect.OPENAI_COMPLETIONS: openai_completions.FORMAT,
    Dialect.OPENAI_EMBEDDINGS: openai_embeddings.FORMAT,
    Dialect.ANTHROPIC_MESSAGES: anthropic_messages.FORMAT,
    Dialect.OLLAMA_CHAT: ollama_chat.FORMAT,
    Dialect.OLLAMA_GENERATE: ollama_generate.FORMAT,
    Dialect.OLLAMA_EMBED: ollama_embed.FORMAT,
    Dialect.GEMINI: gemini.FORMAT,
}


def dialect_of(target: str) -> Dialect:
    """The wire format of a path, by its end; a query does not matter."""
    path = target.partition("?")[0]
    return next((dialect for suffix, dialect in _SUFFIXES if path.endswith(suffix)), Dialect.UNKNOWN)


def read(target: str, body: bytes) -> Asked | None:
    """What a request asks, or None when it is none the script knows. `target` is the path, with its query if there is one."""
    format_ = _FORMATS.get(dialect_of(target))
    try:
        request = json.loads(body)
    except ValueError:
        return None
    return format_.read(request, target) if format_ and isinstance(request, dict) else None


def say(asked: Asked, salt: int = 0) -> Said:
    """The answer to a request. `salt` matters only above temperature 1."""
    salt = salt if asked.temperature > 1 else 0
    seed = hashlib.sha256(f"{asked.prompt}\0{salt}".encode()).hexdigest()
    chance = random.Random(seed)
    full = chance.randint(8, DEFAULT_TOKENS)
    words = [*re.findall(r"\w+", asked.prompt)[-8:], *_WORDS.split()]
    tokens = tuple(("" if n == 0 else " ") + chance.choice(words) for n in range(min(full, asked.max_tokens)))
    arguments = json.dumps({name: chance.choice(words) for name in asked.parameters})
    is_text = not asked.tool and not asked.inputs
    return Said(
        id=seed[:24],
        tokens=tokens if is_text else (),
        call=arguments if asked.tool else None,
        cut=is_text and full > asked.max_tokens,
        input_tokens=len(asked.prompt.split()),
        vectors=tuple(_vector(text, asked.dimensions) for text in asked.inputs),
    )


def as_json(asked: Asked, said: Said) -> bytes:
    """The whole answer in the request's wire format."""
    return dump(_FORMATS[asked.dialect].whole(asked, said))


def as_events(asked: Asked, said: Said) -> list[bytes]:
    """The streamed answer, one event (or line, or element) each."""
    return list(_FORMATS[asked.dialect].events(asked, said))


def content_type(asked: Asked) -> str:
    """The content type of the answer."""
    return _FORMATS[asked.dialect].stream_type(asked) if asked.stream else JSON


def as_error(dialect: Dialect, kind: str, message: str) -> bytes:
    """An error body as the provider of that wire format writes it."""
    return dump(_FORMATS.get(dialect, openai_chat.FORMAT).error(kind, message))


def as_error_event(asked: Asked, kind: str, message: str) -> bytes:
    """An error as it comes in the middle of a stream."""
    return _FORMATS[asked.dialect].error_event(asked, as_error(asked.dialect, kind, message))


def _vector(text: str, dimensions: int) -> tuple[float, ...]:
    """A direction of the text's own. Its numbers are 32-bit floats, so that each form of a vector is exact."""
    chance = random.Random(hashlib.sha256(text.encode()).hexdigest())
    numbers = [chance.uniform(-1, 1) for _ in range(dimensions)]
    return struct.unpack(f"<{dimensions}f", struct.pack(f"<{dimensions}f", *numbers))
