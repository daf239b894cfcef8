"""Reading JSON that strangers wrote: every getter takes whatever is there and answers with the type asked for, or None. Pure.

orjson is quick and strict. What it refuses and vendor SDKs accept (escaped lone surrogates, `NaN` in log probabilities) is
given to the standard library before it counts as malformed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

# Above it a number counts nothing that an answer has: it would make costs absurd, and columns of 64 bits overflow.
MAX_COUNT = 2**31 - 1


class NotJson(ValueError):
    """The bytes are not JSON. Never leaves this package."""


def load(data: bytes) -> Any:
    """The value that `data` holds. Raises NotJson."""
    try:
        return orjson.loads(data)
    except ValueError:
        pass
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None


def dump(value: Any) -> str:
    """`value` as compact JSON text."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_mapping(value: object) -> Mapping[str, Any]:
    """`value` when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_sequence(value: object) -> Sequence[Any]:
    """`value` when it is an array, else an empty one."""
    return value if isinstance(value, list) else ()


def as_text(value: object) -> str | None:
    """`value` when it is a string."""
    return value if isinstance(value, str) else None


def as_name(value: object) -> str | None:
    """`value`, made sound, when it is a string that says something: gateways send "" for what they do not know."""
    if not isinstance(value, str) or not value:
        return None
    return value if value.isascii() else sound(value)


def as_count(value: object) -> int | None:
    """`value` when it is a whole number from zero to `MAX_COUNT`. Some gateways write 12.0; booleans are no numbers."""
    if type(value) is int:  # nearly always
        return value if 0 <= value <= MAX_COUNT else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    whole = isinstance(value, int) or value.is_integer()
    return int(value) if whole and 0 <= value <= MAX_COUNT else None


def as_index(value: object) -> int | None:
    """`value` when it is a position in a list."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def sound(text: str) -> str:
    """`text` as real Unicode: halves of a surrogate pair that came in two deltas are joined, lone ones become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
