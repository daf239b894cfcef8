"""Which moments have a name: those of the calendar, in the years 1 to 9999. Pure."""

from __future__ import annotations

FIRST = -62_135_596_800.0
"""0001-01-01T00:00:00Z in Unix seconds."""
END = 253_402_300_800.0
"""10000-01-01T00:00:00Z, the first moment that is beyond."""


def on_the_calendar(at: float) -> bool:
    """Whether Unix seconds are a moment that can be written as a date; what is not a number is none."""
    return FIRST <= at < END
