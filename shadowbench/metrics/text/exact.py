"""Whether two texts are the same, but for what the options say does not count."""

from __future__ import annotations

from unicodedata import category

from shadowbench.metrics.base import Value, comparison
from shadowbench.metrics.bounds import TOO_LONG
from shadowbench.metrics.bounds import nfkc as in_nfkc


@comparison(version="1")
def exact_match(
    text: str,
    target: str,
    *,
    strip: bool = True,
    casefold: bool = False,
    nfkc: bool = False,
    punctuation: bool = False,
    whitespace: bool = False,
) -> Value:
    """Whether the two texts are the same. Each option that is true leaves something out of account."""
    if text == target:
        return 1.0
    left, right = (in_nfkc(text), in_nfkc(target)) if nfkc else (text, target)
    if left is None or right is None:
        return TOO_LONG
    if punctuation:
        left, right = left.translate(_UNPUNCTUATED), right.translate(_UNPUNCTUATED)
    if casefold:
        left, right = left.casefold(), right.casefold()
    if whitespace:
        left, right = " ".join(left.split()), " ".join(right.split())
    return left.strip() == right.strip() if strip else left == right


class _Unpunctuated(dict[int, int | None]):
    """A table for `str.translate`, filled as characters come: those of Unicode's categories P are dropped."""

    def __missing__(self, code: int) -> int | None:
        kept = None if category(chr(code)).startswith("P") else code
        if code < 0x1_0000:  # all of Unicode would be a hundred megabytes
            self[code] = kept
        return kept


_UNPUNCTUATED = _Unpunctuated()
