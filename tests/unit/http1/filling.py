"""Heads as the parsers' events fill them."""

from __future__ import annotations

from typing import TypeVar

from shadowbench.http1 import heads
from shadowbench.http1.heads import MessageHead

Head = TypeVar("Head", bound=MessageHead)


def filled(head: Head, *fields: tuple[bytes, bytes]) -> Head:
    """`head` with these header lines."""
    for name, value in fields:
        kind = heads.kind_of(name)
        if kind == heads.PLAIN:
            head.fields += name, b": ", value, b"\r\n"
        else:
            head.special(kind, name, value)
    return head
