"""Exported JSON lines as exchanges again: the inverse of `flat.as_json_line`. Pure."""

from __future__ import annotations

import base64
import dataclasses
import json
import types
import typing
from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import Any

import orjson

from shadowbench.records import CandidateResult, Exchange, Observation


class BadLineError(ValueError):
    """A line that is no exported pair; the message says where in it."""


def exchange_of_line(line: bytes) -> Exchange:
    """The exchange of one line, with the one candidate that the line is about. Raises BadLineError."""
    document = _object(_parsed(line), "the line")
    body = _request(document)
    production = _observation(document, "production")
    result = {
        "observation": _observation(document, "candidate"),
        "inclusion_probability": _as(float, _member(document, "inclusion_probability"), "inclusion_probability"),
        "config_hash": _as(str, _member(document, "config_hash"), "config_hash"),
    }
    told = _object(_member(document, "exchange"), "exchange")
    fields = _fields(Exchange, told, "exchange", apart=_APART)
    return Exchange(**fields, **body, production=production, candidates=(CandidateResult(**result),))


_APART = frozenset({"request_body", "request_headers", "production", "candidates"})


def joined(exchanges: Iterator[Exchange]) -> Iterator[Exchange]:
    """Exchanges that follow each other with one id are one, with the candidates of all; a candidate counts once."""
    whole: Exchange | None = None
    for exchange in exchanges:
        if whole is None or whole.id != exchange.id:
            if whole is not None:
                yield whole
            whole = exchange
            continue
        names = {result.observation.endpoint for result in whole.candidates}
        new = tuple(result for result in exchange.candidates if result.observation.endpoint not in names)
        whole = dataclasses.replace(whole, candidates=whole.candidates + new)
    if whole is not None:
        yield whole


def _parsed(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except ValueError:
        pass
    try:
        return json.loads(line)  # lone surrogates and integers beyond 64 bits, which an export may hold
    except (ValueError, RecursionError) as error:
        raise BadLineError(f"not JSON: {error}") from None


def _request(document: dict[str, Any]) -> dict[str, Any]:
    told = _object(_member(document, "request"), "request")
    headers = _as(tuple[tuple[str, str], ...], _member(told, "headers", "request."), "request.headers")
    return {"request_headers": headers, "request_body": _body(told, "request")}


def _observation(document: dict[str, Any], side: str) -> Observation:
    told = _object(_member(document, side), side)
    body = _body(told, side)
    fields = {name: value for name, value in told.items() if name not in ("body", "body_base64")}
    return Observation(**_fields(Observation, fields, side, apart=frozenset({"body"})), body=body)


def _body(told: dict[str, Any], where: str) -> bytes | None:
    if "body_base64" in told:
        coded = _as(str, told["body_base64"], f"{where}.body_base64")
        try:
            return base64.b64decode(coded, validate=True)
        except ValueError:  # binascii.Error is one, and letters beyond ASCII raise it bare
            raise BadLineError(f"{where}.body_base64 is not base64") from None
    text = _as(str | None, told.get("body"), f"{where}.body")
    return None if text is None else text.encode("utf-8", "surrogatepass")


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadLineError(f"{where} is not a JSON object")
    return value


def _member(document: dict[str, Any], name: str, where: str = "") -> Any:
    if name not in document:
        raise BadLineError(f"{where}{name} is missing")
    return document[name]


def _as(kind: Any, value: Any, where: str) -> Any:
    """The value as the annotated type `kind`; raises BadLineError when it is something else."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _as(next(each for each in arguments if each is not type(None)), value, where)
    if origin is tuple:
        return _as_tuple(arguments, value, where)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return kind(**_fields(kind, _object(value, where), where))
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError:
            raise BadLineError(f"{where} is {value!r:.80}, which this shadowbench does not know") from None
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise BadLineError(f"{where} is {value!r:.80}, not {_NAMES.get(kind, kind)}")
    return value


_NAMES = {str: "text", int: "an integer", float: "a number", bool: "true or false"}


def _as_tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise BadLineError(f"{where} is not an array")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_as(arguments[0], each, f"{where}[{place}]") for place, each in enumerate(value))
    if len(value) != len(arguments):
        raise BadLineError(f"{where} has {len(value)} members, not {len(arguments)}")
    return tuple(_as(each, item, where) for each, item in zip(arguments, value, strict=True))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


@cache
def _needed(kind: type) -> frozenset[str]:
    missing = dataclasses.MISSING
    return frozenset(
        each.name for each in dataclasses.fields(kind) if each.default is missing and each.default_factory is missing
    )


def _fields(kind: type, told: dict[str, Any], where: str, apart: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The arguments of a record. What an older export did not tell has its default; a name nobody knows is an error."""
    hints = _hints(kind)
    if unknown := told.keys() - hints.keys() - apart:
        raise BadLineError(f"{where}.{min(unknown)} is unknown; was this exported by a newer shadowbench?")
    if absent := _needed(kind) - apart - told.keys():
        raise BadLineError(f"{where}.{min(absent)} is missing")
    return {name: _as(hints[name], value, f"{where}.{name}") for name, value in told.items() if name not in apart}
