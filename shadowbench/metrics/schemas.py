"""JSON Schema, as metrics use it: compiled once per schema, never fetching anything, in time that no pattern can blow up.

Formats are annotations (JSON Schema 2020-12, Validation §7.2.1: assertion is optional), and so not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

# Steps of one pattern with lookarounds on one text: 2 ms. Past them the text does not match.
_BACKTRACKS = 100_000


class SchemaError(ValueError):
    """What was given as a schema is none that can be used: not valid, or it refers to something that is elsewhere."""


def is_valid(value: Any, schema: Mapping[str, Any] | bool) -> bool:
    """Whether a JSON value is as the schema says. Raises SchemaError."""
    validator = _validator(_canonical(schema))
    try:
        return bool(validator.is_valid(value))
    except ValueError:  # a lone surrogate, which JSON text cannot have (RFC 8259 §8.2)
        return False


def check_schema(schema: Mapping[str, Any] | bool) -> None:
    """Raise SchemaError unless this is a schema that can be used."""
    _validator(_canonical(schema))


def _canonical(schema: Mapping[str, Any] | bool) -> bytes:
    try:
        return orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:  # what is not JSON, or nested beyond measure
        raise SchemaError(str(error)) from None


@lru_cache(maxsize=256)  # requests of one application have few schemas
def _compiled(canonical: bytes) -> Any:
    """A validator, or the reason why there is none."""
    import jsonschema_rs  # 45 ms, and only where a schema is known

    try:
        return jsonschema_rs.validator_for(
            orjson.loads(canonical),
            validate_formats=False,
            retriever=_refuse,
            pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACKS),
        )
    except (ValueError, TypeError) as error:
        return str(error).partition("\n")[0]


def _validator(canonical: bytes) -> Any:
    compiled = _compiled(canonical)
    if isinstance(compiled, str):
        raise SchemaError(compiled)
    return compiled


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri} is not part of the schema, and nothing is fetched")
