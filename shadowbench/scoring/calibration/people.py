"""What people say about pairs, made one word per pair, and how far they agree among themselves. Pure.

One word per pair: of several first labels, what more than half of them say; else a tie. Ratings become their mean. A label's
weight is 1 ÷ the probability that a pair like this one was put into the queue, so that what is told is of all pairs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shadowbench.scores import Label, PairRef, Preferred
from shadowbench.stats.agreement import Agreement, Coefficient, agreement
from shadowbench.stats.agreement_alpha import krippendorff_alpha

PREFERENCE = "preference"
LEAST_PROBABILITY = 1e-6
"""No label stands for more than a million pairs: one of less would outweigh all others together, or be no number at all."""
CODES = {Preferred.PRODUCTION: 0.0, Preferred.TIE: 1.0, Preferred.CANDIDATE: 2.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What people together say about a pair: a preference, or a mean rating."""

    preferred: Preferred | None = None
    value: float | None = None
    weight: float = 1.0
    labels: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """How far people agree: no judge can be shown to agree with them much better than they do with each other."""

    labellers: int
    twice: int  # pairs that two of them labelled, or one of them twice
    alpha: Coefficient  # Krippendorff's, among labellers: nominal for preferences, ordinal for ratings
    with_themselves: Agreement | None  # the same person's two rounds; of preferences only


def words(labels: Iterable[Label], question: str = PREFERENCE) -> Mapping[PairRef, Word]:
    """One word for each pair that was labelled with this question. Second rounds do not enter."""
    said: dict[PairRef, list[Label]] = defaultdict(list)
    for label in labels:
        if label.question == question and label.round == 1:
            said[label.pair].append(label)
    return {pair: word for pair, given in said.items() if (word := _word(given)) is not None}


def ceiling(labels: Sequence[Label], chance: np.random.Generator, question: str = PREFERENCE) -> Ceiling:
    """How far people agree on a question."""
    rated = {
        (each.labeller, each.pair, each.round): code for each in labels if (code := _code(each, question)) is not None
    }
    labellers = sorted({labeller for labeller, _, _ in rated})
    pairs = sorted({pair for _, pair, _ in rated})
    ratings = [[rated.get((labeller, pair, 1)) for pair in pairs] for labeller in labellers]
    again = [
        (rated[labeller, pair, 1], code)
        for (labeller, pair, n), code in rated.items()
        if n == 2 and (labeller, pair, 1) in rated
    ]
    asked = Counter(pair for _, pair, _ in rated)
    is_preference = question == PREFERENCE
    return Ceiling(
        labellers=len(labellers),
        twice=sum(count > 1 for count in asked.values()),
        alpha=krippendorff_alpha(ratings, "nominal" if is_preference else "ordinal", chance),
        with_themselves=agreement([b for _, b in again], [a for a, _ in again], (0.0, 1.0, 2.0)) if is_preference else None,
    )  # fmt: skip


def stands_for(probability: float) -> float:
    """How many pairs one that was drawn with this probability stands for."""
    return 1.0 / max(LEAST_PROBABILITY, probability)


def _word(given: Sequence[Label]) -> Word | None:
    weight = stands_for(min(label.probability for label in given))
    values = [label.value for label in given if label.value is not None]
    if values:
        return Word(value=sum(values) / len(values), weight=weight, labels=len(values))
    votes = Counter(label.preferred for label in given if label.preferred is not None)
    if not votes:
        return None
    (most, count), total = votes.most_common(1)[0], votes.total()
    return Word(preferred=most if 2 * count > total else Preferred.TIE, weight=weight, labels=total)


def _code(label: Label, question: str) -> float | None:
    if label.question != question:
        return None
    return CODES[label.preferred] if label.preferred is not None else label.value
