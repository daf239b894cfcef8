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
    properties, required = part.get("properties", {}), part.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return False
    return not all_required or all(name in required for name in properties)


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """`schema` and every schema within."""
    waiting: list[object] = [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict):
            continue
        yield part
        waiting.append(part.get("items"))
        for keyword in _SUBSCHEMAS:
            named = part.get(keyword)
            waiting.extend(named.values() if isinstance(named, dict) else ())
        for keyword in _ALTERNATIVES:
            listed = part.get(keyword)
            waiting.extend(listed if isinstance(listed, list) else ())
