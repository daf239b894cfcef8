"""One candidate's pairs: which of them count, whose side failed, how much each weighs, what is independent.

Counted are pairs whose copy was sent and whose client waited for production's answer. Copies that our own queues, budgets and
breakers held back tell nothing about the candidate: they are counted as lost, and where they are many nothing is decided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shadowbench.reading.log import ReadLog
from shadowbench.reading.names import SIDES
from shadowbench.reading.pairs import Pairs
from shadowbench.records import Outcome
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Some of an arm's pairs, shape (k,) each. Measures that are there for the same pairs share one."""

    chosen: BoolArray  # shape (n,), of the arm
    places: IntArray  # in the arm
    weights: FloatArray  # the arm's
    clusters: Clusters

    def of(self, values: FloatArray) -> FloatArray:
        """A column of the arm, of these pairs. All of them: the column itself."""
        return values if len(self.places) == len(values) else values[self.places]

    def of_flags(self, flags: BoolArray) -> BoolArray:
        """The same of a column of flags."""
        return flags if len(self.places) == len(flags) else flags[self.places]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One candidate's pairs that count, shape (k,) each, in the log's order."""

    name: str
    again: bool  # the A/A lane: production once more
    pairs: int  # all of the candidate's, whatever came of them
    not_sent: Mapping[str, int]  # by reason
    withdrawn: int  # sent, and not counted: the client left
    rows: IntArray  # their rows in `log.pairs`
    exchange: IntArray  # which request: the same number in another arm is the same request
    started_at: FloatArray  # Unix seconds
    weights: FloatArray  # 1/π
    clusters: Clusters
    production_failed: BoolArray
    candidate_failed: BoolArray
    _samples: list[Sample] = field(default_factory=list, compare=False, repr=False)  # made so far

    @property
    def n(self) -> int:
        """How many pairs count."""
        return len(self.rows)

    @property
    def answered(self) -> BoolArray:
        """Where both sides answered."""
        return ~(self.production_failed | self.candidate_failed)

    def sample(self, chosen: BoolArray) -> Sample:
        """The chosen pairs, shape (n,); made once, however many measures are there for the same ones."""
        for known in self._samples:
            if np.array_equal(known.chosen, chosen):
                return known
        places = np.flatnonzero(chosen)
        everything = len(places) == self.n
        made = Sample(
            chosen=chosen,
            places=places,
            weights=self.weights if everything else self.weights[places],
            clusters=self.clusters if everything else clusters_from(self.clusters.codes[places]),
        )
        self._samples.append(made)
        return made

    def keep(self, used: Iterable[IntArray]) -> None:
        """Let go of all samples but those whose places are used."""
        kept = {id(places) for places in used}
        self._samples[:] = [sample for sample in self._samples if id(sample.places) in kept]


def arms_of(log: ReadLog, again: Collection[str]) -> Sequence[Arm]:
    """Every candidate's, A/A lanes first, then by name. `again`: the names of candidates that are production itself."""
    pairs = log.pairs
    names = sorted(set(pairs.texts["candidate"]), key=lambda name: (name not in again, name))
    outcomes = _Outcomes.of(pairs)
    cluster = _cluster_codes(pairs)
    found = [_arm(pairs, name, name in again, outcomes, cluster) for name in names]
    return [arm for arm in found if arm.pairs]


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """What became of each pair of the log, shape (n,)."""

    not_sent: BoolArray
    withdrawn: BoolArray
    production_failed: BoolArray
    candidate_failed: BoolArray

    @classmethod
    def of(cls, pairs: Pairs) -> _Outcomes:
        not_sent = _has_word(pairs, "candidate_outcome", Outcome.NOT_SENT)
        left = [_has_word(pairs, f"{side}_outcome", Outcome.CLIENT_CANCELLED) for side in SIDES]
        ok = [_has_word(pairs, f"{side}_outcome", Outcome.OK) for side in SIDES]
        return cls(not_sent, ~not_sent & (left[0] | left[1]), ~ok[0], ~ok[1])


def _has_word(pairs: Pairs, name: str, word: str) -> BoolArray:
    """Whether a column has this word, row by row."""
    texts = pairs.texts[name]
    return np.asarray(pairs[name] == (texts.index(word) if word in texts else -2))


def _cluster_codes(pairs: Pairs) -> IntArray:
    """A pair without a key is a cluster of its own."""
    codes = pairs["cluster_key"].astype(np.int64)
    alone = codes < 0
    codes[alone] = len(pairs.texts["cluster_key"]) + np.arange(int(alone.sum()))
    return codes


def _arm(pairs: Pairs, name: str, again: bool, outcomes: _Outcomes, cluster: IntArray) -> Arm:
    mine = _has_word(pairs, "candidate", name)
    held_back = mine & outcomes.not_sent
    rows = np.flatnonzero(mine & ~outcomes.not_sent & ~outcomes.withdrawn)
    return Arm(
        name=name,
        again=again,
        pairs=int(mine.sum()),
        not_sent=_counted(pairs, "candidate_reason", held_back),
        withdrawn=int((mine & outcomes.withdrawn).sum()),
        rows=rows,
        exchange=pairs.requests[rows],
        started_at=pairs["started_at"][rows],
        weights=1 / pairs["inclusion_probability"][rows],
        clusters=clusters_from(cluster[rows]),
        production_failed=outcomes.production_failed[rows],
        candidate_failed=outcomes.candidate_failed[rows],
    )


def clusters_from(codes: IntArray) -> Clusters:
    """As `Clusters.of`, of codes that are not negative and not much greater than they are many: without sorting."""
    if not codes.size:
        return Clusters(codes, 0)
    used = np.zeros(int(codes.max()) + 1, np.int64)
    used[codes] = 1
    places = np.cumsum(used) - 1
    return Clusters(places[codes], int(used.sum()))


def _counted(pairs: Pairs, name: str, where: BoolArray) -> Mapping[str, int]:
    """How often each word of a column occurs there, most frequent first; without a word: "unknown"."""
    return counted(pairs[name][where], pairs.texts[name])


def counted(codes: NDArray[np.int32], texts: Sequence[str]) -> Mapping[str, int]:
    """How often each word occurs, most frequent first, then by name; code −1 is "unknown"."""
    counts = np.bincount(codes + 1, minlength=len(texts) + 1)
    words = ["unknown", *(text.removeprefix("not_sent:") for text in texts)]
    found = [(word, int(count)) for word, count in zip(words, counts, strict=True) if count]
    return dict(sorted(found, key=lambda item: (-item[1], item[0])))
