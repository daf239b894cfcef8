"""ROUGE: the words, pairs of words or longest common sequence of words that two texts share (Lin 2004).

Our own, as rouge-score needs NLTK and takes a second and a half to import; the numbers are the same, without stemming.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

from shadowbench.metrics.base import Value, comparison
from shadowbench.metrics.bounds import bounded
from shadowbench.metrics.text.words import words

Part = Literal["f1", "precision", "recall"]
"""Which share: of the target's that are in the text (recall), of the text's that are in the target, or their harmonic mean."""


@comparison(version="1")
@bounded()
def rouge1(text: str, target: str, *, part: Part = "f1") -> Value:
    """Words in common."""
    return _of_grams(words(text), words(target), part)


@comparison(version="1")
@bounded()
def rouge2(text: str, target: str, *, part: Part = "f1") -> Value:
    """Pairs of neighbouring words in common."""
    mine, others = words(text), words(target)
    return _of_grams(pairwise(mine), pairwise(others), part)


@comparison(version="1")
@bounded()
def rouge_l(text: str, target: str, *, part: Part = "f1") -> Value:
    """The longest sequence of words that stands in both, with others between them or not."""
    from rapidfuzz.distance import LCSseq

    mine, others = words(text), words(target)
    return share(LCSseq.similarity(mine, others), len(mine), len(others), part)


def share(common: int, of_text: int, of_target: int, part: Part) -> float:
    """`common` of so many: 0 where there are none to have in common."""
    if part == "precision":
        return common / of_text if of_text else 0.0
    if part == "recall":
        return common / of_target if of_target else 0.0
    return 2 * common / (of_text + of_target) if of_text + of_target else 0.0


def _of_grams(mine: Iterable[object], others: Iterable[object], part: Part) -> float:
    left, right = Counter(mine), Counter(others)
    return share((left & right).total(), left.total(), right.total(), part)
