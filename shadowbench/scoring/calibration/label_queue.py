"""Which pairs people are asked to label, and in which order. Pure.

Strata are candidate × what judges say × language and route. Rare strata get more than their share (∝ √size): labels tell most
where judges disagree. Within a stratum every pair has the same chance, which is recorded with each label, so that
agreement can be told of all pairs and not of those that were looked at. A share is labelled twice, by two people or by one
again, later: the measure of people.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from shadowbench.scores import Label, PairRef, Position
from shadowbench.scoring.calibration.facts import PairFacts
from shadowbench.scoring.calibration.sayings import Saying


class Item(NamedTuple):
    """A pair of the queue, with the probability that one like it was drawn."""

    pair: PairRef
    stratum: str
    probability: float
    twice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What was drawn once, and stays: the log grows, and probabilities would change with it."""

    question: str
    seed: str
    drawn_at: float
    upto: int  # the newest exchange that could be drawn
    strata: Mapping[str, int]  # name → pairs of it in the log, drawn or not
    items: tuple[Item, ...]  # in the order of asking


class Task(NamedTuple):
    """Ask this labeller about this pair."""

    pair: PairRef
    round: int
    probability: float


def stratum_of(facts: PairFacts, words: Iterable[Saying]) -> str:
    """Candidate, what judges say, language and route, as one name."""
    said = {word.preferred for word in words}
    verdict = "unjudged" if not said else "disputed" if len(said) > 1 else str(next(iter(said)))
    return " · ".join((facts.candidate, verdict, facts.language or "?", facts.route))


def draw(
    strata: Mapping[PairRef, str], *, question: str, size: int, twice: float, seed: str, now: float, upto: int
) -> Queue:
    """At most `size` pairs, from every stratum some; the share `twice` of them to be labelled twice."""
    members: dict[str, list[PairRef]] = defaultdict(list)
    for pair in sorted(strata, key=lambda pair: lot(seed, "draw", pair)):
        members[strata[pair]].append(pair)
    sizes = {name: len(pairs) for name, pairs in sorted(members.items())}
    drawn = allocate(sizes, size)
    items = [
        Item(pair, name, drawn[name] / sizes[name], lot(seed, "twice", pair) < twice)
        for name, pairs in members.items()
        for pair in pairs[: drawn[name]]
    ]
    order = sorted(items, key=lambda item: lot(seed, "order", item.pair))
    return Queue(question=question, seed=seed, drawn_at=now, upto=upto, strata=sizes, items=tuple(order))  # fmt: skip


def allocate(sizes: Mapping[str, int], total: int) -> Mapping[str, int]:
    """How many of each stratum, ∝ √size, never more than there are; together `total` or all there is.

    One each comes first, for what is not drawn at all cannot be told of; with less than that, the largest strata have one.
    """
    drawn = dict.fromkeys(sizes, 0)
    for name in sorted(sizes, key=lambda name: -sizes[name])[:total]:
        drawn[name] = 1
    for _ in range(min(total, sum(sizes.values())) - sum(drawn.values())):
        # The next goes where the gap to its due is largest (Sainte-Laguë's rule), as long as there are any.
        open_ones = [name for name in sizes if drawn[name] < sizes[name]]
        drawn[max(open_ones, key=lambda name: math.sqrt(sizes[name]) / (2 * drawn[name] + 1))] += 1
    return drawn


def todo(queue: Queue, labels: Iterable[Label], labeller: str, questions: Sequence[str]) -> Sequence[Task]:
    """What this labeller is to be asked now: first pairs that nobody labelled, then those that others labelled once and that
    are to be labelled twice, at last their own for a second round."""
    given: Counter[tuple[PairRef, str, int]] = Counter(
        (each.pair, each.labeller, each.round) for each in labels if each.question in questions
    )
    whole = {key for key, count in given.items() if count >= len(questions)}
    by_pair: dict[PairRef, set[tuple[str, int]]] = defaultdict(set)
    for pair, who, n in whole:
        by_pair[pair].add((who, n))
    waves: list[list[Task]] = [[], [], []]
    for item in queue.items:
        told = by_pair[item.pair]
        if not told:
            waves[0].append(Task(item.pair, 1, item.probability))
        elif item.twice and len(told) == 1:
            again = (labeller, 1) in told
            waves[2 if again else 1].append(Task(item.pair, 2 if again else 1, item.probability))
    return [task for wave in waves for task in wave]


def shown_first(seed: str, pair: PairRef, labeller: str, n: int) -> Position:
    """Which side a labeller sees first, in this round: a coin that falls the same way after a break."""
    first = lot(seed, f"order {n} {labeller}", pair) < 0.5
    return Position.PRODUCTION_FIRST if first else Position.CANDIDATE_FIRST


def lot(seed: str, purpose: str, pair: PairRef) -> float:
    """A number from 0 to below 1 that only these decide."""
    digest = sha256(f"{seed}\0{purpose}\0{pair.number}\0{pair.side}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56)
