"""Numbers as people read them: three digits that count, the unit that fits, a true minus, and a dash where there is none.

An interval says how many digits of it mean something: two of its half width, or one where that begins with 3 or more; all three
numbers have the same decimals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from shadowbench.report.words.codes import reason
from shadowbench.stats.estimates import Estimate

ABSENT = "–"
MINUS = "\N{MINUS SIGN}"
_DIGITS = 3
_MOST_DECIMALS = 9
_SECONDS = ((1.0, "s", 1.0), (1e-3, "ms", 1e3), (0.0, "µs", 1e6))  # from this many seconds on, the unit and its factor
_SPANS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))
_ONE_DIGIT_FROM = 3.0  # a half width that begins so is known well enough by one digit
_LEAST_WIDTH = 1e-15  # narrower ones are rounding
_LEAST_P = 0.001
_FORESEEN_DAYS = 365.0  # beyond, no traffic is as it is today


@dataclass(frozen=True, slots=True)
class _Unit:
    """How values of a unit are written: `before`, the value times `factor`, `after`."""

    factor: float = 1.0
    before: str = ""
    after: str = ""
    least_decimals: int = 0  # of values that have any


def number(value: float | None, unit: str = "", *, signed: bool = False) -> str:
    """One value: `1.23 s`, `12 ms`, `340 µs`, `$0.0012`, `12,345 tokens`, `−0.031`; `–` for None. `signed`: a plus is told."""
    if value is None or math.isnan(value):
        return ABSENT
    form = _unit(unit, abs(value))
    sign, digits = _sign(value, signed), _plain(abs(value) * form.factor, form)
    return f"{sign}{form.before}{digits}{form.after}"


def between(value: float | None, low: float | None, high: float | None, unit: str = "", *, signed: bool = False) -> str:
    """A value with its interval, in one unit and with the same decimals: `−0.031 [−0.052, −0.010]`, `340 [310, 372] ms`."""
    if value is None or low is None or high is None:
        return number(value, unit, signed=signed)
    form = _unit(unit, max((abs(x) for x in (value, low, high) if math.isfinite(x)), default=0.0))
    decimals = _decimals_of((high - low) / 2 * form.factor, abs(value) * form.factor)
    told = [
        f"{_sign(_rounded(x * form.factor, decimals), signed)}{form.before}{_fixed(abs(x) * form.factor, decimals)}"
        for x in (value, low, high)
    ]
    return f"{told[0]} [{told[1]}, {told[2]}]{form.after}"


def interval(estimate: Estimate, unit: str = "", *, signed: bool = False) -> str:
    """`between` of an estimate; where there is no interval, the value and why: `0.031 (no interval: too few …)`."""
    if estimate.low is not None and estimate.high is not None:
        return between(estimate.value, estimate.low, estimate.high, unit, signed=signed)
    why = "" if estimate.reason is None else f": {reason(estimate.reason)}"
    return f"{number(estimate.value, unit, signed=signed)} (no interval{why})"


def shares(value: float | None, low: float | None, high: float | None) -> str:
    """A share with its interval, in percent: `48 % [45 %, 51 %]`."""
    if value is None or low is None or high is None:
        return share(value)
    decimals = _decimals_of((high - low) / 2 * 100, 100.0)
    told = [
        f"{_sign(_rounded(x * 100, decimals), False)}{_fixed(abs(x) * 100, decimals)} %" for x in (value, low, high)
    ]
    return f"{told[0]} [{told[1]}, {told[2]}]"


def p_value(p: float | None) -> str:
    """`p = 0.032`, `p < 0.001`; `–` for None."""
    if p is None:
        return ABSENT
    return f"p < {_LEAST_P}" if p < _LEAST_P else f"p = {_fixed(p, 3 if p < 0.1 else 2)}"


def share(part: float | None) -> str:
    """A share in percent: `48 %`, `0.4 %`, `99.97 %`; `–` for None. What is not all is never told as 100 %, nor as 0 %."""
    if part is None or not math.isfinite(percent := part * 100):
        return ABSENT
    distance = min(abs(percent), abs(100 - percent))
    digits = _fixed(abs(percent), 0 if not distance else max(0, 1 - math.floor(math.log10(distance))))
    return f"{_sign(percent, False)}{_trimmed(digits)} %"


def count(n: int, noun: str, many: str | None = None) -> str:
    """`1 pair`, `1,234 pairs`."""
    return f"{n:,} {noun if n == 1 else many or noun + 's'}"


def rough(n: int) -> str:
    """An estimated number, by the two digits that mean something, rounded up: `6,700`, `1.3 million`."""
    if n < 100:
        return f"{n:,}"
    unit = 10 ** (len(str(n)) - 2)
    rounded = -(-n // unit) * unit
    return f"{rounded:,}" if rounded < 1_000_000 else f"{_trimmed(f'{rounded / 1e6:,.1f}')} million"


def waiting(days: float) -> str:
    """How long something would take, as far as today's traffic tells: `3.2 d`, `more than a year`."""
    return "more than a year" if days > _FORESEEN_DAYS else duration(days * 86_400)


def duration(seconds: float | None) -> str:
    """How long: `3.2 d`, `5 h`, `12 min`, `4.5 s`."""
    if seconds is None:
        return ABSENT
    for span, name in _SPANS:
        if abs(seconds) >= span:
            return f"{_sign(seconds, False)}{_plain(abs(seconds) / span, _Unit(), digits=2)} {name}"
    return number(seconds, "s")


def moment(at: float | None) -> str:
    """Unix seconds as ISO 8601 in UTC, to the second: `2026-11-22T03:00:00Z`."""
    if at is None:
        return ABSENT
    return datetime.fromtimestamp(math.floor(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _unit(unit: str, size: float) -> _Unit:
    if unit == "USD":
        return _Unit(before="$", least_decimals=2)
    if unit == "s":
        _, name, factor = _SECONDS[0] if not size else next(each for each in _SECONDS if size >= each[0] * 0.9995)
        return _Unit(factor=factor, after=f" {name}")
    return _Unit(after=f" {unit}" if unit else "")


def _sign(value: float, signed: bool) -> str:
    return MINUS if value < 0 else "+" if signed and value > 0 else ""


def _plain(size: float, form: _Unit, digits: int = _DIGITS) -> str:
    """So many digits that count, without zeros at the end."""
    if math.isinf(size):
        return "∞"
    if not size:
        return "0"
    exact = digits - 1 - math.floor(math.log10(size))
    if exact > _MOST_DECIMALS:
        return f"{size:.{digits - 1}e}".replace("e-0", "e-").replace("-", MINUS)
    whole, point, decimals = _trimmed(f"{size:,.{max(0, exact)}f}").partition(".")
    return f"{whole}{point}{decimals.ljust(form.least_decimals, '0')}" if decimals else whole


def _trimmed(digits: str) -> str:
    """Without zeros at the end of decimals."""
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _decimals_of(half_width: float, size: float) -> int:
    """So that one or two digits of the half width show; where it has none, three of the value."""
    if 1 <= half_width / _ONE_DIGIT_FROM < math.inf:
        return 0
    if _LEAST_WIDTH < half_width < math.inf:
        return min(_MOST_DECIMALS, max(0, 1 - math.floor(math.log10(half_width / _ONE_DIGIT_FROM * 10))))
    return min(_MOST_DECIMALS, max(0, 2 - math.floor(math.log10(size)))) if math.isfinite(size) and size > 0 else 0


def _rounded(value: float, decimals: int) -> float:
    """What is shown: something that rounds to nothing has no sign."""
    return round(value, decimals) if math.isfinite(value) else value


def _fixed(size: float, decimals: int) -> str:
    return "∞" if math.isinf(size) else f"{size:,.{decimals}f}"
