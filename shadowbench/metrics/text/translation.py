"""Scores of machine translation, by sentence: sacrebleu's, on its own scale (0 to 100), and Google's GLEU.

They are made for corpora; for one pair each is noisy, chrF the least. The target is the one reference.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from shadowbench.metrics.base import Value, comparison
from shadowbench.metrics.bounds import bounded
from shadowbench.metrics.text.words import words
from shadowbench.scores import Direction

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric as Scorer

# Shifts of words are searched for, the longer the less alike two texts are: up to 0.3 s for 500 characters, 4 s for 1,000.
_MOST_FOR_TER = 600


@comparison(version="1", high=100.0)
@bounded()
def bleu(
    text: str, target: str, *, tokenize: Literal["13a", "intl", "char", "zh"] = "13a", lowercase: bool = False
) -> Value:
    """BLEU: up to four words in a row that stand in the target too, with a penalty for being short."""
    return _scored("BLEU", text, target, tokenize=tokenize, lowercase=lowercase, effective_order=True)


@comparison(version="1", high=100.0)
@bounded()
def chrf(text: str, target: str, *, words_too: bool = False, lowercase: bool = False) -> Value:
    """chrF: F2 of up to six letters in a row; with `words_too` chrF++, which counts one and two words in a row as well."""
    return _scored("CHRF", text, target, word_order=2 if words_too else 0, lowercase=lowercase)


@comparison(version="1", direction=Direction.LOWER, high=None)
@bounded(_MOST_FOR_TER)
def ter(text: str, target: str, *, case_sensitive: bool = False) -> Value:
    """Translation edit rate: edits and shifts of words that make the target, per 100 words of it."""
    return _scored("TER", text, target, case_sensitive=case_sensitive)


@comparison(version="1")
@bounded()
def gleu(text: str, target: str) -> Value:
    """Google's GLEU (Wu et al. 2016): of one to four words in a row, the lesser of precision and recall."""
    mine, others = _grams(words(text)), _grams(words(target))
    largest = max(mine.total(), others.total())
    return (mine & others).total() / largest if largest else 0.0


def _grams(tokens: Any) -> Counter[tuple[str, ...]]:
    return Counter(gram for n in range(1, 5) for gram in zip(*(tokens[start:] for start in range(n)), strict=False))


def _scored(name: str, text: str, target: str, **options: Any) -> float:
    scorer = _scorer(name, *options.items())
    score = float(scorer.sentence_score(text, [target]).score)
    _forget(getattr(scorer, "tokenizer", None))
    return score


def _forget(tokenizer: Any) -> None:
    """Let go of the texts: sacrebleu's tokenizers keep the last 65,536 of them, which here may be gigabytes."""
    for each in (tokenizer, *getattr(tokenizer, "__dict__", {}).values()):
        if clear := getattr(type(each).__call__, "cache_clear", None):
            clear()


@cache
def _scorer(name: str, *options: tuple[str, Any]) -> Scorer:
    from sacrebleu import metrics  # 100 ms

    scorer: Scorer = getattr(metrics, name)(**dict(options))
    return scorer
