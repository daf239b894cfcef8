"""The result of a calculation, and whether another one is the same."""

from __future__ import annotations

import math
import re

from shadowbench.metrics.base import Absent, Detailed, Value, comparison
from shadowbench.metrics.bounds import bounded
from shadowbench.metrics.text.formulas import plain, value_of
from shadowbench.metrics.text.numbers import number_in

_BOXED = "\\boxed{"
_INLINE = re.compile(r"\$\$?([^$]++)\$\$?|\\\(((?:[^\\]|\\(?![()]))++)\\\)")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_MOST_CHARACTERS = 500  # of a formula


@comparison(version="1")
@bounded()
def math_equiv(text: str, target: str) -> Value:
    """Whether both texts come to the same result: the same number (to nine digits), or a formula written alike."""
    mine, other = result_in(text), result_in(target)
    if mine is None or other is None:
        return Absent("no_result")
    return Detailed(_same(mine, other), {"result": mine, "target": other})


def result_in(text: str) -> str | None:
    """The formula that a text comes to, by the first rule that finds one:

    1. what stands in the last `\\boxed{…}`
    2. the last formula, `$…$` or `\\(…\\)`
    3. the whole text, where it is one line without words
    4. the last number

    Of an equation it is what stands on the right.
    """
    found = next(filter(_is_formula, (_boxed(text), _inline(text), text.strip())), None)
    if found is not None:
        return found.rpartition("=")[2].strip() or None
    number = number_in(text, "last")
    return None if number is None else repr(number)


def _is_formula(text: str | None) -> bool:
    """Prices (`$5 and $6`) and sentences are none."""
    if not text or len(text) > _MOST_CHARACTERS or "\n" in text:
        return False
    return _WORD.search(plain(text)) is None


def _boxed(text: str) -> str | None:
    start = text.rfind(_BOXED)
    if start < 0:
        return None
    start += len(_BOXED)
    depth = 1
    for at in range(start, min(len(text), start + _MOST_CHARACTERS)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at]
    return None


def _inline(text: str) -> str | None:
    found = [one or other for one, other in _INLINE.findall(text)]
    return next(filter(_is_formula, reversed(found)), None)


def _same(mine: str, other: str) -> bool:
    left, right = value_of(mine), value_of(other)
    if left is None or right is None:
        return left == right and plain(mine) == plain(other)
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
