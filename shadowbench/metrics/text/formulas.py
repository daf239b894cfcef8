"""What a formula without variables comes to: numbers, fractions, roots and powers, in LaTeX or plain. No algebra."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

# A formula nested deeper than that is none that a person reads.
_MOST_CHARACTERS = 120

_SAME = (
    (re.compile(r"\\(?:left|right|displaystyle|[,;:! ])|\\?\$|\^\{?\\circ\}?|°|\s"), ""),
    (re.compile(r"\\(?:text|mathrm|textbf|mathbf)\{[^{}]*\}"), ""),  # units, words
    (re.compile(r"\\[dt]?frac(\d)(\d)"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\[dt]frac"), r"\\frac"),
    (re.compile(r"\\(?:cdot|times|ast)|[×·⋅]"), "*"),
    (re.compile(r"\\div|÷"), "/"),
    (re.compile(r"\u2212"), "-"),
    (re.compile(r"\{,\}"), ""),
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),
    (re.compile(r"\\%"), "%"),
    (re.compile(r"\.+$"), ""),
)
_TOKEN = re.compile(r"\d+(?:\.\d+)?|\.\d+|\\(?:frac|sqrt|pi)|[-+*/^(){}\[\]%π]")
_OPENING = {"(": ")", "{": "}", "[": "]"}


class _NoValue(ValueError):
    """It is not understood."""


def plain(formula: str) -> str:
    """The formula without what makes no difference: spacing, units, ways to write the same sign."""
    for pattern, written in _SAME:
        formula = pattern.sub(written, formula)
    return formula


def value_of(formula: str) -> float | None:
    """What it comes to. None: it has variables, is not understood, or has no finite value."""
    written = plain(formula)
    tokens = _TOKEN.findall(written) if len(written) <= _MOST_CHARACTERS else []
    if not tokens or "".join(tokens) != written:
        return None
    try:
        value = _Reader(tokens).read()
    except (ValueError, ArithmeticError):
        return None
    return value if math.isfinite(value) else None


class _Reader:
    """Reads by recursive descent; a method per rule.

    sum      product (("+" | "-") product)*
    product  signed (("*" | "/" | nothing) signed)*
    signed   ("-" | "+")* power
    power    atom ["^" ["-"] atom] ["%"]
    atom     number [fraction] | π | group | fraction | \\sqrt ["[" sum "]"] atom    1\\frac{1}{2} is a mixed number
    fraction \\frac atom atom
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def read(self) -> float:
        value = self._sum()
        if self._next is not None:
            raise _NoValue
        return value

    @property
    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> str:
        if self._next is None:
            raise _NoValue
        self._at += 1
        return self._tokens[self._at - 1]

    def _sum(self) -> float:
        value = self._product()
        while self._next in ("+", "-"):
            value += self._product() if self._take() == "+" else -self._product()
        return value

    def _product(self) -> float:
        value = self._signed()
        while self._next is not None and self._next not in ("+", "-", ")", "}", "]"):
            if self._next == "/":
                self._take()
                value /= self._signed()
                continue
            if self._next == "*":
                self._take()
            value *= self._signed()
        return value

    def _signed(self) -> float:
        if self._next in ("+", "-"):
            return self._signed() if self._take() == "+" else -self._signed()
        return self._power()

    def _power(self) -> float:
        value = self._atom()
        if self._next == "^":
            self._take()
            value = math.pow(value, -self._atom() if self._next == "-" and self._take() else self._atom())
        if self._next == "%":
            self._take()
            value /= 100
        return value

    def _atom(self) -> float:
        token = self._take()
        if token in _OPENING:
            return self._closed(_OPENING[token])
        if token in ("\\pi", "π"):
            return math.pi
        if token == "\\frac":
            return self._atom() / self._atom()
        if token == "\\sqrt":
            return self._root()
        if token[-1].isdigit():
            return float(token) + (self._atom() if self._next == "\\frac" else 0.0)
        raise _NoValue

    def _closed(self, bracket: str) -> float:
        value = self._sum()
        if self._take() != bracket:
            raise _NoValue
        return value

    def _root(self) -> float:
        degree = 2.0
        if self._next == "[":
            self._take()
            degree = self._closed("]")
        return math.pow(self._atom(), 1 / degree)
