"""The words of a text, as metrics count them.

Runs of letters and digits in lower case; what has no spaces between words (Chinese, Japanese, Thai and their neighbours) is
taken sign by sign. Over ASCII these are the tokens of Google's rouge-score.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_NOT_ALNUM = {code: " " for code in range(128) if not chr(code).isalnum()}
# Han, kana, bopomofo; Thai, Lao, Myanmar, Khmer, Tibetan.
_UNSPACED = "\u3040-\u30ff\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSPACED += "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


@lru_cache(maxsize=4)  # several metrics in turn ask for the words of the same two or three texts
def words(text: str) -> Sequence[str]:
    """The words of `text`, in order. Not to be changed."""
    if text.isascii():
        return text.lower().translate(_NOT_ALNUM).split()
    return _WORD.findall(text.lower())
