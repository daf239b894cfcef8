"""OpenAI embeddings, and what compatible servers make of them: the shape of an answer, and its vectors. Pure.

A vector is a list of numbers, or the base64 of little-endian 32-bit floats, which SDKs ask for by default.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Mapping
from typing import Any

from shadowbench.records import NO_USAGE, Answer, Embeddings, Usage, UsageSource
from shadowbench.wire import loose_json as loose
from shadowbench.wire.base import Parsed
from shadowbench.wire.provider_error import error_in

_FLOAT_BYTES = 4


def parse_body(body: bytes) -> Parsed:
    """Read a whole answer."""
    try:
        value = loose.load(body)
    except loose.NotJson:
        return Parsed(malformed="not_json")
    if error := error_in(value):
        return Parsed(error=error)
    told = loose.as_mapping(value)
    if not isinstance(told.get("data"), list):
        return Parsed(malformed="no_data")
    vectors = [loose.as_mapping(entry).get("embedding") for entry in told["data"]]
    return Parsed(
        answer=Answer(
            choices=(),
            embeddings=Embeddings(count=len(vectors), dimensions=_dimensions(vectors[0]) if vectors else None),
        ),
        usage=_usage(loose.as_mapping(told.get("usage"))),
        reported_model=loose.as_name(told.get("model")),
        response_id=loose.as_name(told.get("id")),
        ended=True,
    )


def vectors_of(body: bytes) -> list[list[float]] | None:
    """The vectors of a whole answer in the order of the inputs; None when it has any that cannot be read."""
    try:
        entries = loose.as_sequence(loose.as_mapping(loose.load(body)).get("data"))
    except loose.NotJson:
        return None
    placed: list[tuple[int, list[float]]] = []
    for position, entry in enumerate(map(loose.as_mapping, entries)):
        vector = floats_of(entry.get("embedding"))
        if vector is None:
            return None
        index = loose.as_index(entry.get("index"))
        placed.append((position if index is None else index, vector))
    return [vector for _, vector in sorted(placed, key=lambda pair: pair[0])] or None


def floats_of(vector: object) -> list[float] | None:
    """One vector, in either form; None when it is neither."""
    if isinstance(vector, list):
        are_numbers = all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in vector)
        return [float(x) for x in vector] if are_numbers else None
    if not isinstance(vector, str):
        return None
    try:
        raw = base64.b64decode(vector, validate=True)
    except (binascii.Error, ValueError):
        return None
    return None if len(raw) % _FLOAT_BYTES else list(struct.unpack(f"<{len(raw) // _FLOAT_BYTES}f", raw))


def _dimensions(vector: object) -> int | None:
    if isinstance(vector, list):
        return len(vector)
    if isinstance(vector, str):  # four characters hold three bytes, less the padding
        return (len(vector) * 3 // 4 - vector[-2:].count("=")) // _FLOAT_BYTES
    return None


def _usage(usage: Mapping[str, Any]) -> Usage:
    """Nothing is generated, so that a total alone (Voyage) is what was read."""
    count = loose.as_count(usage.get("prompt_tokens"))
    count = loose.as_count(usage.get("total_tokens")) if count is None else count
    return NO_USAGE if count is None else Usage(source=UsageSource.REPORTED, input_tokens=count)
