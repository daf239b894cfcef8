"""Pairs to look at: those where the candidate does worst, and those where its answer is least like production's.

One pair of a cluster, and one of each kind of failure: ten times the same user, or the same time-out, teach nothing. Which of
equals are shown is decided by a hash of seed and exchange, so that a log that grows keeps its examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.counting import public_name
from shadowbench.report.analysis.example_texts import Texts, texts_of
from shadowbench.report.analysis.slicing import worth_slicing
from shadowbench.report.analysis.values import Paired, is_preference
from shadowbench.report.document.comparisons import Origin, Subject
from shadowbench.report.document.parts import Example
from shadowbench.report.policy import Policy
from shadowbench.scores import Direction, Shape
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray

WORST, MOST_DIFFERENT = "worst", "most_different"

_AMONG = 1000
"""So many of the most extreme pairs are gone through for some of different clusters; and by so many pairs a likeness is judged:
does it tell them apart, or is it yes or no?"""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Some of an arm's pairs, in the order in which they are shown."""

    why: str
    places: IntArray  # in the arm
    measures: Sequence[Paired]  # of each: what it is shown for


def examples(
    log: ReadLog,
    arm: Arm,
    measured: Sequence[Paired],
    policy: Policy,
    *,
    each: int = 5,
    seed: int = 0,
    redact: bool = False,
) -> tuple[Example, ...]:
    """Up to `each` of the worst pairs, worst first, then up to `each` of the most different. Texts are read of these alone,
    and not at all where `redact`."""
    if not arm.n or each <= 0:
        return ()
    order = shuffled(arm.exchange, seed)
    worst = _worst(log, arm, measured, policy, order, each)
    taken = np.zeros(arm.n, np.bool_)
    taken[worst.places] = True
    different = _most_different(arm, measured, order, taken, each)
    return tuple(example for chosen in (worst, different) for example in _told(log, arm, chosen, redact))


def shuffled(numbers: IntArray, seed: int) -> IntArray:
    """A number for each that looks like chance and is always the same: SplitMix64 (Steele, Lea & Flood 2014)."""
    state = numbers.astype(np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> np.uint64(31))) >> np.uint64(1)).astype(np.int64)


def _worst(log: ReadLog, arm: Arm, measured: Sequence[Paired], policy: Policy, order: IntArray, each: int) -> _Chosen:
    """By what is lost on all measures together."""
    lossy = _lossy(measured, policy) or _lossy(measured, Policy())
    lost = np.zeros(arm.n)
    for paired in lossy:
        lost[paired.places] += np.maximum(loss(paired), 0.0)
    failed = _one_of_each_kind(log, arm, np.flatnonzero(arm.candidate_failed & (lost > 0)), order)
    answered = _firsts(np.flatnonzero(arm.answered & (lost > 0)), -lost, order, arm, each)
    places = _firsts(np.concatenate([failed, answered]), -lost, order, arm, each)
    return _Chosen(WORST, places, [_heaviest(lossy, int(place)) for place in places])


def _lossy(measured: Sequence[Paired], policy: Policy) -> Sequence[Paired]:
    return [paired for paired in worth_slicing(measured, policy) if _has_loss(paired.subject)]


def _has_loss(subject: Subject) -> bool:
    if subject.origin is Origin.LOG:
        return False  # that it failed, or took long, is seen without looking at texts
    if subject.shape is Shape.PAIR:
        return is_preference(subject)
    return subject.direction is not Direction.NEITHER and None not in (subject.low, subject.high)


def loss(paired: Paired) -> FloatArray:
    """How much worse the candidate is on each pair, from −1 to 1: a share of the measure's range."""
    return _loss_of(paired.subject, paired.difference)


def _loss_of(subject: Subject, difference: FloatArray) -> FloatArray:
    if subject.shape is Shape.PAIR:
        return 1 - 2 * difference
    assert subject.low is not None and subject.high is not None
    sign = -1.0 if subject.direction is Direction.HIGHER else 1.0
    return np.clip(sign * difference / max(subject.high - subject.low, 1e-300), -1.0, 1.0)


def _heaviest(lossy: Sequence[Paired], place: int) -> Paired:
    """The measure on which most is lost there; of equals the first."""

    def lost(paired: Paired) -> float:
        difference = _difference_at(paired, place)
        return float(_loss_of(paired.subject, difference)[0]) if len(difference) else -np.inf

    return max(lossy, key=lost)


def _difference_at(paired: Paired, place: int) -> FloatArray:
    """The difference of one of the arm's pairs, shape (1,); shape (0,) where it does not count. Of this pair alone: there may
    be a million."""
    at = int(np.searchsorted(paired.places, place))
    row = slice(at, at + int(at < paired.n and paired.places[at] == place))
    candidate = paired.candidate[row]
    return candidate if paired.production is None else candidate - paired.production[row]


def _one_of_each_kind(log: ReadLog, arm: Arm, places: IntArray, order: IntArray) -> IntArray:
    """One of each outcome of the candidate."""
    places = places[np.argsort(order[places], kind="stable")]
    return _first_of_each(places, log.pairs["candidate_outcome"][arm.rows[places]])


def _firsts(places: IntArray, keys: FloatArray, order: IntArray, arm: Arm, each: int) -> IntArray:
    """Those with the least keys, one of a cluster; keys and order are the arm's."""
    if len(places) > _AMONG:
        places = places[keys[places] <= np.partition(keys[places], _AMONG)[_AMONG]]
    places = places[np.lexsort((order[places], keys[places]))]
    return _first_of_each(places, arm.clusters.codes[places])[:each]


def _first_of_each(places: IntArray, groups: IntArray) -> IntArray:
    """The first place of each group, in the places' order."""
    return places[np.sort(np.unique(groups, return_index=True)[1])]


def _most_different(arm: Arm, measured: Sequence[Paired], order: IntArray, taken: BoolArray, each: int) -> _Chosen:
    """By the likeness that tells pairs apart best. Failures are like nothing; they are not what is looked for here."""
    likeness = max(filter(_is_likeness, measured), key=_tells_apart, default=None)
    if likeness is None:
        return _Chosen(MOST_DIFFERENT, np.zeros(0, np.int64), ())
    alike = np.full(arm.n, np.inf)
    alike[likeness.places] = likeness.candidate
    there = np.zeros(arm.n, np.bool_)
    there[likeness.places[~likeness.imputed]] = True
    places = _firsts(np.flatnonzero(there & ~taken & arm.answered), alike, order, arm, each)
    return _Chosen(MOST_DIFFERENT, places, [likeness] * len(places))


def _is_likeness(paired: Paired) -> bool:
    subject = paired.subject
    pair_of_both = subject.shape is Shape.PAIR and not is_preference(subject)
    return pair_of_both and subject.direction is Direction.HIGHER and paired.n > 0


def _tells_apart(paired: Paired) -> int:
    return len(np.unique(paired.candidate[:_AMONG]))


def _told(log: ReadLog, arm: Arm, chosen: _Chosen, redact: bool) -> Iterator[Example]:
    pairs = log.pairs
    for place, paired in zip(chosen.places.tolist(), chosen.measures, strict=True):
        row = int(arm.rows[place])
        texts = Texts() if redact else texts_of(log, row)
        yield Example(
            why=chosen.why,
            measure=paired.subject.name,
            value=float(_difference_at(paired, place)[0]),
            exchange=int(pairs["exchange_number"][row]),
            log=public_name(pairs.texts["log"][int(pairs["log"][row])]),
            started_at=float(arm.started_at[place]),
            outcome_production=pairs.texts["production_outcome"][int(pairs["production_outcome"][row])],
            outcome_candidate=pairs.texts["candidate_outcome"][int(pairs["candidate_outcome"][row])],
            prompt=texts.prompt,
            production=texts.production,
            candidate=texts.candidate,
            hidden=redact,
        )
