"""The letter that answers a question of multiple choice."""

from __future__ import annotations

import re
from functools import lru_cache

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Absent, Detailed, Value, comparison


def _check(*, letters: str) -> None:
    if len(letters) < 2 or not letters.isascii() or not letters.isalpha() or not letters.isupper():
        raise ConfigurationError("choice: letters are two or more capitals, such as ABCDE")


@comparison(version="1", check=_check)
def choice(text: str, target: str, *, letters: str = "ABCDE") -> Value:
    """Whether both texts choose the same letter."""
    mine, other = choice_in(text, letters), choice_in(target, letters)
    if mine is None or other is None:
        return Absent("no_choice")
    return Detailed(mine == other, {"choice": mine, "target": other})


def choice_in(text: str, letters: str = "ABCDE") -> str | None:
    """The letter a text chooses, by the first rule that finds one:

    1. the whole text is a letter: `B`, `(b)`, `**B.**`
    2. it says so: `the answer is (B)`, `Answer: B`, `best option: B`, `\\boxed{B}`; the last one
    3. its first line begins with one: `B) because …`, `(B) …`
    4. its last line ends with one: `… so I take B.`
    5. one letter stands in parentheses, and no other does: `… which is (B), since …`
    """
    alone, said, leading, trailing, enclosed = _rules(letters)
    if match := alone.fullmatch(text.strip()):
        return str(match[1]).upper()
    if told := said.findall(text):
        return str(next(filter(None, told[-1]))).upper()
    lines = text.strip().splitlines() or [""]
    if match := leading.match(lines[0].lstrip()) or trailing.search(lines[-1].rstrip()[-100:]):
        return str(match[1])
    only = set(enclosed.findall(text))
    return only.pop() if len(only) == 1 else None


@lru_cache(maxsize=16)
def _rules(letters: str) -> tuple[re.Pattern[str], ...]:
    capital, either = f"[{letters}]", f"[{letters}{letters.lower()}]"
    return (
        re.compile(rf"[*_(\[\"'`$]{{0,4}}({either})[*_)\].:\"'`$]{{0,4}}"),
        re.compile(
            rf"\b(?i:answer|(?:correct|best|right) (?:choice|option))\b(?: is)?\s{{0,4}}:?[\s*_]{{0,6}}(?i:option )?"
            rf"(?:[(\[]({either})[)\]]|({capital})\b(?!['’]))"
            rf"|\\boxed\{{(?:\\text\{{)?\(?({either})\)?\}}"
        ),
        re.compile(rf"[*_]{{0,3}}[(\[]?({capital})(?:[)\]]|[.:](?!\w)|[*_]{{2}})"),
        re.compile(rf"(?<![\w'’])({capital})[*_)\].]{{0,4}}$"),
        re.compile(rf"\(({capital})\)"),
    )
