"""The vectors of an embeddings answer, whatever its dialect. Pure."""

from __future__ import annotations

from collections.abc import Callable

from shadowbench.records import Dialect
from shadowbench.wire import ollama, openai_embeddings

_READERS: dict[Dialect, Callable[[bytes], list[list[float]] | None]] = {
    Dialect.OPENAI_EMBEDDINGS: openai_embeddings.vectors_of,
    Dialect.OLLAMA_EMBED: ollama.vectors_of,
}


def vectors_of(dialect: Dialect, body: bytes) -> list[list[float]] | None:
    """The vectors in the order of the inputs; None when there are none, or any that cannot be read."""
    read = _READERS.get(dialect)
    return read(body) if read else None
