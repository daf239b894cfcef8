"""Whether copies are whole: a low rate of bodies of every size, each copy compared with what was sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What one mirror delivered of requests of one size."""

    name: str
    size: int
    sent: int
    received: int
    identical: int  # method and body the same
