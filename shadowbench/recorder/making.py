"""Records made in a third of the time. Pure.

A frozen dataclass sets each of its fields by a call: an observation with its timing takes 4 µs of them, and a pair has two.
Here the fields go into an open twin of the class, which is the same in memory, and then becomes the record: as frozen as any
other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


def maker_of(record: Callable[P, R]) -> Callable[P, R]:
    """What makes the same as `record` does: a frozen dataclass with slots, fields by keyword, and no `__post_init__`."""

    def become(twin: Any) -> None:
        twin.__class__ = record

    fields = [
        (each.name, Any, dataclasses.field(default=each.default, default_factory=each.default_factory))
        for each in dataclasses.fields(cast(Any, record))
    ]
    twin = dataclasses.make_dataclass(
        "Twin", fields, namespace={"__post_init__": become}, slots=True, kw_only=True, eq=False, repr=False
    )
    return cast(Callable[P, R], twin)
