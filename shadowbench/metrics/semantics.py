"""How alike two texts are in meaning, as far as that can be told without a model.

What compares embeddings of a model asks an endpoint, and so is no function of a pair: it is among the judges. This here is
what is left where there is none, under a name of its own: its values and those of embeddings are not comparable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shadowbench.metrics.base import Metric, Value, comparison
from shadowbench.metrics.bounds import TOO_LONG, bounded, nfkc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LENGTHS = (3, 4, 5)  # of a gram, in characters
_FACTOR = 0x9E37_79B9_7F4A_7C15  # odd, its bits well mixed: 2^64 over the golden ratio (Knuth, TAOCP 3, §6.4)


@comparison(version="1")
@bounded()
def embedding_cosine_ngrams(text: str, target: str) -> Value:
    """Cosine of how often each run of three to five characters stands in two texts, without case: shared words and stems."""
    left, right = _plain(text), _plain(target)
    if left is None or right is None:
        return TOO_LONG
    if left == right:
        return 1.0
    return _cosine(_counts(left), _counts(right))


METRICS: tuple[Metric, ...] = (*embedding_cosine_ngrams,)


def _plain(text: str) -> str | None:
    """The words with one blank around each: the shortest one has a gram, and where a word begins is told."""
    normal = nfkc(text)
    return None if normal is None else f" {' '.join(normal.casefold().split())} "


class _Counts:
    """How often each gram stands in a text; grams are told by their hash, in order."""

    __slots__ = ("grams", "times")

    def __init__(self, grams: NDArray[np.uint64], times: NDArray[np.int64]) -> None:
        self.grams = grams
        self.times = times


def _counts(text: str) -> _Counts:
    import numpy as np

    # Lone surrogates are characters like others here.
    characters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    grams = np.concatenate([_hashes(characters, length) for length in _LENGTHS])
    return _Counts(*np.unique(grams, return_counts=True))


def _hashes(characters: NDArray[np.uint64], length: int) -> NDArray[np.uint64]:
    """A hash of each run of `length` characters: a polynomial modulo 2^64, the same on every machine."""
    import numpy as np

    count = max(0, characters.size - length + 1)
    hashes = np.full(count, length, dtype=np.uint64)
    for at in range(length):
        hashes = (hashes + characters[at : at + count]) * np.uint64(_FACTOR)
        hashes ^= hashes >> np.uint64(29)
    return hashes


def _cosine(left: _Counts, right: _Counts) -> float:
    import numpy as np

    _, at_left, at_right = np.intersect1d(left.grams, right.grams, assume_unique=True, return_indices=True)
    shared = float(left.times[at_left] @ right.times[at_right])
    if shared == 0:
        return 0.0
    return min(1.0, shared / float(np.linalg.norm(left.times) * np.linalg.norm(right.times)))
