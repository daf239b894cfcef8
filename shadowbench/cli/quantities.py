"""Ages, sizes and moments as people write them: 30d, 1.5GB, 2025-10-09T12:00. Pure."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from shadowbench.errors import ConfigurationError
from shadowbench.report.moments import on_the_calendar

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_BYTES = {
    "": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40,
}  # fmt: skip
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")


def seconds_of(text: str, what: str) -> float:
    """A duration: 90s, 30m, 12h, 30d, 4w. `what` names the option in errors."""
    number, unit = _parts(text)
    if unit.lower() not in _SECONDS:
        raise ConfigurationError(f"{what}: {text!r} is no duration; write 90s, 30m, 12h, 30d or 4w")
    return number * _SECONDS[unit.lower()]


def bytes_of(text: str, what: str) -> int:
    """A size: 500MB, 1.5GB, 2GiB, or plain bytes."""
    number, unit = _parts(text)
    if unit.upper() not in _BYTES or number < 0:
        raise ConfigurationError(f"{what}: {text!r} is no size; write 500MB, 1.5GB or 2GiB")
    return int(number * _BYTES[unit.upper()])


def moment_of(text: str, what: str, now: float) -> float:
    """A point in time as Unix seconds: a date, a date and time (UTC unless it says otherwise), or how long ago, as 7d."""
    at = now - seconds_of(text, what) if _QUANTITY.fullmatch(text) else _written(text, what)
    if not on_the_calendar(at):
        raise ConfigurationError(f"{what}: {text} is beyond the calendar, the years 1 to 9999; leave it out")
    return at


def span_of(since: str | None, until: str | None, now: float) -> tuple[float | None, float | None]:
    """The moments of --since and --until as they were typed. Raises ConfigurationError where nothing can lie between them."""
    begin = None if since is None else moment_of(since, "--since", now)
    end = None if until is None else moment_of(until, "--until", now)
    if begin is not None and end is not None and end <= begin:
        raise ConfigurationError(f"--until {until} is not after --since {since}: nothing lies between them")
    return begin, end


def as_size(size: float) -> str:
    """A size for reading: three digits or so."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def counted(count: int, one: str) -> str:
    """`1 exchange`, `1,234 exchanges`."""
    return f"{count:,} {one if count == 1 else one + 's'}"


def _written(text: str, what: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{what}: {text!r} is no time; write 2025-10-09, 2025-10-09T12:00 or 7d") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _parts(text: str) -> tuple[float, str]:
    """Number and unit; a number with more digits than there are numbers for is none."""
    found = _QUANTITY.fullmatch(text.strip())
    return (float(found[1]), found[2]) if found and math.isfinite(float(found[1])) else (-1.0, "?")
