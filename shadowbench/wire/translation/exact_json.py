"""JSON in and out without loss: whole numbers of any size, escaped lone surrogates, no member twice, nothing infinite. Pure.

orjson reads whole numbers beyond 64 bits as floats, so the standard library reads here. Floats are Python's: digits beyond a
double's are lost, as at the providers.
"""

from __future__ import annotations

import json
import math
from typing import Any

import orjson

from shadowbench.wire.translation.refusals import NoWord, Reason


def read(body: bytes) -> Any:
    """The value of a body, which is UTF-8 (RFC 8259)."""
    try:
        return read_text(body.decode())
    except UnicodeDecodeError:
        raise NoWord(Reason.NOT_READABLE) from None


def read_text(text: str) -> Any:
    """The value of a JSON text."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise NoWord(Reason.NOT_READABLE) from None


def write(value: Any) -> bytes:
    """`value` as compact JSON."""
    try:
        return orjson.dumps(value)
    except TypeError:  # integers beyond 64 bits, lone surrogates, deep nesting
        pass
    try:
        return json.dumps(value, separators=(",", ":")).encode()
    except RecursionError:
        raise NoWord(Reason.NOT_READABLE) from None


def read_arguments(text: str) -> dict[str, Any]:
    """The arguments of a tool call, for dialects that want them as an object."""
    try:
        arguments = read_text(text)
    except NoWord:
        arguments = None
    if not isinstance(arguments, dict):
        raise NoWord(Reason.TOOL_ARGUMENTS)
    return arguments


def write_arguments(arguments: object) -> str:
    """The arguments of a tool call, for dialects that want them as text."""
    if not isinstance(arguments, dict):
        raise NoWord(Reason.NOT_READABLE)
    return write(arguments).decode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member twice: readers differ on which one counts")
    return members


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError("no double holds this number")
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_finite, parse_constant=_refuse)
