"""How alike two texts are, letter by letter: rapidfuzz's."""

from __future__ import annotations

from shadowbench.metrics.base import Value, comparison
from shadowbench.metrics.bounds import bounded


@comparison(version="1")
@bounded()
def levenshtein_similarity(text: str, target: str) -> Value:
    """1 less the edits (insert, delete, replace) that make one text the other, over the longer one's length."""
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.normalized_similarity(text, target)


@comparison(version="1")
@bounded()
def jaro_winkler(text: str, target: str) -> Value:
    """Jaro-Winkler similarity: for names and short answers; a common beginning weighs more."""
    from rapidfuzz.distance import JaroWinkler

    return JaroWinkler.similarity(text, target)


@comparison(version="1")
@bounded()
def token_set_ratio(text: str, target: str, *, casefold: bool = False) -> Value:
    """How alike the sets of words are, whatever their order; 1 where one text has all the words of the other."""
    from rapidfuzz import fuzz

    if casefold:
        text, target = text.casefold(), target.casefold()
    return fuzz.token_set_ratio(text, target) / 100
