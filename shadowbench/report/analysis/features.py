"""What is known of requests and answers in numbers and short words, for those pairs that drift is looked for in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.computable import in_range
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray

MOST_KINDS = 50  # of words: the others are one
_SHOWN_KINDS = 4  # of words, as features of a vector

REQUESTS = "requests"
PRODUCTION = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number of each pair, shape (m,)."""

    of: str
    values: FloatArray
    known: BoolArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of each pair, shape (m,), as codes into `texts`, most frequent first."""

    of: str
    codes: IntArray
    texts: tuple[str, ...]
    known: BoolArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What one side has. `together`: the name of all of it."""

    numbers: Sequence[Number]
    words: Sequence[Word]
    together: str

    @property
    def told(self) -> Sequence[Number]:
        """Numbers that some pair has: what is never told is no feature."""
        return [each for each in self.numbers if each.known.any()]

    @property
    def known(self) -> BoolArray:
        """Pairs of which all is known."""
        every = [number.known for number in self.told] + [word.known for word in self.words]
        return np.asarray(np.logical_and.reduce(every))

    def vectors(self, places: IntArray) -> FloatArray:
        """Of some pairs, shape (k, features): logarithms of numbers, and for each frequent word whether it is that one."""
        columns = [np.log1p(each.values[places]) for each in self.told]
        for word in self.words:
            columns += [word.codes[places] == code for code in range(_shown(word))]
        return np.column_stack(columns).astype(np.float64)

    @property
    def names(self) -> Sequence[str]:
        """The vectors' features."""
        return [each.of for each in self.told] + [
            f"{word.of}={word.texts[code]}" for word in self.words for code in range(_shown(word))
        ]


def _shown(word: Word) -> int:
    """The last word is told by the absence of the others."""
    return min(_SHOWN_KINDS, len(word.texts) - 1)


def features_of(log: ReadLog, arm: Arm, at: IntArray, side: str) -> Features:
    """Of the arm's pairs in these places. `side`: requests, production or candidate."""
    rows = arm.rows[at]
    everywhere = np.ones(len(rows), np.bool_)
    if side == REQUESTS:
        return Features(
            numbers=[
                _number(log, rows, "prompt_length", "production_input_tokens", everywhere),
                _number(log, rows, "request_bytes", "request_bytes", everywhere),
            ],
            words=[_word(log, rows, name, name, everywhere) for name in ("stratum", "path")],
            together=REQUESTS,
        )
    failed = arm.production_failed[at] if side == PRODUCTION else arm.candidate_failed[at]
    undisturbed = log.pairs[f"{side}_disturbed"][rows] < 0
    return Features(
        numbers=[
            _number(log, rows, f"{side}_length", f"{side}_output_tokens", ~failed),
            _number(log, rows, f"{side}_latency", f"{side}_latency_s", ~failed & undisturbed),
        ],
        words=[_word(log, rows, f"{side}_finish_reason", f"{side}_finish_reason", ~failed)],
        together=f"{side}_answers",
    )


def outcomes_of(log: ReadLog, arm: Arm, at: IntArray, side: str) -> Word:
    """How a side's work ended."""
    rows = arm.rows[at]
    return _word(log, rows, f"{side}_outcome", f"{side}_outcome", np.ones(len(rows), np.bool_))


def _number(log: ReadLog, rows: IntArray, of: str, column: str, asked: BoolArray) -> Number:
    values = in_range(log.pairs[column][rows])
    return Number(of=of, values=values, known=asked & ~np.isnan(values))


def _word(log: ReadLog, rows: IntArray, of: str, column: str, known: BoolArray) -> Word:
    """No word is a word, too: `none`."""
    given = log.pairs[column][rows].astype(np.int64) + 1
    counts = np.bincount(given[known], minlength=len(log.pairs.texts[column]) + 1)
    order = np.argsort(-counts, kind="stable")
    fresh = np.empty(len(counts), np.int64)
    fresh[order] = np.minimum(np.arange(len(counts)), MOST_KINDS)
    words = ("none", *log.pairs.texts[column])
    seen = [words[code] for code in order[: min(MOST_KINDS, int((counts > 0).sum()))].tolist()]
    rest = ("others",) if int((counts > 0).sum()) > MOST_KINDS else ()
    return Word(of=of, codes=fresh[given], texts=(*seen, *rest), known=known)
