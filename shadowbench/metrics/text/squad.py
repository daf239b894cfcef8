"""Short answers to questions, as SQuAD scores them (Rajpurkar et al. 2016, its official script)."""

from __future__ import annotations

import re
import string
from collections import Counter

from shadowbench.metrics.base import Value, comparison

_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")


@comparison(version="1")
def token_f1(text: str, target: str) -> Value:
    """F1 of the words in common, without case, punctuation (ASCII) and English articles."""
    mine, others = _tokens(text), _tokens(target)
    if not mine or not others:
        return mine == others
    common = (Counter(mine) & Counter(others)).total()
    return 2 * common / (len(mine) + len(others))


def _tokens(text: str) -> list[str]:
    return _ARTICLE.sub(" ", text.lower().translate(_WITHOUT_PUNCTUATION)).split()
