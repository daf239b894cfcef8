"""Whether an answer is JSON, and whether it is the JSON that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import orjson

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Absent, Need, Value, metric
from shadowbench.metrics.schemas import SchemaError, check_schema, is_valid
from shadowbench.metrics.structure.fences import unfenced
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape

Kind = Literal["any", "object", "array"]
_KINDS: Mapping[str, type] = {"any": object, "object": dict, "array": list}


@metric(version="1", shape=Shape.SIDES, direction=Direction.HIGHER, low=0, high=1, needs=(Need.TEXT,))
def json_valid(side: Side, *, kind: Kind = "any", fenced: bool = False, only_asked: bool = False) -> Value:
    """Whether the whole answer is one JSON value."""
    if only_asked and side.request.json_format is None:
        return Absent("json_not_asked")
    try:
        return isinstance(json_of(side, fenced), _KINDS[kind])
    except ValueError:
        return 0.0


def _check(*, schema: Mapping[str, Any] | None, fenced: bool) -> None:
    try:
        check_schema({} if schema is None else schema)
    except SchemaError as error:
        raise ConfigurationError(f"json_schema: the schema cannot be used: {error}") from None


@metric(
    version="1",
    shape=Shape.SIDES,
    direction=Direction.HIGHER,
    low=0,
    high=1,
    needs=(Need.TEXT,),
    check=_check,
)
def json_schema(side: Side, *, schema: Mapping[str, Any] | None = None, fenced: bool = False) -> Value:
    """Whether the answer is JSON as a schema says: the one configured, else the one that the request asks for."""
    asked = side.request.json_format
    wanted = schema if schema is not None else asked and asked.schema
    if wanted is None:
        return Absent("no_schema")
    try:
        return is_valid(json_of(side, fenced), wanted)
    except SchemaError:
        return Absent("bad_schema")
    except ValueError:
        return 0.0


def json_of(side: Side, fenced: bool) -> Any:
    """The answer's JSON value. Raises ValueError when it is none; `fenced`: a code fence around it does not count."""
    if side.has_json or not fenced:
        return side.json
    return parsed(side.text or "", fenced)


def parsed(text: str, fenced: bool) -> Any:
    """The JSON value that a text is. Raises ValueError when it is none."""
    return orjson.loads(unfenced(text) if fenced else text)
