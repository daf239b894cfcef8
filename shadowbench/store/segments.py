"""A segment: the columns of some rows in one piece of bytes. Pure.

A row costs SQLite about a microsecond to hand over, and a report reads millions; numpy takes a whole column of a segment in a
few. What a segment holds is what the rows hold, so nobody needs one. Packing does without numpy, which scorers have not
loaded; `columns_segments.Segment` unpacks.

Layout, little-endian: the length of the head (4 bytes), the head (JSON: how many rows, and of each column where its parts
begin, counted from the end of the head), then the parts. A column is a table of its different values and a code for each row,
where it has few of them; else its numbers as they are. Words always have a table, in the head.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

SPAN = 2048
"""Exchanges whose rows make a segment."""

Cell = int | float | str | None
"""What SQLite hands over; no BLOBs. Of one column all are words, or all are numbers."""

LENGTH = struct.Struct("<I")
_FEW = 256  # different values whose codes take one byte each
_WHOLES = ("B", "H", "I", "i")  # as `array` and numpy call them: 1, 2, 4 bytes, and 4 with a sign
_ALIGNED = 8


def page_of(number: int) -> int:
    """Which page the exchange of this number is on."""
    return (number - 1) // SPAN


def packed(columns: Mapping[str, Sequence[Cell]]) -> bytes:
    """A segment of these columns, which are of one length."""
    body = bytearray()
    rows = {len(column) for column in columns.values()}
    if len(rows) > 1:
        raise ValueError("columns of one segment are of one length")
    described = {name: _pack(column, body) for name, column in columns.items()}
    head = orjson.dumps({"rows": rows.pop() if rows else 0, "columns": described})
    head += b" " * (-(LENGTH.size + len(head)) % _ALIGNED)
    return LENGTH.pack(len(head)) + head + bytes(body)


def _pack(column: Sequence[Cell], body: bytearray) -> dict[str, Any]:
    """Put a column's parts behind those that are there; what the head says of it."""
    values = list(dict.fromkeys(column))
    is_word = any(isinstance(value, str) for value in values)
    if not is_word and len(values) > _FEW:
        return _pack_numbers(column, body)
    known: dict[str, Any] = {"values": len(values)}
    if is_word:
        known["words"] = values
    else:
        known["table"] = _add(body, array("d", [float("nan") if value is None else value for value in values]))
    if len(values) > 1:
        code_of = {value: code for code, value in enumerate(values)}
        codes = map(code_of.__getitem__, column)
        known["type"] = kind = "B" if len(values) <= _FEW else "H" if len(values) <= 1 << 16 else "I"
        known["codes"] = _add(body, array(kind, codes))
    return known


def _pack_numbers(column: Sequence[Any], body: bytearray) -> dict[str, Any]:
    for kind in _WHOLES:
        try:
            return {"type": kind, "numbers": _add(body, array(kind, column))}
        except (TypeError, OverflowError):
            pass  # there is a fraction, or none at all, or one that is larger
    reals = array("d", [float("nan") if value is None else value for value in column])
    return {"type": "d", "numbers": _add(body, reals)}


def _add(body: bytearray, part: array[Any]) -> int:
    """Where it begins."""
    if sys.byteorder == "big":
        part.byteswap()
    body += bytes(-len(body) % _ALIGNED)
    at = len(body)
    body += part.tobytes()
    return at


def unpacked_head(data: bytes) -> tuple[dict[str, Any], int]:
    """What the head says, and where the parts begin. Raises ValueError for bytes that are no segment."""
    if len(data) < LENGTH.size:
        raise ValueError("these bytes are no segment")
    (length,) = LENGTH.unpack_from(data)
    begin = LENGTH.size + length
    return orjson.loads(data[LENGTH.size : begin]), begin
