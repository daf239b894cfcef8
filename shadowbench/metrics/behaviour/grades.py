"""How many years of school an English text asks for.

    Flesch–Kincaid grade   0.39 words/sentences + 11.8 syllables/words - 15.59   (Kincaid et al. 1975)
    ARI                    4.71 characters/words + 0.5 words/sentences - 21.43   (Senter and Smith 1967)

Syllables are counted by groups of vowels, which is right for nine words in ten; it errs alike on both sides of a pair.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from shadowbench.metrics.base import Absent, Need, Value, metric
from shadowbench.metrics.behaviour.languages import language_of
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape

LEAST_WORDS = 30
"""Both formulae were fitted to passages; a sentence or two say nothing."""

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?]+(?=[\s\"')\]*]|$)|\n+")
_VOWELS = re.compile(r"[aeiouy]+")
# An e near the end is mostly silent: in made, makes, jumped, called; not in table, tables, wanted, boxes.
_SILENT = re.compile(
    r"(?:[^aeiouyl]e|[aeiouyl]le|(?<![^aeiouyl]l)(?:(?<![aeiouytd])ed|(?<![aeiouycgszx])(?<![cs]h)es))$"
)
_HIATUS = re.compile(r"[aeiouy]ing")


class Counts(NamedTuple):
    """What the formulae are about."""

    characters: int  # letters and digits
    words: int
    sentences: int
    syllables: int


@metric(
    version="1", shape=Shape.SIDES, direction=Direction.NEITHER, low=None, high=None, unit="years", needs=(Need.TEXT,)
)
def readability(side: Side, *, formula: Literal["flesch_kincaid", "ari"] = "flesch_kincaid") -> Value:
    """The school grade that an English answer asks of its reader, code left out."""
    text = side.text or ""
    if language_of(text) != "en":
        return Absent("not_english")
    counts = counts_of(text)
    if counts.words < LEAST_WORDS:
        return Absent("too_short")
    return flesch_kincaid(counts) if formula == "flesch_kincaid" else automated_index(counts)


def flesch_kincaid(counts: Counts) -> float:
    """The Flesch–Kincaid grade."""
    return 0.39 * counts.words / counts.sentences + 11.8 * counts.syllables / counts.words - 15.59


def automated_index(counts: Counts) -> float:
    """The Automated Readability Index."""
    return 4.71 * counts.characters / counts.words + 0.5 * counts.words / counts.sentences - 21.43


def counts_of(text: str) -> Counts:
    """A text in numbers. A line ends a sentence, as headings and items of lists have no full stop."""
    prose = _CODE.sub("\n", text)
    words = _WORD.findall(prose)
    sentences = sum(1 for part in _SENTENCE_END.split(prose) if _WORD.search(part))
    characters = sum(len(word) - word.count("'") - word.count("’") for word in words)
    return Counts(characters, len(words), max(sentences, 1), sum(map(syllables_in, words)))


@lru_cache(maxsize=16_384)  # of 350 words of an answer nearly all are in others
def syllables_in(word: str) -> int:
    """The syllables of an English word, at least one."""
    word = word.lower()
    count = sum(1 for _ in _VOWELS.finditer(word)) + len(_HIATUS.findall(word))
    return max(count - (_SILENT.search(word) is not None), 1)
