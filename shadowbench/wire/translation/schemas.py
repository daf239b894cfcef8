"""Whether a schema can be enforced. Pure.

The vendors that hold answers to a schema ask for closed objects: no further members anywhere (OpenAI, Anthropic), and every
member required (OpenAI: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_SUBSCHEMAS = ("properties", "$defs", "definitions")  # by name
_ALTERNATIVES = ("anyOf", "oneOf", "allOf", "prefixItems")


def is_closed(schema: Mapping[str, Any], *, all_required: bool) -> bool:
    """Whether every object of `schema` is closed and, if asked for, has all its members required."""
    return all(_is_closed_object(part, all_required) for part in _parts(schema) if _is_object(part))


def uses_only(schema: Mapping[str, Any], keywords: frozenset[str]) -> bool:
    """Whether `schema` says nothing with other keywords."""
    return all(part.keys() <= keywords for part in _parts(schema))


def _is_object(part: Mapping[str, Any]) -> bool:
    kind = part.get("type")
    return kind == "object" or "properties" in part or (isinstance(kind, list) and "object" in kind)


def _is_closed_object(part: Mapping[str, Any], all_required: bool) -> bool:
    if part.get("additionalProperties") is not False:
        return False
    properties, required = part.get("properties") or {}, part.get("required") or []
    return not all_required or (isinstance(required, list) and set(properties) == set(required))


def _parts(schema: object) -> Iterator[Mapping[str, Any]]:
    """`schema` and every schema within."""
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword in _SUBSCHEMAS:
        named = schema.get(keyword)
        for part in named.values() if isinstance(named, dict) else ():
            yield from _parts(part)
    for keyword in _ALTERNATIVES:
        listed = schema.get(keyword)
        for part in listed if isinstance(listed, list) else ():
            yield from _parts(part)
    yield from _parts(schema.get("items"))
