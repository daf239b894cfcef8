"""The calls of an answer, with their arguments in a form that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from shadowbench.metrics.base import Absent
from shadowbench.metrics.view import Request, Side
from shadowbench.records import ToolCall

_EXACT = 2**53
"""Whole numbers below it are the same as integers and as IEEE doubles."""


class Call(NamedTuple):
    """A call that the client is to run. `key` is equal for equal arguments, whatever the order of their members."""

    name: str
    is_json: bool
    arguments: Any  # the JSON value; the text itself where it is not JSON
    key: bytes

    @property
    def identity(self) -> tuple[str, bytes]:
        """What makes two calls the same."""
        return self.name, self.key


def calls_of(side: Side) -> Sequence[Call]:
    """The calls of the first alternative, in order."""
    return [_read(call) for call in side.first.tool_calls if call.kind != "server"]


def why_nothing(request: Request) -> Absent | None:
    """Why an answer without calls says nothing about calling; None where the request offers tools."""
    if request.json is None:
        return Absent("no_request")
    return None if request.tools else Absent("no_tools")


def _read(call: ToolCall) -> Call:
    # Some servers send no arguments at all for a function that takes none.
    text = call.arguments.strip() or ("" if call.kind == "custom" else "{}")
    try:
        value = orjson.loads(text)
        return Call(call.name, True, value, _canonical(value))
    except (ValueError, TypeError, RecursionError):  # not JSON, or nested beyond all measure
        return Call(call.name, False, text, text.encode("utf-8", "surrogatepass"))


def _canonical(value: Any) -> bytes:
    """As RFC 8785 has it, as far as equality goes: members sorted, and 1.0 is 1."""
    return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
